#!/bin/sh
# Style, types and import rules; each line of progress names the check that follows.
set -eu
bin=.venv/bin
echo "[lint] ruff"
"$bin/ruff" check --quiet .
echo "[lint] mypy"
"$bin/mypy" --no-error-summary
"$bin/mypy" --no-error-summary hatch_build.py tools tests/postgres.py tests/browser.py tests/live.py
echo "[lint] import rules"
"$bin/lint-imports" --no-logo 2>/dev/null >.venv/lint-imports.log || { cat .venv/lint-imports.log; exit 1; }
