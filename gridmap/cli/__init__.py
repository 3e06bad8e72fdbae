"""The command line: one file a noun. ``serve`` and ``demo`` are added above, by the web package."""
