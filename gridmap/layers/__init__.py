"""Layers of the map: which records become tiles, with which attributes. Never anything about a person."""
