# Everything a developer does here, by name; `make help` lists it.
# Only python3 (3.11 or later) and make are needed: the rest is installed into .venv, anew when pyproject.toml changes.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/installed

# make demo ONCE=1 CONSOLE=1 LISTEN=127.0.0.1:9080 ADMIN=127.0.0.1:9081
DEMO_OPTIONS = $(if $(ONCE),--once) $(if $(CONSOLE),--console) $(if $(LISTEN),--listen $(LISTEN)) $(if $(ADMIN),--admin $(ADMIN))

# make test TESTS=tests/unit/core
TESTS ?= tests
# A file's tests stay together: they share gateways and API servers. The files stay in order, so that the last ones are
# short; but not in CI, where the clusters' tests come with others beside them, and not all at once.
PYTEST = $(BIN)/pytest -n auto --dist loadfile $(if $(POSTERN_CI),,--no-loadscope-reorder)
# Builds what a folder of tests runs besides Python, once; without a folder, all there is.
PROGRAMS = PYTHONPATH=tests/support $(BIN)/python -m cluster.modules
PROVIDERS = export PYTHONPATH=tests/support; $(BIN)/python -m keycloak.distribution; $(BIN)/python -m oidc_provider
AXE = PYTHONPATH=tests/support $(BIN)/python -m axe_core

.DEFAULT_GOAL := help
# make image IMAGE=registry.example.com/postern:1.2.3
IMAGE ?= postern:dev
VERSION = $(shell sed -n 's/^version = "\(.*\)"/\1/p' pyproject.toml)

.PHONY: help setup demo test browser-test pictures chart-test cluster-test gitops-test providers-test programs e2e check lint format golden crds changelog coverage speedups speedups-test fuzz fuzz-guided bench guard bench-cluster docs build image clean

help: ## Show this list
	@sed -n 's/^\([a-z0-9-]*\):.*## \(.*\)$$/\1|\2/p' Makefile | while IFS='|' read -r name text; do \
		printf '  make %-13s %s\n' "$$name" "$$text"; done

setup: $(STAMP) ## Make .venv with everything that the other targets need

$(STAMP): pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "Postern needs Python 3.11 or later; choose one with: make PYTHON=python3.12" >&2; exit 1; }
	@$(PYTHON) -m venv --clear $(VENV) || { \
		echo "This Python can't make a virtual environment; on Debian and Ubuntu: apt install python3-venv" >&2; exit 1; }
	@echo "Installing into $(VENV), once ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $@

demo: $(STAMP) ## Play the walkthrough of README.md against a real gateway, then keep it running (ONCE=1: stop; CONSOLE=1: in a browser)
	@$(BIN)/python -m examples.walkthrough $(DEMO_OPTIONS)

test: $(STAMP) ## Run every test that needs nothing built, and name the command for each of the others (TESTS=tests/unit)
	@$(PYTEST) $(TESTS)

browser-test: $(STAMP) ## Test the console, and pages of other origins, in a browser (apt install chromium chromium-driver)
	@$(AXE)
	@$(PYTEST) tests/browser

pictures: $(STAMP) ## Make the pictures of docs/console.md anew, with a browser
	@PICTURES=1 $(BIN)/pytest -q tests/browser/test_console_pictures.py

chart-test: $(STAMP) ## Test the chart with Helm 3 and Helm 4; with Go, builds them first (3 minutes, once)
	@$(PROGRAMS) chart
	@$(PYTEST) tests/chart

cluster-test: $(STAMP) ## Test against an API server; with Go, builds one first (20 minutes on two cores, once)
	@$(PROGRAMS) cluster
	@$(PYTEST) tests/cluster

gitops-test: $(STAMP) ## Ask Argo CD and Flux about our objects; with Go, builds their judges first (10 minutes, once)
	@$(PROGRAMS) gitops
	@$(PYTEST) tests/gitops

providers-test: $(STAMP) ## Test with tokens of real providers; with Java, Maven and npm, downloads them first (130 MB, once)
	@$(PROVIDERS)
	@$(PYTEST) tests/providers

programs: $(STAMP) ## Get everything that tests run besides Python (needs Go; half an hour on two cores, once)
	@$(PROGRAMS)
	@$(PROVIDERS)
	@$(AXE)

e2e: build ## Install the chart in a cluster where Pods run and replace everything under load (root and Go, or kind)
	@PYTHONPATH=tests/support $(BIN)/python -m cluster.places
	@POSTERN_E2E=1 $(BIN)/pytest -o faulthandler_timeout=900 tests/e2e

check: lint ## Lint, then the unit and golden tests: what to run before a commit
	@$(PYTEST) --quiet tests/unit tests/golden

lint: $(STAMP) ## Check style, types and the direction of imports
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache

format: $(STAMP) ## Put the code into its one format
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

golden: $(STAMP) ## Write the golden files anew; then read the diff
	@GOLDEN=rewrite $(BIN)/pytest tests/golden tests/chart/test_golden.py
	@git diff --stat -- tests/golden tests/chart

crds: $(STAMP) ## Write crds/*.yaml, and the chart's copies, anew from the models
	@$(BIN)/python -m postern_operator.crds.write crds
	@$(BIN)/python -m postern_operator.crds.write helm/postern/files/crds

changelog: $(STAMP) ## Show the next section of CHANGELOG.md (VERSION=1.2.3: write it, and remove the fragments)
	@$(BIN)/towncrier build $(if $(filter command line,$(origin VERSION)),--yes --version $(VERSION),--draft --version Unreleased)

# What needs no API server; the floor is `fail_under` in pyproject.toml.
COVERED = tests/unit tests/golden tests/property tests/conformance

coverage: $(STAMP) ## Measure lines and branches, name what no test reaches, and fail below the floor
	@$(PYTEST) --cov --cov-report=term-missing $(COVERED)

# The wheel of speedups, made in a copy: a compiler leaves files beside its sources.
WHEEL = $(VENV)/speedups-wheel
$(WHEEL): $(STAMP) $(wildcard speedups/*.toml speedups/*/*.py speedups/*/*.pyx)
	@echo "Compiling speedups ..."
	@copy=$$(mktemp -d) && trap 'rm -rf "$$copy"' EXIT && cp -R speedups "$$copy" && rm -f "$$copy"/speedups/*/*.c && \
		$(BIN)/python -m pip wheel --quiet --disable-pip-version-check --no-deps --wheel-dir "$$copy/wheel" "$$copy/speedups" && \
		rm -rf $@ && mv "$$copy/wheel" $@
	@touch $@

speedups: $(WHEEL) ## Compile the loops over a head's fields into .venv (needs a C compiler and Python's headers)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --force-reinstall $(WHEEL)/*.whl

# Beside .venv's packages, for one run: what comes after it is interpreted as before.
BESIDE = $(VENV)/speedups
THROUGH_SPEEDUPS = $(addprefix tests/,property/test_speedups.py property/test_plain_heads.py \
	property/test_known_heads.py unit/dataplane/http1 unit/dataplane/server unit/dataplane/upstream golden conformance)

speedups-test: $(WHEEL) ## Test what reads and writes heads with these loops compiled
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --upgrade --target $(BESIDE) $(WHEEL)/*.whl
	@PYTHONPATH="$(CURDIR)/$(BESIDE)" $(BIN)/python tests/support/compiled_heads.py
	@PYTHONPATH="$(CURDIR)/$(BESIDE)" $(PYTEST) $(THROUGH_SPEEDUPS)

# make fuzz SECONDS=60 TARGET=tokens SEED=1
SECONDS ?= 30
fuzz: $(STAMP) ## Send random input to the doors that strangers reach (SECONDS=60 each, or INPUTS=1000; TARGET=tokens, SEED=1)
	@$(BIN)/python -m fuzz --seconds $(SECONDS) $(if $(INPUTS),--inputs $(INPUTS)) $(if $(SEED),--seed $(SEED)) $(TARGET)

fuzz-guided: $(STAMP) ## The same, guided by the coverage of our code, and keep what reaches more (SECONDS=600)
	-@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev,fuzz]'
	@$(BIN)/python -m fuzz --guided --seconds $(SECONDS) $(TARGET)

bench: $(STAMP) ## Measure a request beside other gateways, a reload, and compiling (needs nginx, wrk and two cores)
	-@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev,bench]'
	@$(BIN)/python -m bench.compare
	@$(BIN)/python -m bench.reload
	@$(BIN)/python -m bench.scale

guard: $(STAMP) ## Fail when a request costs a quarter more processor time than it did
	@$(BIN)/python -m bench.guard

bench-cluster: $(STAMP) ## Measure the operator with few and with many objects (gets an API server as cluster-test does)
	@$(PROGRAMS) cluster
	@PYTHONPATH=tests/support $(BIN)/python -m bench.cluster
	@PYTHONPATH=tests/support $(BIN)/python -m bench.cluster --routes 10000 --credentials 50000

docs: $(STAMP) ## Write the generated pages of docs, and the chart's README, anew
	@$(BIN)/python docs/build_reference.py
	@$(BIN)/python docs/build_modules.py
	@$(BIN)/python helm/build_chart.py

build: $(STAMP) ## Build the wheel into dist
	@rm -f dist/postern_gateway-*.whl
	@$(BIN)/python -m pip wheel --quiet --no-deps --wheel-dir dist .

image: build ## Build the container image with Docker (IMAGE=name:tag)
	docker build --tag $(IMAGE) --build-arg VERSION=$(VERSION) --build-arg REVISION=$$(git rev-parse HEAD) .

clean: ## Remove what make has made
	@rm -rf $(VENV) dist htmlcov .coverage .coverage.* .mypy_cache .pytest_cache .ruff_cache .hypothesis
