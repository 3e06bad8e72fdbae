"""What templates are given: frozen values built from what services return. Presentation only, no rules."""
