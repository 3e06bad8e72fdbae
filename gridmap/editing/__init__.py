"""Changes made by hand: forms of records, dated events, the history of a record and how to undo what was done."""
