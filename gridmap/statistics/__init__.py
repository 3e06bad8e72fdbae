"""Reported period statistics: aggregate counts with no path to a person."""
