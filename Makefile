# Everything starts here: `make help`.
PYTHON ?= $(shell for p in python3.13 python3.12 python3.11 python3; do \
	$$p -c 'import sys; raise SystemExit(not (3, 11) <= sys.version_info < (3, 14))' 2>/dev/null && echo $$p && break; done)
BIN := .venv/bin
READY := .venv/.ready

.DEFAULT_GOAL := help
.PHONY: help setup demo test test-every check bench bench-cluster soak lock screenshots screens clean

help:  ## Show what there is
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1\t\2/' | expand -t 22

setup: $(READY)  ## Build the virtual environment .venv with everything

$(READY): requirements-dev.lock pyproject.toml
	@test -n "$(PYTHON)" || { echo "Python 3.11, 3.12 or 3.13 is needed; none was found." >&2; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-setup.lock
	@VIRTUAL_ENV=.venv $(BIN)/uv pip sync --quiet --require-hashes requirements-dev.lock
	@VIRTUAL_ENV=.venv $(BIN)/uv pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $(READY)

demo: setup  ## Run the whole platform on this machine: a study, a phone in the browser, the pages
	@$(BIN)/ema demo

test: setup check  ## Check and test everything (starts its own PostgreSQL; what lies above the store takes the databases in turn)
	@EMA_TEST_IN_TURN=1 $(BIN)/pytest -n 2 --dist loadfile --no-loadscope-reorder

test-every: setup check  ## The same, and every test that uses a database on each of them
	@$(BIN)/pytest -n 2 --dist loadfile --no-loadscope-reorder

check: setup  ## Lint, types, import directions, migrations
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check --quiet .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-cache
	@$(BIN)/python -m migrations.check
	@$(BIN)/pytest --quiet --durations=0 tests/store/test_migrations.py

bench: setup  ## Measure; prints tables and writes JSON under data/bench
	@$(BIN)/python -m tests.bench

bench-cluster: setup  ## Measure 1, 2 and 4 workers and webs as processes on PostgreSQL
	@$(BIN)/python -m tests.bench cluster

soak: setup  ## Kill the real processes hundreds of times, then count (KILLS=200 on each database, SEED=1, MINUTES=20)
	@$(BIN)/python -W ignore -m tests.soak

lock:  ## Resolve the dependencies anew (hashes, no host names)
	@$(BIN)/uv lock --quiet --upgrade
	@$(BIN)/uv export --frozen --no-dev --no-emit-project --quiet --no-header -o requirements.lock >/dev/null
	@$(BIN)/uv export --frozen --all-groups --no-emit-project --quiet --no-header -o requirements-dev.lock >/dev/null
	@$(BIN)/uv export --frozen --only-group setup --no-emit-project --quiet --no-header -o requirements-setup.lock >/dev/null
	@! grep -lE 'https?://' requirements*.lock

screenshots: setup  ## Make the README's pictures from the running demo
	@$(BIN)/python scripts/screenshots.py

screens: setup  ## Picture every screen of the dialogue for docs/participants
	@$(BIN)/python -W ignore -m tests.screens

clean:  ## Remove the virtual environment and caches; data stay
	@rm -rf .venv .mypy_cache .ruff_cache .hypothesis
