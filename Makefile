# `make demo` and `make test` each do all their own set-up. `make help` lists the rest.
SHELL := /bin/sh
.DEFAULT_GOAL := help
BIN := .venv/bin
# Hubs, workers and tests are hundreds of processes: where the environment forbids Python to keep what it has compiled
# (many containers do), each of them would compile every module anew, for seconds.
export PYTHONDONTWRITEBYTECODE :=

.PHONY: help install install-run demo run test test-unit check lint types contracts schema docs samples lock wheel clean

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' Makefile | awk -F'\t' '{printf "make %-12s %s\n", $$1, $$2}'

install: ## make .venv with everything for development
	@deploy/setup.sh dev

install-run: ## make .venv with what the hub needs to run
	@[ -f .venv/.doorstep-dev ] && deploy/setup.sh dev || deploy/setup.sh run

demo: install-run ## four real orders in, four confirmations out, in a temporary folder
	@$(BIN)/doorstep demo $(DEMO)

run: install-run ## serve with the settings at hand
	@$(BIN)/doorstep serve

test: install ## the whole suite (missing services are skipped loudly; in CI they fail)
	@$(BIN)/python -m pytest -n auto --maxprocesses 4 --dist worksteal $(ARGS)

test-unit: install ## what needs no server and takes seconds
	@$(BIN)/python -m pytest -m "not postgres and not kafka and not slow" $(ARGS)

check: lint types contracts schema ## lint, types, import contracts, schema drift

lint: install
	@$(BIN)/ruff check . && $(BIN)/ruff format --check .

types: install
	@$(BIN)/mypy

contracts: install
	@$(BIN)/lint-imports --cache-dir .cache/import-linter

schema: install
	@$(BIN)/doorstep schema json --check && $(BIN)/doorstep schema asyncapi --check && $(BIN)/doorstep schema settings --check && $(BIN)/doorstep schema mapping --check

docs: install ## write the generated pages and schemas anew
	@$(BIN)/doorstep schema json --write && $(BIN)/doorstep schema asyncapi --write && $(BIN)/doorstep schema settings --write && $(BIN)/doorstep schema mapping --write

samples: install ## write tests/samples anew from the generator
	@for channel in fax email hl7v2 fhir; do $(BIN)/python -m tests.samples.make_$$channel || exit 1; done

lock: ## resolve requirements/*.txt anew (needs uv)
	@deploy/lock.sh

wheel: install ## build the wheel into dist/
	@$(BIN)/uv build -q --wheel --no-build-isolation && ls dist

clean: ## remove what can be made again
	@rm -rf .venv .cache dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
