"""Put gridmap and everything it needs at run time into ``dist/bundle``, for machines that have no network.

The bundle fits the operating system, processor and Python version that made it. Before it is handed over it is
installed into a throw-away environment with the package index switched off.
"""

from __future__ import annotations

import hashlib
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BUNDLE = ROOT / "dist" / "bundle"
INSTRUCTIONS = ROOT / "docs" / "offline-install.md"


def say(text: str) -> None:
    """Print one line of progress at once."""
    sys.stdout.write(f"[bundle] {text}\n")
    sys.stdout.flush()


def pip(python: Path, *arguments: str) -> None:
    """Run pip quietly; an error ends the program with pip's own message."""
    environment = {**os.environ, "PIP_CONSTRAINT": "constraints.txt", "PIP_BUILD_CONSTRAINT": "constraints.txt"}
    command = [str(python), "-m", "pip", "--disable-pip-version-check", "--quiet", *arguments]
    if subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode != 0:
        sys.exit("[bundle] pip failed: its message stands above")


def try_out(bundle: Path) -> None:
    """Install the bundle as its reader will, with no index, and ask the program for its version."""
    with tempfile.TemporaryDirectory(prefix="gridmap-bundle-") as folder:
        venv.create(folder, with_pip=True, symlinks=os.name != "nt")
        scripts = Path(folder) / ("Scripts" if os.name == "nt" else "bin")
        wheels = str(bundle / "wheels")
        pip(scripts / "python", "install", "--no-index", "--only-binary", ":all:", "--find-links", wheels, "gridmap")
        subprocess.run([scripts / "gridmap", "--help"], cwd=folder, check=True, stdout=subprocess.DEVNULL)


def write_sums(bundle: Path) -> int:
    """Write ``SHA256SUMS`` (as sha256sum reads it); return the bundle's size in bytes."""
    files = sorted(path for path in bundle.rglob("*") if path.is_file())
    sums = [f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.relative_to(bundle).as_posix()}" for path in files]
    (bundle / "SHA256SUMS").write_text("\n".join(sums) + "\n", encoding="utf-8")
    return sum(path.stat().st_size for path in files)


def main() -> None:
    """Build, try out and only then replace ``dist/bundle``."""
    BUNDLE.parent.mkdir(exist_ok=True)
    draft = Path(tempfile.mkdtemp(prefix="bundle-draft-", dir=BUNDLE.parent))
    try:
        say("building gridmap and collecting its dependencies as wheels")
        pip(Path(sys.executable), "wheel", "--wheel-dir", str(draft / "wheels"), ".")
        shutil.copyfile(INSTRUCTIONS, draft / "README.md")
        shutil.copyfile(ROOT / "constraints.txt", draft / "constraints.txt")
        for name in ("LICENSE", "NOTICE"):
            shutil.copyfile(ROOT / name, draft / name)
        say("installing it without an index, to be sure")
        try_out(draft)
        size = write_sums(draft)
        shutil.rmtree(BUNDLE, ignore_errors=True)
        draft.replace(BUNDLE)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    BUNDLE.chmod(0o755)
    system = f"{platform.system()} {platform.machine()}, Python {sys.version_info.major}.{sys.version_info.minor}"
    say(f"{BUNDLE.relative_to(ROOT)}: {size / 1e6:.0f} MB for {system}; read README.md inside")


if __name__ == "__main__":
    main()
