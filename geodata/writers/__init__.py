"""Write a lon/lat frame to any known format; a file appears whole or not at all."""

from geodata.writers.layer import write_layer
from geodata.writers.registry import Writer, writers

__all__ = ["Writer", "write_layer", "writers"]
