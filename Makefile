# Every target sets up its own environment in .venv; nothing outside this folder is touched.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
WITH_SPARK := $(VENV)/.installed-spark
WORKERS ?= 2
# One thread a worker: the numerical libraries would otherwise start a pool in each of them.
# Bytecode is kept: where the environment forbids it, every process that a test starts would compile leadq anew.
THREADS := PYTHONDONTWRITEBYTECODE= OMP_NUM_THREADS=1 OMP_WAIT_POLICY=PASSIVE OPENBLAS_NUM_THREADS=1 MKL_NUM_THREADS=1

.PHONY: help
help: ## Say what can be made
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(STAMP): pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check uv
	$(BIN)/uv pip install --quiet --compile-bytecode --python $(BIN)/python -c constraints.txt -e '.[dev,postgres,salesforce]'
	@touch $@

# Spark is 450 MB that only its tests and the types need.
$(WITH_SPARK): $(STAMP)
	$(BIN)/uv pip install --quiet --compile-bytecode --python $(BIN)/python -c constraints.txt -e '.[dev,postgres,salesforce,spark]'
	@touch $@

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
test: $(WITH_SPARK) ## All quick tests (under 10 minutes on 2 cores)
	$(THREADS) $(BIN)/python -m pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder -q -m "not acceptance"

.PHONY: lint
lint: $(WITH_SPARK) ## Rules, format, types, and the order of the rooms
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

.PHONY: acceptance
acceptance: $(WITH_SPARK) ## The long promises: many seeds, many kills
	LEADQ_ACCEPTANCE=1 $(THREADS) $(BIN)/python -m pytest -n $(WORKERS) -q -m "acceptance or law"

.PHONY: bench
bench: $(STAMP) ## Benchmarks behind docs/evidence.md (about an hour and a half on 2 cores; goes on where it stopped)
	mkdir -p .bench
	$(THREADS) $(BIN)/python -m benchmarks.truth
	for name in acceptance_test promotion_gate leak_checks refreshed_anchor real_leads faithful_reasons; do \
	  $(THREADS) $(BIN)/python -m benchmarks.$$name --write .bench/$$name.md; done
	$(BIN)/python -m benchmarks.evidence --write docs/evidence.md

.PHONY: performance
performance: demo ## Benchmarks behind docs/performance.md, side by side (about 45 minutes on 2 idle cores)
	mkdir -p .bench
	$(THREADS) $(BIN)/python -m benchmarks.explainers .bench/explainers --write .bench/explainers.md
	for name in features_at_scale feature_rivals; do $(THREADS) $(BIN)/python -m benchmarks.$$name --write .bench/$$name.md; done
	$(THREADS) $(BIN)/python -m benchmarks.whole_night
	$(THREADS) $(BIN)/python -m benchmarks.desk .bench/desk --write .bench/desk.md
	$(THREADS) $(BIN)/python -m benchmarks.nightly
	$(BIN)/python -m benchmarks.performance --date $$(date -u +%F) --write docs/performance.md
