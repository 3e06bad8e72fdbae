"""Bodies of the programming interface, for its description and for reading requests."""
