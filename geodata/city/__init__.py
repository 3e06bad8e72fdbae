"""The synthetic city: areas, compounds, buildings and dwellings of a place that does not exist, the same every time."""

from geodata.city.assemble import make_city
from geodata.city.model import City
from geodata.city.profiles import Size
from geodata.city.surfaces import road_surfaces

__all__ = ["City", "Size", "make_city", "road_surfaces"]
