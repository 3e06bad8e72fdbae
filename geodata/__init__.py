"""Geometry and files: readers, CRS, coverage, assignment, tiles. Nothing of residents, databases or HTTP."""
