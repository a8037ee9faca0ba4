# make help tells what there is.
.DEFAULT_GOAL := help
.PHONY: help setup demo test check format bench migrate chaos mutants contracts fuzz screenshots golden doors lock

BIN := .venv/bin
RUNTIME := .venv/.runtime
DEV := .venv/.dev
PY := portal tests piccolo_conf.py
# Compiled once, and not by each of the many processes that tests start, whatever the machine says.
export PYTHONDONTWRITEBYTECODE :=
# Three on two cores: half of the time a trial waits, for a process, a page or a clock.
THREE_AT_A_TIME := --numprocesses 3 --dist loadfile --no-loadscope-reorder
# Where there is room the databases of tests lie in memory: then no COMMIT waits for a disk.
ROOM := $(shell df --output=avail -m /dev/shm 2>/dev/null | tail -1)
IN_MEMORY := $(shell [ "0$(strip $(ROOM))" -gt 8000 ] 2>/dev/null && echo PYTEST_DEBUG_TEMPROOT=/dev/shm)

help: ## Tell what there is
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: $(DEV) ## Build .venv with everything: packages, a Chromium, PostgreSQL

demo: $(RUNTIME) ## Serve the portal with a local Stripe on this machine
	@$(BIN)/portal demo $(ARGS)

test: $(DEV) ## Run every test, three at a time (ARGS="-k signup" for some)
	@$(IN_MEMORY) $(BIN)/python -m pytest $(THREE_AT_A_TIME) --durations 20 $(ARGS)

check: $(DEV) ## Run what CI runs: format, lint, types, contracts, templates, tests with coverage
	$(BIN)/ruff format --check $(PY)
	$(BIN)/ruff check $(PY)
	$(BIN)/mypy
	$(BIN)/djlint --lint templates portal/sandbox/templates
	$(BIN)/lint-imports
	$(BIN)/python -m pytest $(THREE_AT_A_TIME) --cov --cov-report=term:skip-covered $(ARGS)

format: $(DEV) ## Format code
	$(BIN)/ruff check --fix-only --quiet $(PY)
	$(BIN)/ruff format $(PY)

contracts: $(DEV) ## Check who imports whom
	$(BIN)/lint-imports

bench: $(DEV) ## Measure against a floor of our own
	$(BIN)/python -m tests.bench $(ARGS)

chaos: $(DEV) ## Run every chaos trial at length; keep its figures (ARGS="kill_points" for some)
	$(BIN)/python -m tests.chaos $(ARGS)

mutants: $(DEV) ## Change the source 300 times and see whether the tests notice (ARGS="--seed 12")
	$(BIN)/python -m tests.mutants $(ARGS)

migrate: $(RUNTIME) ## Bring the database of PORTAL_DATABASE_URL to the newest schema
	$(BIN)/portal migrate

screenshots: $(DEV) ## Take the pictures that the README shows, and one of every mail
	$(BIN)/python -m tests.screenshots

golden: $(DEV) ## Write the golden files of the mails anew, after a change on purpose
	$(BIN)/python -m tests.deliveries.golden

doors: $(DEV) ## Write docs/doors anew from the rows of the doors
	$(BIN)/python -m tests.compat.doors

fuzz: $(DEV) ## Try the API and the doors at length against what their documents promise (ARGS="--seed 7")
	$(BIN)/python -m tests.contract $(ARGS)

lock: $(DEV) ## Write both lock files anew from pyproject.toml
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
		--no-emit-index-url --no-emit-find-links --no-annotate --no-header \
		--extra source -o requirements.lock pyproject.toml
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
		--no-emit-index-url --no-emit-find-links --no-annotate --no-header \
		--extra dev -o requirements-dev.lock pyproject.toml

$(RUNTIME): requirements.lock
	@.ci/setup runtime
	@touch $@

$(DEV): requirements-dev.lock requirements.lock
	@.ci/setup dev
	@touch $@ $(RUNTIME)
