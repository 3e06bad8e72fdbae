"""Install Debian packages, as root or through sudo, and say plainly what to do where that is impossible."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence

# dpkg needs the system directories, which a plain user's PATH leaves out.
SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
LOCK = ["-o", "DPkg::Lock::Timeout=300", "-o", "Acquire::Retries=3"]


def _command(arguments: Sequence[str]) -> list[str]:
    """Return the apt-get command line, through sudo unless this runs as root."""
    rights = [] if os.geteuid() == 0 else ["sudo", "--preserve-env=DEBIAN_FRONTEND,PATH"]
    return [*rights, "apt-get", *LOCK, *arguments]


def usable() -> bool:
    """Whether this is a Debian-like system on which packages may be installed."""
    if not hasattr(os, "geteuid") or shutil.which("apt-get", path=SYSTEM_PATH) is None:
        return False
    return os.geteuid() == 0 or shutil.which("sudo") is not None


def _environment() -> dict[str, str]:
    return {**os.environ, "DEBIAN_FRONTEND": "noninteractive", "PATH": f"{os.environ.get('PATH', '')}:{SYSTEM_PATH}"}


def update() -> None:
    """Refresh the package lists."""
    sys.stdout.write("[apt] refreshing the package lists\n")
    sys.stdout.flush()
    subprocess.run(_command(["update", "-qq"]), env=_environment(), check=True)


def install(packages: Sequence[str], purpose: str) -> None:
    """Install ``packages``; end the program with advice where apt cannot be used or fails."""
    names = " ".join(packages)
    if not usable():
        sys.exit(f"Missing: {purpose}. Install it first (Debian and Ubuntu: apt-get install {names}).")
    try:
        update()
        sys.stdout.write(f"[apt] installing {names}\n")
        sys.stdout.flush()
        subprocess.run(_command(["install", "-y", "-qq", "--no-install-recommends", *packages]),
                       env=_environment(), check=True, stdout=subprocess.DEVNULL)  # fmt: skip
    except subprocess.CalledProcessError as error:
        sys.exit(f"apt-get ended with status {error.returncode} while installing {purpose} ({names}).")


def newest_match(pattern: str) -> str | None:
    """Return the known package whose name matches ``pattern`` with the highest number in its first group."""
    listed = subprocess.run(["apt-cache", "pkgnames", "postgresql-"], env=_environment(),
                            capture_output=True, text=True, check=False)  # fmt: skip
    matches = [match for line in listed.stdout.splitlines() if (match := re.fullmatch(pattern, line))]
    return max(matches, key=lambda match: int(match[1]))[0] if matches else None
