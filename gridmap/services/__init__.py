"""Rental agreements of dwellings; programmes that people sign up for, and what was delivered."""
