"""Run one benchmark by its short name, or list them: ``make bench NAME=...``."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def benchmarks() -> dict[str, str]:
    """Return the benchmarks' names with the first line of what each says of itself."""
    found: dict[str, str] = {}
    for path in sorted((ROOT / "benchmarks").glob("*.py")):
        if not path.name.startswith("_"):
            text = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
            found[path.stem] = text.split("\n")[0]
    return found


def main() -> int:
    """Run the benchmark that the command line names; further arguments are its own."""
    known = benchmarks()
    name = sys.argv[1] if len(sys.argv) > 1 else ""
    if name not in known:
        sys.stdout.write(f"No benchmark {name!r}.\n" if name else "make bench NAME=...\n")
        sys.stdout.writelines(f"  {key:<20} {text}\n" for key, text in known.items())
        return 2 if name else 0
    command = [sys.executable, "-m", f"benchmarks.{name}", *sys.argv[2:]]
    return subprocess.run(command, cwd=ROOT, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
