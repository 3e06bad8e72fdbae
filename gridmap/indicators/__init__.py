"""Figures of the register at any date: one snapshot in memory, counted by cell, rolled up the area tree."""
