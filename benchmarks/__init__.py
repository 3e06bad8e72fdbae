"""How fast gridmap is beside a peer or a floor, measured the same way each time; see README.md."""
