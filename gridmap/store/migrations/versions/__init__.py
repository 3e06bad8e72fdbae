"""Migration scripts, one a change."""
