"""Schema migrations: small, dated, up and down on both engines, never importing live models."""
