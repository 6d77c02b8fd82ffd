# Everything a newcomer needs; each target makes its own environment in .venv on the first run.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: help demo test lint bench fuzz lock clean

help:  ## show the targets
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "make %-8s %s\n", $$1, $$2}'

demo: $(VENV)/run  ## the main job on this machine: a denied, a warned and an allowed workload (Ctrl-C ends it)
	@$(BIN)/bomgate demo $(DEMO)

test: lint  ## everything: static checks, unit, property, port, documentation and end-to-end tests
	@$(BIN)/python tests/run.py

lint: $(VENV)/dev  ## ruff, mypy --strict and the layering contract
	@$(BIN)/ruff format --check -q .
	@$(BIN)/ruff check -q .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-logo

bench: $(VENV)/dev  ## speed and memory, each figure beside its goal (bench/README.md says how to read them)
	@$(BIN)/python -m bench $(BENCH)

SECONDS ?= 60
fuzz: $(VENV)/dev  ## changed inputs for every parser that meets outside bytes (SECONDS=60 in all, FUZZ="purl image")
	@$(BIN)/python -m tests.fuzz --seconds $(SECONDS) $(FUZZ)

lock: $(VENV)/dev  ## write the hashed requirements lock anew from pyproject.toml
	@$(BIN)/pip install -q --disable-pip-version-check uv
	@$(BIN)/python .ci/lock.py

clean:  ## remove the environment and caches of this checkout
	rm -rf $(VENV) build *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(None if sys.version_info >= (3, 11) else "bomgate needs Python 3.11 or newer; set PYTHON=/path/to/python3.11")'
	@$(PYTHON) -m venv $(VENV) || (echo 'Python has no venv module here; on Debian: apt-get install python3-venv' >&2; exit 1)

$(VENV)/run: requirements/run.txt pyproject.toml | $(VENV)/bin/python
	@echo 'Setting up .venv (once) ...'
	@$(BIN)/pip install -q --disable-pip-version-check --require-hashes -r requirements/run.txt
	@$(BIN)/pip install -q --disable-pip-version-check --no-deps --no-build-isolation -e . 2>/dev/null || \
	  $(BIN)/pip install -q --disable-pip-version-check --no-deps -e .
	@touch $@

$(VENV)/dev: requirements/dev.txt pyproject.toml | $(VENV)/bin/python
	@echo 'Setting up .venv for development (once) ...'
	@$(BIN)/pip install -q --disable-pip-version-check --require-hashes -r requirements/dev.txt
	@$(BIN)/pip install -q --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@ $(VENV)/run
