"""Refresh the hashes in vendor.json after package.json was changed: ``make vendor``.

Run ``npm install --package-lock-only`` first (with ``omit-lockfile-registry-resolved=true``), then this, then look at
the difference before committing it: these hashes decide what reaches every user's browser.
"""

from __future__ import annotations

import hashlib
import json
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from hatch_build import install_packages, missing_files, place_files, remove_strangers  # noqa: E402


def main() -> None:
    """Fetch the pinned packages, record the hashes of the named files and put the files in place."""
    listing_path = ROOT / "vendor.json"
    listing = json.loads(listing_path.read_text(encoding="utf-8"))
    with tempfile.TemporaryDirectory(prefix="gridmap-npm-") as folder:
        node_modules = install_packages(ROOT, Path(folder))
        for entries in listing.values():
            for entry in entries.values():
                entry["sha256"] = hashlib.sha256((node_modules / entry["from"]).read_bytes()).hexdigest()
        listing_path.write_text(json.dumps(listing, indent=2) + "\n", encoding="utf-8")
        place_files(missing_files(ROOT), node_modules)
    remove_strangers(ROOT)
    sys.stdout.write(f"vendor.json is up to date: {sum(map(len, listing.values()))} files\n")


if __name__ == "__main__":
    main()
