"""Ranking of areas of one level by weighted indicators, with the formula beside it. Persons are never ranked."""
