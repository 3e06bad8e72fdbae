"""Keep GEOS from raising floating-point alarms that mean nothing.

GEOS compares not-a-number on purpose (empty envelopes, missing elevations), which on some runs leaves the processor's
"invalid" flag set; NumPy then warns of an "invalid value" though every result is right. Coordinates that really are
not finite are found and named where geometry is read.
"""

from __future__ import annotations

import numpy as np

QUIET = np.errstate(invalid="ignore")
"""Decorator for functions whose time goes into GEOS."""
