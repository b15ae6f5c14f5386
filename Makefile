# Two commands are enough: `make demo` and `make test`. Each stamp lies inside what it vouches for, so that deleting .venv or node_modules is safe.
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
SHELL := /bin/bash

VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check install --quiet
STATIC := src/deining/web/static
JOBS ?= 2
UV ?= uv

# The first Python that is new enough; `make PYTHON=/path/to/python demo` names another.
PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11; do $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)

# What the page is built from. Folders count too, so that a deleted file is noticed.
PAGE_INPUTS := $(wildcard frontend/*.html frontend/*.js frontend/*.json frontend/*.ts) $(shell find frontend/src frontend/public 2>/dev/null | sed 's/ /\\ /g')

# Vite needs Node 20.19, 22.12 or later. Where the system has none, the PyPI package that carries Node serves.
NODE_FITS := node -e 'const [a, b] = process.versions.node.split(".").map(Number); process.exit(a > 22 || (a === 22 && b >= 12) || (a === 20 && b >= 19) ? 0 : 1)' >/dev/null 2>&1 && command -v npm >/dev/null
WITH_NODE := export PATH="$$PATH:$(CURDIR)/$(BIN)"; { $(NODE_FITS); } || export PATH="$(CURDIR)/$(BIN):$$PATH"; cd frontend

.PHONY: help
help: ## list what can be made
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: demo
demo: $(VENV)/.run $(STATIC)/index.html ## install, build the page, start the demo and print its address (ARGS="--port 8001")
	@$(BIN)/deining demo $(ARGS)

.PHONY: test
test: $(VENV)/.dev $(STATIC)/index.html ## install with the test tools and run every check that CI runs
	@$(MAKE) --no-print-directory lint
	@echo "-- front end"
	@$(WITH_NODE) && npm run --silent check && npm run --silent test
	@echo "-- pytest"
	@$(BIN)/python -m pytest -n $(JOBS) $(ARGS)

.PHONY: lint
lint: $(VENV)/.dev ## style, types and the import contract
	@echo "-- ruff" && $(BIN)/ruff check . && $(BIN)/ruff format --check .
	@echo "-- mypy" && $(BIN)/mypy
	@echo "-- import contract" && $(BIN)/lint-imports

.PHONY: bench
bench: $(VENV)/.dev $(STATIC)/index.html ## measure what the project promises (ARGS names one benchmark)
	@$(BIN)/python -m benchmarks $(ARGS)

.PHONY: page
page: $(STATIC)/index.html ## build the page, when its inputs changed

.PHONY: format
format: $(VENV)/.dev ## put the code in shape
	@$(BIN)/ruff check --fix . ; $(BIN)/ruff format .

.PHONY: wheel
wheel: $(VENV)/.run $(STATIC)/index.html ## build a wheel that carries the page, in dist/
	@$(BIN)/python -m pip --disable-pip-version-check wheel --quiet --no-deps --no-build-isolation --wheel-dir dist . && ls dist

.PHONY: lock
lock: ## renew the locks (needs uv, and the network)
	$(UV) lock --upgrade
	$(UV) export --quiet --format requirements-txt --no-emit-project --no-header --no-default-groups --extra auckland --group build --output-file requirements.lock >/dev/null
	$(UV) export --quiet --format requirements-txt --no-emit-project --no-header --no-default-groups --extra auckland --group build --group dev --output-file requirements-dev.lock >/dev/null
	$(UV) export --quiet --format requirements-txt --no-emit-project --no-header --no-default-groups --only-group node --output-file requirements-node.lock >/dev/null

.PHONY: clean
clean: ## remove all that was installed or built; data folders stay
	rm -rf $(VENV) $(STATIC) frontend/node_modules dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

$(BIN)/python:
	@test -n "$(PYTHON)" || { echo "found no Python 3.11 or later; install one, or name it: make PYTHON=/path/to/python demo" >&2; exit 1; }
	@echo "-- making $(VENV) with $(PYTHON)"
	@"$(PYTHON)" -m venv $(VENV) || { rm -rf $(VENV); echo "$(PYTHON) cannot make a virtual environment; on Debian and Ubuntu: apt install python3-venv" >&2; exit 1; }

# Installing with the test tools installs all the rest too, so it stamps both.
$(VENV)/.run: requirements.lock pyproject.toml | $(BIN)/python
	@echo "-- installing deining (about 400 MB on disk)"
	@$(PIP) --require-hashes -r requirements.lock
	@$(PIP) --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/.dev: requirements-dev.lock requirements.lock pyproject.toml | $(BIN)/python
	@echo "-- installing deining with the test tools (about 700 MB on disk)"
	@$(PIP) --require-hashes -r requirements-dev.lock
	@$(PIP) --no-deps --no-build-isolation -e .
	@touch $(VENV)/.run $@

$(VENV)/.node: requirements-node.lock | $(BIN)/python
	@$(NODE_FITS) || { echo "-- installing Node from PyPI (60 MB): the system has none that fits"; $(PIP) --require-hashes -r requirements-node.lock; }
	@touch $@

frontend/node_modules/.stamp: frontend/package.json frontend/package-lock.json | $(VENV)/.node
	@echo "-- installing what the page is built with"
	@$(WITH_NODE) && npm ci --no-audit --no-fund --loglevel=error
	@touch $@

$(STATIC)/index.html: $(PAGE_INPUTS) frontend/node_modules/.stamp
	@echo "-- building the page"
	@$(WITH_NODE) && npm run --silent build
	@touch $@
