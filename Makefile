# `make run` starts the app, `make test` checks and tests everything; both set up what they need first, once.

SHELL := /bin/sh
PYTHON ?= $(shell command -v python3.11 || command -v python3 || echo python3)
PORT ?= 8501
HOST = $(or $(STREAMLIT_SERVER_ADDRESS),127.0.0.1)
WORKERS ?= 3
BIN := .venv/bin
BIOME := PATH="$(CURDIR)/$(BIN):$$PATH" node_modules/.bin/biome
# Three on two cores: tests of pages wait for much of their time.
SPREAD := -n $(WORKERS) --dist loadfile --no-loadscope-reorder
ENGINE := tests/trainers/live/test_conductor.py tests/trainers/live/test_live_study.py tests/pages/test_live_socket.py
BROWSER := $(or $(CHROMIUM),$(shell command -v chromium || command -v chromium-browser || command -v google-chrome))

.PHONY: run test long-test class-load mutants check format bench browser-bench setup browser clean

run: .venv/run.stamp
	$(BIN)/python -m streamlit run app.py --server.port $(PORT) --server.address $(HOST)

test: .venv/dev.stamp browser
	$(MAKE) check
	$(BIN)/python -m pytest $(SPREAD)

# All that takes longer than the few minutes of `make test`, which runs a drawn share of it; then the engine on a busy machine.
long-test: .venv/dev.stamp browser
	$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal --long -m long
	$(BIN)/python -m tests.beside $(BIN)/python -m pytest $(SPREAD) $(ENGINE)

# A class of 60 and one of 300 in a room, by light clients: votes, delays, frames, memory.
class-load: .venv/run.stamp
	$(BIN)/python -m trainers bench --only class_load

# Breaks the code one line at a time: do the tests notice? Goes on where it was stopped; takes hours.
mutants: .venv/dev.stamp node_modules/.stamp browser
	$(BIN)/python -m pip install --quiet -r tests/mutants/requirements.txt
	PATH="$(CURDIR)/$(BIN):$$PATH" npm ci --prefix tests/mutants --silent --no-audit --no-fund
	PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/python -m tests.mutants $(MUTANTS)

check: .venv/dev.stamp node_modules/.stamp
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIOME) check --error-on-warnings
	$(BIN)/node node_modules/typescript/bin/tsc
	$(BIN)/node --test 'tests/lab/**/*.test.js'

format: .venv/dev.stamp node_modules/.stamp
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	$(BIOME) check --write

bench: .venv/run.stamp
	$(BIN)/python -m trainers bench

browser-bench: .venv/dev.stamp browser
	$(BIN)/python -m tests.browser_bench

setup: .venv/dev.stamp

clean:
	rm -rf .venv node_modules .cache .hypothesis .mypy_cache .pytest_cache .ruff_cache

.venv/run.stamp: requirements.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "Python 3.11 or later is needed: install it, or name it with PYTHON=/path/to/python3.11"; exit 1; }
	@$(PYTHON) -m venv .venv || { \
		echo "No virtual environment could be made; on Debian: apt-get install python3-venv"; exit 1; }
	$(BIN)/python -m pip install --quiet -r requirements.txt
	@touch $@

.venv/dev.stamp: requirements-dev.txt .venv/run.stamp
	$(BIN)/python -m pip install --quiet -r requirements-dev.txt
	@touch $@

# The front end's linter and formatter, by the lock file; node and npm come with the Python packages.
node_modules/.stamp: package-lock.json .venv/dev.stamp
	@PATH="$(CURDIR)/$(BIN):$$PATH" npm ci --silent --no-audit --no-fund
	@touch $@

# The browser tests need Chromium, those of a proxy nginx; apt-get gets what is missing and may be installed unasked.
browser:
	@missing=""; test -n "$(BROWSER)" || missing=chromium; \
	PATH="$$PATH:/usr/sbin" command -v nginx >/dev/null || missing="$$missing nginx-light"; \
	command -v openssl >/dev/null || missing="$$missing openssl"; \
	test -z "$$missing" && exit 0; \
	if command -v apt-get >/dev/null && [ "$$(id -u)" = 0 ]; then as=""; \
	elif command -v apt-get >/dev/null && sudo -n true 2>/dev/null; then as=sudo; \
	else \
		echo "The tests need $$missing: install it (on Debian: apt-get install $$missing),"; \
		echo "or name a Chromium or Chrome with CHROMIUM=/path/to/it"; exit 1; \
	fi; \
	$$as apt-get update -qq && $$as apt-get install -y -qq --no-install-recommends $$missing
