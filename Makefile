# Two commands do everything: `make demo` and `make test`. Both make their own environment in $(VENV).

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
DEMO ?= demo-out
SITE ?= site
# Tests side by side; 0 runs one after another.
WORKERS ?= logical
EXTRAS := dev,docs,train,render,scale,usd,web,web-asset

.PHONY: demo test test-fast test-core check format reference docs tutorial clean system-packages system-packages-of-tests

demo: $(VENV)/core.done
	$(BIN)/cleanplate demo --out $(DEMO)

test: | system-packages-of-tests
test: $(VENV)/all.done tests/tools/node_modules/.done
	$(BIN)/python -c 'from cleanplate.batch.warm import warm; warm()' # compiled once, and not by each worker
	$(BIN)/python -m pytest -q --numprocesses $(WORKERS) --maxprocesses 4 --dist loadfile

# Without Mitsuba, torch and Chromium.
test-fast: $(VENV)/all.done
	$(BIN)/python -m pytest -q tests/capture tests/dataset tests/evaluate tests/geometry tests/image tests/exchange/masks \
	    tests/segment/test_classical.py tests/segment/test_colour_key.py tests/test_cli.py tests/test_docs.py

# What a user has who installs no extra: the README's commands.
test-core: $(VENV)-core/core.done
	$(VENV)-core/bin/cleanplate demo --model classical --out $(DEMO)-core
	$(VENV)-core/bin/cleanplate run $(DEMO)-core/captures/B0TEAPOT01 --model classical --out $(DEMO)-core --no-usdz
	$(VENV)-core/bin/cleanplate evaluate $(DEMO)-core --truth $(DEMO)-core/captures
	$(VENV)-core/bin/cleanplate segment src/cleanplate/samples/B0TEAPOT01 --out $(DEMO)-core/default --no-refine

check: $(VENV)/all.done
	$(BIN)/ruff check src tests benchmarks
	$(BIN)/ruff format --check src tests benchmarks
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(VENV)/all.done
	$(BIN)/ruff format src tests benchmarks
	$(BIN)/ruff check --fix src tests benchmarks

reference: $(VENV)/all.done
	$(BIN)/typer cleanplate.cli utils docs --name cleanplate --output docs/reference/commands.md
	$(BIN)/cleanplate schema > docs/capture.schema.json
	$(BIN)/python scripts/api-reference > docs/reference/api.md

# The site: every page of docs/, links checked.
docs: $(VENV)/all.done
	$(BIN)/sphinx-build --fail-on-warning --keep-going --quiet -b html docs $(SITE)

tutorial: $(VENV)/all.done
	CLEANPLATE_TUTORIAL_IMAGES=docs/tutorials/images $(BIN)/python -m pytest -q tests/web/test_tutorial.py

clean:
	rm -rf $(VENV) $(VENV)-core $(SITE) $(DEMO) $(DEMO)-core tests/tools/node_modules

# First of all: what nobody can install for you is named before anything slow.
system-packages:
	@scripts/system-packages $(PYTHON)

system-packages-of-tests: system-packages
	@scripts/system-packages $(PYTHON) tests

$(VENV)/bin/python: | system-packages
	$(PYTHON) -c 'import sys; sys.exit("cleanplate needs Python 3.11 or newer, this is " + sys.version) if sys.version_info < (3, 11) else None'
	$(PYTHON) -m venv $(VENV)

# Not compiled: most modules of the libraries are never imported, those that are compile when they are.
$(VENV)/core.done: pyproject.toml | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-compile -e .
	touch $@

$(VENV)-core/core.done: pyproject.toml | system-packages
	$(PYTHON) -m venv --clear $(VENV)-core
	$(VENV)-core/bin/python -m pip install --quiet --disable-pip-version-check .
	touch $@

$(VENV)/all.done: pyproject.toml | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[$(EXTRAS)]'
	touch $@ $(VENV)/core.done

tests/tools/node_modules/.done: tests/tools/package-lock.json | system-packages-of-tests
	npm ci --prefix tests/tools --silent --no-audit --no-fund
	touch $@
