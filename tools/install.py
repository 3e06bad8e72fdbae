"""Make or refresh ``.venv`` with gridmap in it: ``make install``.

A stamp in the environment remembers what it was made from: when nothing changed this ends at once. An interrupted
installation leaves a mark, and the environment is made anew, since pip takes a half-written package for a whole one.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib.util
import json
import os
import subprocess
import sys
import venv
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tools import apt  # noqa: E402

ENVIRONMENT = ROOT / ".venv"
STAMP = ENVIRONMENT / "gridmap-stamp.json"
UNFINISHED = ENVIRONMENT / "gridmap-unfinished"
INPUTS = ("pyproject.toml", "constraints.txt", "hatch_build.py", "package-lock.json", "vendor.json")


def environment_python() -> Path:
    """Return the interpreter inside ``.venv``."""
    return ENVIRONMENT / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def say(text: str) -> None:
    """Print one line of progress at once."""
    sys.stdout.write(f"[install] {text}\n")
    sys.stdout.flush()


def inputs_digest() -> str:
    """Return a digest of everything that decides what the environment holds."""
    digest = hashlib.sha256()
    for name in INPUTS:
        digest.update(name.encode() + b"\0" + (ROOT / name).read_bytes() + b"\0")
    return digest.hexdigest()


def read_stamp() -> dict[str, Any]:
    """Return what the environment was made from, or nothing if that is not known."""
    try:
        stamp = json.loads(STAMP.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return stamp if isinstance(stamp, dict) else {}


def environment_works() -> bool:
    """Whether ``.venv`` holds a Python of a usable version that has pip."""
    if not environment_python().exists():
        return False
    check = "import sys, pip; sys.exit(sys.version_info < (3, 11))"
    return subprocess.run([environment_python(), "-c", check], capture_output=True, check=False).returncode == 0


def ensure_venv_module() -> None:
    """Install Debian's venv package where the standard library came without ensurepip."""
    if importlib.util.find_spec("ensurepip") is None:
        package = f"python{sys.version_info.major}.{sys.version_info.minor}-venv"
        apt.install([package], "Python's venv module")


def make_environment() -> None:
    """Create ``.venv`` anew."""
    ensure_venv_module()
    say(f"creating {ENVIRONMENT.name} with Python {sys.version.split()[0]}")
    venv.EnvBuilder(clear=True, symlinks=os.name != "nt", with_pip=False).create(ENVIRONMENT)
    subprocess.run([environment_python(), "-m", "ensurepip", "--upgrade", "--default-pip"],
                   check=True, stdout=subprocess.DEVNULL)  # fmt: skip


def install(extras: list[str]) -> None:
    """Install gridmap in editable mode with ``extras``, at the versions of ``constraints.txt``."""
    target = f".[{','.join(extras)}]" if extras else "."
    say(f"installing {target} at the pinned versions (a first run downloads about 250 MB, then takes half a minute)")
    for_a_person = sys.stdout.isatty()  # who sees pip's bars; a log is better off without them
    # pip hands its own -c to no isolated build; older versions take the first variable there, newer ones the second.
    constrained = {"PIP_CONSTRAINT": "constraints.txt", "PIP_BUILD_CONSTRAINT": "constraints.txt"}
    subprocess.run(
        [environment_python(), "-m", "pip", "install", "--disable-pip-version-check", "--no-warn-script-location",
         *([] if for_a_person else ["--quiet", "--progress-bar=off"]), "-c", "constraints.txt", "-e", target],
        cwd=ROOT, env={**os.environ, **constrained}, check=True,
    )  # fmt: skip


def main() -> int:
    """Bring ``.venv`` up to date with the checkout; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--extra", action="append", default=[], help="an optional group of dependencies, such as test")
    wanted = set(parser.parse_args().extra)
    digest = inputs_digest()
    stamp = read_stamp()
    had = set(stamp.get("extras", []))
    here = stamp.get("root") == str(ROOT)
    if here and stamp.get("digest") == digest and wanted <= had and not UNFINISHED.exists() and environment_works():
        say(f"{ENVIRONMENT.name} is up to date")
        return 0
    moved = bool(stamp) and not here  # scripts in an environment hold its path: a moved checkout needs a new one
    extras = sorted(wanted | had)
    try:
        if moved or UNFINISHED.exists() or not environment_works():
            make_environment()
        UNFINISHED.touch()
        STAMP.unlink(missing_ok=True)
        install(extras)
    except subprocess.CalledProcessError as error:
        say(f"pip ended with status {error.returncode}: its message stands above. The same command can be run again.")
        return 1
    except KeyboardInterrupt:
        say("interrupted; the same command can be run again")
        return 130
    STAMP.write_text(json.dumps({"root": str(ROOT), "digest": digest, "extras": extras}) + "\n", encoding="utf-8")
    UNFINISHED.unlink()
    say("done")
    return 0


if __name__ == "__main__":
    sys.exit(main())
