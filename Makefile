# The few things that people and CI type. Needs only make and python3 (3.11 or later, with venv).
# Each target makes the environment it needs, once; stamps say what is there already. It is .venv, .venv-csvw for a
# reader that only the tests use and whose pins conflict with ours, .venv-datasette for
# a peer of the benchmark, and .venv-ckan* for CKAN, made by deploy/ckan/up.sh.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
CSVW := .venv-csvw
DATASETTE := .venv-datasette
INSTALL := python -m pip install --quiet --disable-pip-version-check
PIP := $(BIN)/$(INSTALL)
LOCK := uv pip compile --generate-hashes --no-header --no-strip-extras \
	--python-version 3.11 --universal --quiet

.PHONY: help publish serve test test-ckan ckan ckan-down lint dagster bench docs lock clean

help:
	@echo "make publish   pull, tidy, check, release and publish everything"
	@echo "make serve     open the portal at http://127.0.0.1:8000; publishes first if nothing is published yet"
	@echo "make test      run the tests and print their coverage"
	@echo "make test-ckan run the tests that need a real CKAN, against some of their own"
	@echo "make ckan      bring up a real CKAN at http://127.0.0.1:5100"
	@echo "make ckan-down end it, and keep its data"
	@echo "make lint      format, style, types, import rules and dependencies"
	@echo "make dagster   open the Dagster UI at http://127.0.0.1:3000"
	@echo "make bench     measure time and memory"
	@echo "make docs      write the pages that are made from code"
	@echo "make lock      pin the dependencies again (needs uv)"
	@echo "make clean     remove the environments and caches, never the store"

publish: $(VENV)/.run
	@$(BIN)/opendata publish

# Held datasets (exit code 3) do not keep back what is published.
serve: $(VENV)/.run
	@test -L "$${OPENDATA_STORE:-store}/portal" || $(BIN)/opendata publish || test $$? -eq 3
	@$(BIN)/opendata serve

test: $(VENV)/.dev $(CSVW)/.made
	$(BIN)/python -m pytest -rs --cov --cov-report=term

test-ckan: $(VENV)/.dev
	@deploy/ckan/test.sh

# CKAN_PORT=5200 another port; CKAN_VERSION=2.11, or CKAN_XLOADER=1: another CKAN beside it.
ckan:
	@PYTHON=$(PYTHON) deploy/ckan/up.sh

ckan-down:
	@deploy/ckan/down.sh

lint: $(VENV)/.dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/deptry .

# The instance is the one in the store, so the UI shows the runs of `opendata publish`.
dagster: $(VENV)/.run
	@home="$$($(BIN)/python -m pipelines.orchestrate)" && \
	DAGSTER_HOME="$$home" DAGSTER_DISABLE_TELEMETRY=yes \
	$(BIN)/dagster dev -w workspace.yaml -h 127.0.0.1 -p 3000

bench: $(VENV)/.dev $(DATASETTE)/.made
	$(BIN)/python -m benchmarks
	$(BIN)/python -m benchmarks.portal

docs: $(VENV)/.run
	$(BIN)/python docs/build_findings.py

# Pins that still fit are kept; remove the files first to take the newest of everything.
lock:
	@command -v uv >/dev/null || { echo "make lock needs uv, which is not in the lock itself: install it apart from .venv (for example pipx install uv)."; exit 1; }
	$(LOCK) pyproject.toml --extra build -o requirements.txt
	$(LOCK) pyproject.toml --extra build --extra dev -c requirements.txt -o requirements-dev.txt
	$(LOCK) requirements-csvw.in -o requirements-csvw.txt
	$(LOCK) requirements-datasette.in -o requirements-datasette.txt
	$(LOCK) requirements-ckan.in -o requirements-ckan.txt
	$(LOCK) requirements-ckan-2.11.in -o requirements-ckan-2.11.txt
	$(LOCK) requirements-ckan-xloader.in --override requirements-ckan-xloader.overrides -o requirements-ckan-xloader.txt

# A CKAN that still runs would lose its program: those of `make ckan` are ended first, and keep their data.
clean:
	@if [ -d .ckan ]; then deploy/ckan/down.sh; fi
	@if [ -d .ckan-2.11 ]; then CKAN_VERSION=2.11 deploy/ckan/down.sh; fi
	@if [ -d .ckan-xloader ]; then CKAN_XLOADER=1 deploy/ckan/down.sh; fi
	rm -rf $(VENV) $(CSVW) $(DATASETTE) .venv-ckan* .ckan-test* build *.egg-info .coverage .coverage.* htmlcov .hypothesis .mypy_cache .pytest_cache .ruff_cache .import_linter_cache
	find . -name __pycache__ -not -path './store/*' -type d -prune -exec rm -rf {} +

$(VENV)/.made:
	@command -v $(PYTHON) >/dev/null || { echo "$(PYTHON) was not found. Install Python 3.11 or later, or say which: make PYTHON=/path/to/python3"; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "$(PYTHON) is $$($(PYTHON) -V 2>&1), but 3.11 or later is needed. Say which to use: make PYTHON=python3.12"; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { echo "$(PYTHON) has no venv. On Debian and Ubuntu: apt install python3-venv"; exit 1; }
	@echo "Making the environment in $(VENV). This happens once and takes a minute or two."
	@$(PYTHON) -m venv $(VENV)
	@touch $@

$(VENV)/.run: requirements.txt pyproject.toml | $(VENV)/.made
	@echo "Installing what requirements.txt pins."
	@$(PIP) --require-hashes -r requirements.txt
	@$(PIP) --no-deps --no-build-isolation -e .
	@touch $@

# The lock for development holds the other one whole, so what it installs also serves to publish.
$(VENV)/.dev: requirements-dev.txt requirements.txt pyproject.toml | $(VENV)/.made
	@echo "Installing what requirements-dev.txt pins."
	@$(PIP) --require-hashes -r requirements-dev.txt
	@$(PIP) --no-deps --no-build-isolation -e .
	@touch $(VENV)/.run $@

# Made anew for each lock, with the Python of the other environment.
$(DATASETTE)/.made: requirements-datasette.txt | $(VENV)/.made
	@echo "Making the environment of Datasette, the peer of the benchmark, in $(DATASETTE)."
	@$(BIN)/python -m venv --clear $(DATASETTE)
	@$(DATASETTE)/bin/$(INSTALL) --require-hashes -r requirements-datasette.txt
	@touch $@

$(CSVW)/.made: requirements-csvw.txt | $(VENV)/.made
	@echo "Making the environment of the tests' reader of CSV on the Web in $(CSVW)."
	@$(BIN)/python -m venv --clear $(CSVW)
	@$(CSVW)/bin/$(INSTALL) --require-hashes -r requirements-csvw.txt
	@touch $@
