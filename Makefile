# `make help` lists the targets. Each is one line that a script in scripts/ carries out.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
# The order of the steps of `make test` is on purpose: cheap ones first, and the test runners' own words last.
.NOTPARALLEL:

CARGO ?= cargo
# Where `make serve` listens, and further options of `engineio serve`.
BIND ?= 127.0.0.1:3000
ARGS ?=
# How long `make fuzz` gives each target.
FUZZ_SECONDS ?= 60

export CARGO

.PHONY: help serve test wheel python-test python-hosting python-conformance check fmt links lint features bench-check purity unit doc deny fuzz-smoke fuzz conformance bench bench-clients bench-python bench-python-clients clean

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-21s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

serve: ## Build and run the server, with a page to try it (BIND=127.0.0.1:3000, ARGS="--mode chat")
	@BIND=$(BIND) scripts/serve.sh $(ARGS)

test: check features bench-check unit doc deny fuzz-smoke conformance wheel python-test python-hosting python-conformance ## Everything that CI runs

check: fmt links purity lint ## The quick checks: formatting, links, what the core may depend on, lints

fmt: ## Check the formatting
	@scripts/step.sh "formatting" scripts/fmt.sh

links: ## Check that the links between the documents lead somewhere
	@scripts/step.sh "links" scripts/links.sh

lint: ## Run clippy over everything; a warning is an error
	@scripts/step.sh "clippy" scripts/lint.sh

features: ## Lint each feature of the library on its own
	@scripts/step.sh "features" scripts/features.sh

bench-check: ## Lint and test the benchmarks, apart from those of clients
	@scripts/step.sh "benchmarks compile" scripts/bench-check.sh

purity: ## Check that the core does no I/O and that nothing else decides about packets
	@scripts/step.sh "purity of the core" scripts/purity.sh

unit: ## Run the unit, integration and documentation tests
	@scripts/step.sh "cargo test" $(CARGO) test --workspace --all-features --locked

doc: ## Build the documentation; a broken link is an error
	@RUSTDOCFLAGS="-D warnings" scripts/step.sh "documentation" \
	    $(CARGO) doc --workspace --exclude engineio-cli --all-features --no-deps --locked

deny: ## Check licences, sources and duplicates of the dependencies
	@scripts/step.sh "dependencies" scripts/deny.sh

fuzz-smoke: ## A short, bounded run of every fuzz target
	@scripts/step.sh "fuzzing, briefly" scripts/fuzz.sh --runs 30000

fuzz: ## Fuzz each target for FUZZ_SECONDS (60); TARGET=name for one of them
	@scripts/step.sh "fuzzing" scripts/fuzz.sh --seconds $(FUZZ_SECONDS) $(TARGET)

conformance: ## Run real clients, wire checks and published attacks against the server
	@scripts/step.sh "conformance" scripts/conformance.sh

wheel: ## Build the Python package's wheel into python/dist
	@scripts/step.sh "wheel" scripts/wheel.sh

python-test: wheel ## Test the Python package: its wheel, its types, others' own suites, real peers
	@scripts/step.sh "Python package" scripts/python-test.sh

python-hosting: wheel ## Try the Python package in every server that can host it, with real clients
	@scripts/step.sh "hosts of the Python package" scripts/python-hosting.sh

python-conformance: wheel ## Run wire checks and published attacks against the Python package in four web servers
	@scripts/step.sh "wire checks of the Python package" scripts/python-conformance.sh werkzeug,gevent,uvicorn,aiohttp

bench: ## Compare the speed with other servers, side by side (ARGS go to the load generator)
	@scripts/step.sh "benchmarks" bench/run.sh $(ARGS)

bench-clients: ## Compare the speed of our clients with others', side by side (ARGS go to the judge)
	@scripts/step.sh "benchmarks of clients" bench/clients.sh $(ARGS)

bench-python: wheel ## Compare the Python servers with python-engineio, side by side
	@scripts/step.sh "benchmarks of the Python servers" bench/python.sh $(ARGS)

bench-python-clients: wheel ## Compare the Python clients with python-engineio's, side by side
	@scripts/step.sh "benchmarks of the Python clients" bench/python-clients.sh $(ARGS)

clean: ## Remove what the other targets built
	@rm -rf target fuzz/target fuzz/artifacts bench/target bench/.venv conformance/node_modules conformance/.venv \
	    conformance/servers/engineioxide/target python/.venvs python/dist
