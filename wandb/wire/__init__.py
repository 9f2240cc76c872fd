"""One record to bytes and back; knows no files and no processes."""
