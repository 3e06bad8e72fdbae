"""What every worker has in memory before it is forked: modules, and tables that Python alone makes.

Nothing here may compute with polars: its threads would be missing in the forked process.
"""

from __future__ import annotations

import gridmap.bootstrap  # every model
import tests.kill.deeds
from gridmap.i18n import translator
from gridmap.linking.likeness import sounds_of

LOADED = (gridmap.bootstrap, tests.kill.deeds, translator("zh-CN"), sounds_of("海"))
