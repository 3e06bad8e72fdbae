"""What a register is after the program was killed at any moment: as it was before a deed, or as it is after it."""
