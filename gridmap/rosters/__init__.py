"""Lists of residents and of dwellings: filtered and sorted in memory, named a page at a time, kept as filters, taken
along as files."""
