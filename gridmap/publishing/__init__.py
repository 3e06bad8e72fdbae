"""Figures that leave the office: small numbers withheld and what would give them away, everything else rounded."""
