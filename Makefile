# Each command sets up .venv on its first use, and again when what it needs has changed.
# Another Python than python3:  make setup PYTHON=python3.12

PYTHON = python3
UV := $(shell command -v uv 2>/dev/null)
RUN = .venv/bin/python -m
READY = .venv/.ready

# Compiled modules are kept: servers and tests start several times as fast.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: setup lab demo test test-fast test-security conformance evaluate lint bench bench-data \
	check-ollama lock
.DEFAULT_GOAL := setup

setup: $(READY)

lab: $(READY)
	$(RUN) jupyterlab notebooks/01_cell_by_cell_demo.ipynb

demo: $(READY)
	$(RUN) mcp_kernel_tools demo

test: $(READY)
	$(RUN) pytest

# Without what looks at every single test, which takes longer than most of them do.
FAST = --hypothesis-profile=fast -o faulthandler_timeout=0 \
	-p no:logging -p no:anyio -p no:platformdirs

# In memory where there is such a folder: waiting for the disk is a tenth of the time.
test-fast: export PYTEST_DEBUG_TEMPROOT = $(wildcard /dev/shm)
test-fast: $(READY)
	$(RUN) pytest -q -m "not slow and not model and not browser" $(FAST)

# What attackers and faults meet, as tables; the long runs: make test-security ARGUMENTS=--long
test-security: $(READY)
	$(RUN) pytest tests/security tests/server/test_parity.py -q -s -o faulthandler_timeout=1800 $(ARGUMENTS)

# The protocol's own suite and its Inspector, with Node 22 or newer.
CONFORMANCE = .cache/conformance
SUITE = $(CONFORMANCE)/.suite-0.1.16-inspector-2.12.0

conformance: $(READY) $(SUITE)
	$(RUN) tests.conformance

$(SUITE):
	npm install --silent --no-save --no-package-lock --prefix $(CONFORMANCE) \
		@modelcontextprotocol/conformance@0.1.16 @modelcontextprotocol/inspector@2.12.0
	@touch $@

lint: $(READY)
	$(RUN) ruff check .
	$(RUN) ruff format --check .
	$(RUN) mypy
	.venv/bin/lint-imports
	$(RUN) tests.notebook_rule --check

bench: $(READY)
	$(RUN) tests.benchmarks

bench-data: $(READY)
	$(RUN) tests.benchmarks.bench_data

# How well the search finds and the grounding checks, on labelled sets.
evaluate: $(READY)
	$(RUN) tests.evaluation.search_quality
	$(RUN) tests.evaluation.evaluate

check-ollama: $(READY)
	$(RUN) tests.check_ollama

# Everything is installed from the lock, by hash; what builds this package is in the lock too.
$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.version_info >= (3, 11) or sys.exit("Python 3.11 or newer is needed, such as: make setup PYTHON=python3.12")'
ifdef UV
	uv venv --quiet --allow-existing --python $(PYTHON) .venv
	uv pip install --quiet --python .venv --require-hashes -r requirements.lock
	uv pip install --quiet --python .venv --no-deps --no-build-isolation -e .
else
	$(PYTHON) -m venv .venv
	$(RUN) pip install --quiet --require-hashes -r requirements.lock
	$(RUN) pip install --quiet --no-deps --no-build-isolation -e .
endif
	$(RUN) server fetch-model
	@touch $@

# For every platform and Python, from pyproject.toml; `make lock UPGRADE=--upgrade` takes newer ones.
lock:
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes $(UPGRADE) \
		--no-annotate --no-emit-index-url --no-emit-find-links --custom-compile-command "make lock" \
		--group dev --output-file requirements.lock pyproject.toml
