# `make help` lists the targets. Each is one line that a script in scripts/ carries out; those of tests are steps, which
# scripts/steps/plan.py lists with what each needs.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.NOTPARALLEL:

CARGO ?= cargo
# Where `make serve` listens, and further options of `engineio serve`.
BIND ?= 127.0.0.1:3000
ARGS ?=
# How long `make fuzz` gives each target.
FUZZ_SECONDS ?= 60
# Which part of `make test-full`, as in 1/3; without it, all.
PART ?=
# What `make stress` runs, and how often.
CASE ?=
RUNS ?= 5
SEED ?=
AGAIN ?=

export CARGO

STEP := scripts/run_steps.py

.PHONY: help serve test test-full soak stress wheel python-test python-hosting python-conformance check fmt links lint features bench-check purity unit doc deny fuzz-smoke fuzz conformance scripts-test bench bench-clients bench-python bench-python-clients clean

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-21s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

serve: ## Build and run the server, with a page to try it (BIND=127.0.0.1:3000, ARGS="--mode chat")
	@BIND=$(BIND) scripts/serve.sh $(ARGS)

test: ## Everything that decides about a change: what CI runs first
	@$(STEP) test

test-full: ## What repeats the checks of `make test` over every host (PART=1/3 for a third of it)
	@$(STEP) test-full $(PART)

soak: ## What takes long: many random conversations
	@$(STEP) soak

stress: ## Run cases many times while their processes are stopped at random (CASE=..., RUNS=5, SEED=, AGAIN=1)
	@scripts/run_stress.py --runs $(RUNS) $(if $(SEED),--seed $(SEED)) $(if $(AGAIN),--again) $(if $(CASE),"$$CASE")

check: ## The quick checks: formatting, links, what the core may depend on, lints
	@$(STEP) check

fmt: ## Check the formatting
	@$(STEP) fmt

links: ## Check that the links between the documents lead somewhere
	@$(STEP) links

lint: ## Run clippy over everything; a warning is an error
	@$(STEP) lint

features: ## Lint each feature of the library on its own
	@$(STEP) features

bench-check: ## Lint and test the benchmarks, apart from those of clients
	@$(STEP) bench-check

purity: ## Check that the core does no I/O and that nothing else decides about packets
	@$(STEP) purity

scripts-test: ## Test the scripts that run the tests
	@$(STEP) scripts-test

unit: ## Run the unit, integration and documentation tests
	@$(STEP) unit

doc: ## Build the documentation; a broken link is an error
	@$(STEP) doc

deny: ## Check licences, sources and duplicates of the dependencies
	@$(STEP) deny

fuzz-smoke: ## A short, bounded run of every fuzz target
	@$(STEP) fuzz-smoke

fuzz: ## Fuzz each target for FUZZ_SECONDS (60); TARGET=name for one of them
	@scripts/fuzz.sh --seconds $(FUZZ_SECONDS) $(TARGET)

conformance: ## Run real clients, wire checks and published attacks against the server
	@$(STEP) conformance

wheel: ## Build the Python package's wheel into python/dist
	@$(STEP) wheel

python-test: ## Test the Python package: its wheel, its types, others' own suites, real peers
	@$(STEP) python-test

python-hosting: ## Try the Python package in every server that can host it, with real clients: the whole matrix
	@$(STEP) python-hosting-full

python-conformance: ## Run wire checks and published attacks against the Python package in four web servers
	@$(STEP) python-conformance

bench: ## Compare the speed with other servers, side by side (ARGS go to the load generator)
	@bench/run.sh $(ARGS)

bench-clients: ## Compare the speed of our clients with others', side by side (ARGS go to the judge)
	@bench/clients.sh $(ARGS)

bench-python: wheel ## Compare the Python servers with python-engineio, side by side
	@bench/python.sh $(ARGS)

bench-python-clients: wheel ## Compare the Python clients with python-engineio's, side by side
	@bench/python-clients.sh $(ARGS)

clean: ## Remove what the other targets built
	@rm -rf target fuzz/target fuzz/artifacts bench/target bench/.venv conformance/node_modules conformance/.venv \
	    conformance/servers/engineioxide/target python/.venvs python/dist
