"""The area tree: any depth, a closure table, dated cells."""
