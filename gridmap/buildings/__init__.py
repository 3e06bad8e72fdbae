"""Compounds, buildings, units, dwellings with dated states and verifications, organisations."""
