"""Values with files: images, tables, sounds…; they know no run, only the folder, key and step they are given."""
