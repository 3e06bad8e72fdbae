"""Who may do what, over which areas, and which fields they see."""
