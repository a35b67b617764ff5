# Everything a developer types. Each target makes and fills .venv by itself when needed.

PYTHON ?=
WORKERS ?= 2
ARGS ?=
BIN := .venv/bin

# pyright is a Node program: its package brings a Node of its own, and says so at length.
export PYRIGHT_PYTHON_IGNORE_WARNINGS := 1

.PHONY: help demo test check layout style mypy pyright layers bench bench-trust torture sim sim-scale mutants mutation lock clean

help: ## what can be made
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-11s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: .venv/ready ## two traders meet, deal and vouch, before your eyes
	$(BIN)/python -m tests.demo $(ARGS)

test: .venv/ready ## the tests (ARGS=… for pytest, WORKERS=… processes)
	$(BIN)/python -m pytest -n $(WORKERS) --dist loadfile $(ARGS)

check: layout style mypy pyright layers ## all that can be told without running it (-k: to the end)
layout: .venv/ready
	$(BIN)/ruff format --check .
style: .venv/ready
	$(BIN)/ruff check .
mypy: .venv/ready
	$(BIN)/mypy
pyright: .venv/ready
	$(BIN)/pyright
layers: .venv/ready
	$(BIN)/lint-imports

bench: .venv/ready ## how fast, on this machine
	$(BIN)/python -m tests.bench $(ARGS)

bench-trust: .venv/ready ## whether trust is right, on the real ratings that GOODWORD_DATA holds
	$(BIN)/python -m tests.bench.trust $(ARGS)

torture: .venv/ready ## many nodes, bad networks and worse neighbours
	$(BIN)/python -m tests.torture $(ARGS)

# One hash seed, so that a world is the same again even where a set is gone through.
sim sim-scale mutants: export PYTHONHASHSEED := 0

sim: .venv/ready ## a thousand random networks in memory (ARGS="--seed 7" tells one)
	$(BIN)/python -m tests.sim $(ARGS)

sim-scale: .venv/ready ## 300 to 10,000 light nodes, with the churn of a measured market
	nice $(BIN)/python -m tests.scale $(ARGS)

mutants: .venv/ready ## the same with planted bugs, each of which must be found
	$(BIN)/python -m tests.sim.hunt $(ARGS)

mutation: .venv/ready ## break the rules of orders in every small way; a test must notice
	nice $(BIN)/python -m tests.mutation $(ARGS)

# One lock for Python 3.11 to 3.13 on Linux and macOS, with a hash for every file.
lock: ## take the newest versions that fit into requirements.lock
	@lock=$$(mktemp -d) && trap 'rm -rf "$$lock"' EXIT && \
	$(or $(PYTHON),python3) -m venv "$$lock" && "$$lock/bin/python" -m pip install --quiet uv && \
	TMPDIR="$$lock" "$$lock/bin/uv" pip compile pyproject.toml --extra mdns --group dev --upgrade --quiet \
	    --universal --python-version 3.11 --generate-hashes --no-annotate \
	    --no-emit-index-url \
	    --custom-compile-command 'make lock' --output-file requirements.lock

clean: ## remove all that was made, .venv too
	rm -rf .venv build dist *.egg-info .*_cache .hypothesis .coverage
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

.venv/ready: requirements.lock pyproject.toml .ci/set-up
	@PYTHON="$(PYTHON)" .ci/set-up
