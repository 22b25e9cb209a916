# Thin on purpose: each line here can be typed by hand. `make setup` costs 0.1 s when nothing has changed.
PYTHON ?= python3
BIN := .venv/bin
CODE := $(wildcard src tests tools benchmarks examples)
DOCTESTED := src/curiouser
# Everything, or what was asked for: make test TESTS=tests/data
TESTS ?= tests $(DOCTESTED)
# Tests that search longer at night.
LONG ?= $(addprefix tests/,browser/test_every_page.py calibration data datachecks/test_service.py \
	evaluations/test_real_data.py $(addprefix faults/test_,data_faults.py kill_commands.py power_loss.py) rest/test_openapi.py)
# Tests with a store behind them.
STORED ?= $(addprefix tests/,storage data datachecks models evaluations problems access jobs workspace)

.PHONY: help setup demo test test-browser test-nightly test-postgres check check-style check-types check-layers check-sizes check-docs bench docs lock clean

help:
	@echo "make demo    set up and run the main job on the bundled example"
	@echo "make test    set up and run the tests (TESTS=tests/data for a part)"
	@echo "make test-browser  only the tests in a real browser (Debian: chromium)"
	@echo "make test-nightly  the long searches: merges, histories, kills, pages, requests (hours)"
	@echo "make test-postgres  the tests of the store, on a PostgreSQL server of their own"
	@echo "make check   style, types, imports, sizes and the reference"
	@echo "make bench   one JSON line per benchmark"
	@echo "make docs    build the documentation"
	@echo "make setup   only set up .venv (PYTHON=python3.12 for another Python)"
	@echo "make lock    lock what pyproject.toml asks for (UPGRADE=--upgrade for the newest versions)"
	@echo "make clean   remove .venv and everything that was built"

setup:
	@$(PYTHON) tools/bootstrap.py

demo: setup
	@$(BIN)/python examples/introductions/demo.py

test: setup
	$(BIN)/python -m pytest --doctest-modules --ignore=src/curiouser/storage/migrations --numprocesses=auto --dist=loadgroup $(TESTS)

# A part of `make test` too, where Chromium is installed.
test-browser: setup
	$(BIN)/python -m pytest tests/browser

# The same properties on many more examples, and kills at every system call; hours.
test-nightly: setup
	CURIOUSER_NIGHTLY=1 $(BIN)/python -m pytest --timeout=0 $(LONG)

# The server comes with the wheel, listens on a Unix socket only, and is gone afterwards.
test-postgres: setup
	CURIOUSER_TEST_DATABASE=postgresql $(BIN)/python -m pytest --numprocesses=auto --dist=loadgroup $(STORED)

# Parts of their own, so that `make --keep-going check` reports on all of them.
check: check-style check-types check-layers check-sizes check-docs

check-style: setup
	$(BIN)/ruff check $(CODE)
	$(BIN)/ruff format --check $(CODE)

check-types: setup
	$(BIN)/mypy $(CODE)

check-layers: setup
	$(BIN)/lint-imports

check-sizes: setup
	$(BIN)/python tools/check_sizes.py

check-docs: setup
	$(BIN)/python -m pytest -q tests/docs -k "not every_command_of_a_page"

bench: setup
	@$(BIN)/python -m benchmarks

docs: setup
	@$(BIN)/python tools/make_docs.py

lock: setup
	$(BIN)/uv pip compile --quiet $(UPGRADE) --universal --python-version 3.11 \
		--extra arrow --extra postgres --extra sklearn --group dev --generate-hashes --no-header --no-emit-index-url \
		--output-file requirements.lock pyproject.toml

clean:
	rm -rf .venv build dist site .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
