# Two commands do everything, set-up included: `make demo` and `make test`.
SHELL := /bin/bash
.DEFAULT_GOAL := help
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
ORDERS ?= samples/olist
ON_EVERY_CORE := --numprocesses auto --dist loadfile
LOCK_OPTIONS := --universal --generate-hashes --no-emit-index-url --no-header --no-annotate

help: ## list the commands
	@grep -hE '^[.a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-10s %s\n", $$1, $$2}'

$(VENV)/.ready: pyproject.toml requirements-dev.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed; set PYTHON=..."; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

setup: $(VENV)/.ready ## make .venv with everything in it

demo: setup ## settle real orders through the services; ORDERS=DIR for other orders
	$(BIN)/crps demo --orders $(ORDERS)

test: lint ## run every ring of tests, on real Kafka and PostgreSQL
	$(BIN)/python -m pytest -q -m "not connected" $(ON_EVERY_CORE)
	$(BIN)/python -m pytest -q -m "connected and not every" --durations 25 --durations-min 5

test-all: lint ## the same, and every scenario on real Kafka and PostgreSQL
	$(BIN)/python -m pytest -q -m "not connected" $(ON_EVERY_CORE)
	$(BIN)/python -m pytest -q -m "connected"

check: lint ## fast inner loop: format, lint, types, imports, unit tests
	$(BIN)/python -m pytest -q tests/unit tests/schemas tests/architecture

lint: setup
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/crps schemas check

.env: | setup ## make the ports and secrets of docker compose
	$(BIN)/crps dev env

lock: ## pin and hash the dependencies anew, as pyproject.toml allows
	$(BIN)/uv pip compile --quiet pyproject.toml --extra dev $(LOCK_OPTIONS) -o requirements-dev.lock
	$(BIN)/uv pip compile --quiet pyproject.toml --constraint requirements-dev.lock $(LOCK_OPTIONS) -o requirements.lock
	echo hatchling | $(BIN)/uv pip compile --quiet - --constraint requirements-dev.lock $(LOCK_OPTIONS) -o requirements-build.lock

format: setup ## put the code into its one form
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

clean: ## remove .venv and all local state; stops the local stack first
	@if [ -x $(BIN)/crps ]; then $(BIN)/crps dev down || true; fi
	rm -rf $(VENV) var samples/node/node_modules

.PHONY: help setup demo test test-all check lint lock format clean
