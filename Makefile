# driftty: `make run` opens the console, `make test` checks everything. The environment is .venv.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

.PHONY: run test lint types contracts unit bench fmt clean

run: $(STAMP)  ## open the console; the embedded model is fetched on the way
	@$(BIN)/driftty

test: lint types contracts unit  ## everything that has to hold

lint: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(STAMP)
	$(BIN)/mypy

contracts: $(STAMP)
	$(BIN)/lint-imports

unit: $(STAMP)
	$(BIN)/driftty models fetch smollm2-135m
	$(BIN)/pytest -n 2 --dist loadgroup

bench: $(STAMP)  ## measurements, each against a named baseline
	$(BIN)/python -m tests.bench

fmt: $(STAMP)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean:  ## remove the environment and caches of this checkout, not the person's data
	rm -rf $(VENV) build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

$(STAMP): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' || \
		{ echo "driftty needs Python 3.11 to 3.13; set PYTHON=/path/to/python3.12"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade --constraint constraints.txt pip
	$(BIN)/python -m pip install --progress-bar on --constraint constraints.txt --editable '.[dev]'
	@touch $(STAMP)
