"""The plane of the synthetic city: metres laid down linearly around an origin.

Shared vertices stay shared, and no projection library's last digit can change the bytes. Over the few kilometres of a
city the scale errs by less than 1 in 1,000.
"""

from __future__ import annotations

from typing import Final

# Metres of one degree on the GRS 80 ellipsoid at 20° N.
DEGREE_LAT_M: Final = 110704.3
DEGREE_LON_M: Final = 104647.1
