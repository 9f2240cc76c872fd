"""What tracking costs, beside other trackers and beside the floor that the operating system and CPython set."""
