#!/bin/sh
# Run a Python program with the first whole Python 3.11 or newer that is found (or with $PYTHON).
set -eu
for candidate in ${PYTHON:-} python3 python3.13 python3.12 python3.11 python3.14 python; do
    if command -v "$candidate" >/dev/null 2>&1 &&
        "$candidate" -c 'import json, ssl, sys, venv; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then
        exec "$candidate" "$@"
    fi
done
echo "gridmap needs Python 3.11 or newer (whole, not Debian's python3-minimal); none was found on PATH." >&2
echo "Debian 12 / Ubuntu 24.04 or newer: apt-get install python3 python3-venv. Another place: PYTHON=/path/to/python3 make ..." >&2
exit 1
