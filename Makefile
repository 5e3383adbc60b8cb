# Everything runs in .venv, made on first use; PYTHON chooses the interpreter (3.11 or newer).
PYTHON ?= python3
BIN := .venv/bin
DEMO := $(CURDIR)/demo
DEMO_HOME := $(DEMO)/.coccinelle/coccinelle.db

.PHONY: demo check test test-faults test-paths test-browser test-deployment test-d1 \
	test-api test-labelled screenshots lint ui clean

demo: .venv/installed
	$(BIN)/coccinelle demo --directory demo

test: .venv/installed
	$(BIN)/pytest

# Kills, full disks and busy neighbours on a large database.
test-faults: .venv/installed
	$(BIN)/pytest -m fault

# Needs Chromium: .ci/install-chromium.
test-browser: .venv/installed
	$(BIN)/pytest -n 0 -m browser coccinelle_assets_tests/browser

# The pictures of the documentation, made by the same tests.
screenshots: .venv/installed
	SCREENSHOTS=$(CURDIR)/docs/images $(BIN)/pytest -n 0 -m browser coccinelle_assets_tests/browser

# Needs Node and wrangler: .ci/install-wrangler has them from npm.
test-d1: .venv/installed
	$(BIN)/pytest --dist load -m d1 coccinelle_assets_tests/d1

# Requests drawn from docs/openapi.json, sent to a running server.
test-api: .venv/installed
	$(BIN)/pytest -n 0 -m contract

# Every way a promotion can be started.
test-paths: .venv/installed
	$(BIN)/pytest -m paths

# Needs the labelled data of other projects in ../shared/data (benchmarks/README.md).
test-labelled: .venv/installed
	$(BIN)/pytest -n 0 -m labelled coccinelle_assets_tests/test_evaluation.py

# Needs PostgreSQL's server programs and nginx: .ci/install-postgresql and .ci/install-nginx have them
# from Debian's packages.
test-deployment: .venv/installed
	$(BIN)/pytest -n 0 -m deployment

lint: .venv/installed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	DAGSTER_HOME= $(BIN)/dagster definitions validate -w workspace.yaml

# What a change has to pass before it is kept.
check: lint test

ui: .venv/installed
	mkdir -p $(DEMO_HOME)/dagster
	test -e $(DEMO_HOME)/dagster/dagster.yaml || \
		cp coccinelle_assets/dagster.yaml $(DEMO_HOME)/dagster/dagster.yaml
	DAGSTER_HOME=$(DEMO_HOME)/dagster COCCINELLE_DATABASE=$(DEMO)/coccinelle.db \
		$(BIN)/dagster dev -w workspace.yaml

clean:
	rm -rf .venv demo

.venv/installed: pyproject.toml constraints.txt
	$(PYTHON) -c 'import sys; sys.version_info >= (3, 11) or sys.exit("Python 3.11 or newer is needed: make PYTHON=python3.12 ...")'
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable ".[dev]"
	touch $@
