"""Persons with dated attributes, households, dated residence; masking; the rules of identity numbers."""
