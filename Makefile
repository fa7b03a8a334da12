# Every target sets up its own environment in .venv; nothing outside this folder is touched.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
WITH_SPARK := $(VENV)/.installed-spark
WITH_TRYTON := .venv-tryton/.installed
WITH_WHEEL := .venv-wheel/.installed
WORKERS ?= 2
# One thread a worker: the numerical libraries would otherwise start a pool in each of them.
# Bytecode is kept: where the environment forbids it, every process that a test starts would compile leadq anew.
THREADS := PYTHONDONTWRITEBYTECODE= OMP_NUM_THREADS=1 OMP_WAIT_POLICY=PASSIVE OPENBLAS_NUM_THREADS=1 MKL_NUM_THREADS=1

.PHONY: help
help: ## Say what can be made
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(STAMP): pyproject.toml constraints.txt hatch_build.py
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check uv
	$(BIN)/uv pip install --quiet --compile-bytecode --python $(BIN)/python -c constraints.txt -e '.[train,dev,postgres,salesforce,hubspot]'
	@touch $@

# Spark is 450 MB that only its tests and the types need.
$(WITH_SPARK): $(STAMP)
	$(BIN)/uv pip install --quiet --compile-bytecode --python $(BIN)/python -c constraints.txt -e '.[train,dev,postgres,salesforce,hubspot,spark]'
	@touch $@

# A real Tryton server, which is GPL and has pins of its own: an environment apart. Its database is made by the first test (a minute).
$(WITH_TRYTON): constraints-tryton.txt $(wildcard tryton_module/pyproject.toml tryton_module/*/*.* tryton_module/*/*/*.*) | $(STAMP)
	$(PYTHON) -m venv .venv-tryton
	@echo '*' > .venv-tryton/.gitignore
	$(BIN)/uv pip install --quiet --compile-bytecode --python .venv-tryton/bin/python -c constraints-tryton.txt \
	  --reinstall-package leadq-scores-tryton './tryton_module[setup]'
	@touch $@

.PHONY: tryton
tryton: $(WITH_TRYTON) ## Set up .venv-tryton with a Tryton server and leadq's module for it

.PHONY: install
install: $(STAMP) ## Set up .venv with the pinned versions

.PHONY: demo
demo: $(STAMP) ## Simulate a company, train, promote, score, explain one lead (folder demo/)
	$(BIN)/leadq demo --folder demo --leads 20000 --seed 7

.PHONY: pictures
pictures: demo ## Refresh the pictures of README and docs from the demo (the desk's with chromium)
	mkdir -p docs/pictures
	cp demo/reports/reliability.png demo/reports/tiers.png docs/pictures/
	$(BIN)/python -m benchmarks.desk_pictures demo docs/pictures

.PHONY: repro
repro: $(STAMP) ## The same training stages through DVC, on the simulated company of params.yaml
	@test -d .dvc || $(BIN)/dvc init --quiet --no-scm
	@$(BIN)/dvc config core.analytics false && $(BIN)/dvc config core.check_update false
	PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/dvc repro

.PHONY: test
test: $(STAMP) ## All quick tests (10 to 15 minutes on 2 cores)
	$(THREADS) $(BIN)/python -m pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder -q -m "not acceptance and not integration" --durations 25

# What a user installs: the wheel in an environment of its own. What it needs it finds in .venv, behind its own packages; that the
# wheel itself asks for all of it is tried by the fresh environments (tests/packaging).
$(WITH_WHEEL): $(WITH_SPARK) $(shell git ls-files foundation agreement crm features models serving pipelines leadq 2>/dev/null)
	rm -rf .venv-wheel
	$(PYTHON) -m venv --without-pip .venv-wheel
	$(BIN)/uv build --quiet --offline --no-build-isolation --python $(BIN)/python --out-dir .venv-wheel/dist .
	@echo '*' > .venv-wheel/.gitignore
	$(BIN)/uv pip install --quiet --no-deps --python .venv-wheel/bin/python .venv-wheel/dist/*.whl
	@for packages in .venv-wheel/lib/python*/site-packages; do \
	  echo "$(CURDIR)/$(VENV)/$${packages#.venv-wheel/}" > "$$packages/behind.pth"; done
	@touch $@

# First the built wheel, from a folder that holds no room and no leadq/: what is imported there can only be what was installed.
# Then real servers, environments made from nothing, and the version before the move.
.PHONY: integrations
integrations: wheel servers ## The built wheel, real servers, Spark, real data whole, fresh environments

.PHONY: wheel
wheel: $(WITH_WHEEL) ## The part of it that tries the built wheel, notebooks and Spark
	folder=$$(mktemp -d) && trap 'rm -rf "$$folder"' EXIT && cp -r tests benchmarks notebooks docs README.md pyproject.toml "$$folder" && \
	  cd "$$folder" && $(THREADS) $(CURDIR)/.venv-wheel/bin/python -m pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder -q -m "integration and not acceptance" --durations 12 \
	  tests/pipelines/cli tests/serving/desk tests/spark tests/notebooks

.PHONY: servers
servers: $(WITH_SPARK) $(WITH_TRYTON) ## The part of it that starts real servers and tries whole ways
	$(THREADS) $(BIN)/python -m pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder -q -m "integration and not acceptance" --durations 40 \
	  --ignore tests/spark --ignore tests/pipelines/cli --ignore tests/notebooks --ignore tests/serving/desk

.PHONY: lint
lint: $(WITH_SPARK) ## Rules, format, types, the order of the rooms, and what nothing uses
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m tests.layout.unused_names

.PHONY: commands
commands: $(STAMP) ## Make docs/commands.md anew out of the command line
	$(BIN)/python -m docs_site.commands_reference

.PHONY: docs
docs: $(STAMP) ## Build the documentation into site/, strictly; open site/index.html (no server, no network)
	$(BIN)/python -m docs_site.commands_reference --check
	NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --strict --quiet

.PHONY: acceptance
acceptance: $(WITH_SPARK) $(WITH_TRYTON) ## The long promises: many seeds, many kills
	LEADQ_ACCEPTANCE=1 $(THREADS) $(BIN)/python -m pytest -n $(WORKERS) -q -m "acceptance or law"

.PHONY: bench
bench: $(STAMP) ## Benchmarks behind docs/evidence.md (about an hour and a half on 2 cores; goes on where it stopped)
	mkdir -p .bench
	$(THREADS) $(BIN)/python -m benchmarks.truth
	for name in acceptance_test promotion_gate leak_checks refreshed_anchor real_leads faithful_reasons; do \
	  $(THREADS) $(BIN)/python -m benchmarks.$$name --write .bench/$$name.md; done
	$(BIN)/python -m benchmarks.evidence --write docs/evidence.md

.PHONY: performance
performance: demo $(WITH_TRYTON) ## Benchmarks behind docs/performance.md, side by side (about 45 minutes on 2 idle cores)
	mkdir -p .bench
	$(THREADS) $(BIN)/python -m benchmarks.explainers .bench/explainers --write .bench/explainers.md
	for name in features_at_scale feature_rivals; do $(THREADS) $(BIN)/python -m benchmarks.$$name --write .bench/$$name.md; done
	$(THREADS) $(BIN)/python -m benchmarks.whole_night
	$(THREADS) $(BIN)/python -m benchmarks.desk .bench/desk --write .bench/desk.md
	$(THREADS) $(BIN)/python -m benchmarks.nightly
	for name in delivery hubspot tryton; do $(THREADS) $(BIN)/python -m benchmarks.$$name --write .bench/$$name.md; done
	$(BIN)/python -m benchmarks.performance --date $$(date -u +%F) --write docs/performance.md
