"""The queue of rows that a person has to decide: shown one at a time, decided, undone, by several people at once."""
