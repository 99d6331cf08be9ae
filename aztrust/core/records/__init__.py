"""The kinds of records, one file for each family."""
