"""Records and rules of grid management. Nothing of HTTP."""
