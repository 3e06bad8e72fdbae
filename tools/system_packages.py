"""Make sure that the programs which the tests drive are on this machine: PostgreSQL with PostGIS, Chromium, CJK type.

On Debian and Ubuntu what is missing is installed with apt; elsewhere a message says what to install.
"""

from __future__ import annotations

import ctypes
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tests.browser import find_chromium  # noqa: E402
from tests.postgres import find_postgres  # noqa: E402
from tools import apt  # noqa: E402

POSTGIS_PACKAGE = r"postgresql-(\d+)-postgis-3"


def has_chinese_font() -> bool:
    """Whether a font that covers Chinese is installed: without one, screenshots show empty boxes."""
    if shutil.which("fc-list") is None:
        return sys.platform in {"win32", "darwin"}  # both ship one
    fonts = subprocess.run(["fc-list", ":lang=zh-cn"], capture_output=True, text=True, check=False)
    return bool(fonts.stdout.strip())


def has_driver_library() -> bool:
    """Whether the library is there that the program driving Chromium is linked with; minimal systems lack it."""
    if sys.platform != "linux":
        return True
    try:
        ctypes.CDLL("libatomic.so.1")
    except OSError:
        return False
    return True


def missing_packages() -> tuple[list[str], list[str]]:
    """Return the Debian packages to install and, in words, what they are for."""
    packages: list[str] = []
    purposes: list[str] = []
    if find_postgres() is None:
        packages.append("postgis")
        purposes.append("PostgreSQL 15 or newer with PostGIS 3")
    if find_chromium() is None:
        packages.append("chromium")
        purposes.append("Chromium")
    if not has_driver_library():
        packages.append("libatomic1")
        purposes.append("libatomic")
    if not has_chinese_font():
        packages += ["fontconfig", "fonts-noto-cjk"]
        purposes.append("a Chinese font")
    return packages, purposes


def main() -> None:
    """Install what is missing and check that it is there afterwards."""
    packages, purposes = missing_packages()
    if packages:
        if "postgis" in packages:
            packages.remove("postgis")
            if apt.usable() and apt.newest_match(POSTGIS_PACKAGE) is None:
                apt.update()
            found = apt.newest_match(POSTGIS_PACKAGE) if apt.usable() else None
            packages.append(found or "postgresql-15-postgis-3")
        apt.install(packages, ", ".join(purposes))
        left = missing_packages()[1]
        if left:
            sys.exit(f"Still missing after installation: {', '.join(left)}.")
    sys.stdout.write("[system] PostgreSQL with PostGIS, Chromium and a Chinese font are here\n")


if __name__ == "__main__":
    main()
