# Everything a newcomer needs; each target makes its own environment in .venv on the first run.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: help demo fix unit test compiled lint docs bench fuzz lock release clean

help:  ## show the targets
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "make %-8s %s\n", $$1, $$2}'

demo: $(VENV)/run  ## the main job on this machine: a denied, a warned and an allowed workload (Ctrl-C ends it)
	@$(BIN)/bomgate demo $(DEMO)

fix: $(VENV)/dev  ## format and mend what ruff can mend
	@$(BIN)/ruff format -q .
	@$(BIN)/ruff check -q --fix .

unit: $(VENV)/dev  ## the quick tests, under a minute, and what of the package they ran (UNIT="-k expiry")
	@$(BIN)/python tests/run.py --quick $(UNIT)

test: $(VENV)/dev  ## everything: static checks, unit, property, port, documentation and end-to-end tests
	@$(MAKE) --no-print-directory -j2 lint compiled
	@$(BIN)/python tests/run.py

compiled: $(VENV)/dev
	@$(BIN)/python tests/run.py --compile

lint: $(VENV)/dev  ## ruff, mypy --strict and the layering contract
	@$(BIN)/ruff format --check -q .
	@$(BIN)/ruff check -q .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-logo

docs: $(VENV)/dev  ## the documentation as a site in build/docs/site; every link is checked
	@$(BIN)/python -m tests.docs.site

bench: $(VENV)/dev  ## speed and memory, each figure beside its goal (bench/README.md says how to read them)
	@$(BIN)/python -m bench $(BENCH)

SECONDS ?= 60
fuzz: $(VENV)/dev  ## changed inputs for every parser that meets outside bytes (SECONDS=60 in all, FUZZ="purl image")
	@$(BIN)/python -m tests.fuzz --seconds $(SECONDS) $(FUZZ)

lock: $(VENV)/dev  ## write the hashed locks from pyproject.toml (LOCK=--upgrade takes the newest versions)
	@$(BIN)/pip install -q --disable-pip-version-check --require-hashes -r requirements/installer.txt
	@$(BIN)/python .ci/lock.py $(LOCK)

release: $(VENV)/dev  ## wheel, image, chart, SBOM and checksums of this version in dist (RELEASE=--help)
	@$(BIN)/python -m release $(RELEASE)

clean:  ## remove the environment and caches of this checkout
	rm -rf $(VENV) build dist .coverage .cache *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(None if sys.version_info >= (3, 11) else "bomgate needs Python 3.11 or newer; set PYTHON=/path/to/python3.11")'
	@$(PYTHON) -m venv $(VENV) || (echo 'Python has no venv module here; on Debian: apt-get install python3-venv' >&2; exit 1)

$(VENV)/run: requirements/run.txt requirements/build.txt requirements/installer.txt pyproject.toml | $(VENV)/bin/python
	@$(PYTHON) .ci/environment.py $(BIN)/python requirements/run.txt requirements/build.txt
	@touch $@

$(VENV)/dev: requirements/dev.txt requirements/installer.txt pyproject.toml | $(VENV)/bin/python
	@$(PYTHON) .ci/environment.py $(BIN)/python requirements/dev.txt
	@touch $@ $(VENV)/run
