"""Read a layer of any known format into longitude and latitude, with everything wrong about it said."""

from geodata.readers.fields import map_fields, pick_field
from geodata.readers.layer import LayerRead, list_layers, read_layer
from geodata.readers.registry import LayerInfo, formats
from geodata.readers.settings import ReadLimits

__all__ = ["LayerInfo", "LayerRead", "ReadLimits", "formats", "list_layers", "map_fields", "pick_field", "read_layer"]
