# Two commands do everything: `make run` and `make test`. `make help` lists the rest.
# Needed beforehand: Python 3.11 or newer, and make.

ifeq ($(origin PYTHON), undefined)
PYTHON := $(shell for python in python3 python3.14 python3.13 python3.12 python3.11 python; do \
	"$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 && echo "$$python" && break; done)
endif
ENV := .venv/bin/python
ARGS ?=
NAME ?=

.DEFAULT_GOAL := help
.PHONY: help run stop test bench setup migrate shell format lock clean python

help: ## list these commands
	@awk -F ':.*## ' '/^[a-z]+:.*## /{printf "  make %-10s %s\n", $$1, $$2}' Makefile

run: setup ## start the portal with all it needs; Ctrl-C stops it (HANDOFF_PORT=8001 for another port)
	@exec $(ENV) -m config.embedded.run

stop: ## stop a portal that runs in this folder, from another terminal
	@if [ -x $(ENV) ]; then exec $(ENV) -m config.embedded.halt; fi

test: setup ## lint, types, import contracts, deployment checks and all tests (ARGS="-k name" for some)
	@exec $(ENV) -m config.embedded.check $(ARGS)

bench: setup ## measure against the demanded figures (NAME=claim for one benchmark)
	@exec $(ENV) -m tests.bench $(NAME)

setup: python ## environment, locked packages, front-end packages, static files
	@exec "$(PYTHON)" -m config.embedded.setup

migrate: setup ## bring the local database up to date
	@exec $(ENV) -m config.embedded.session migrate $(ARGS)

shell: setup ## a Python prompt with the portal loaded
	@exec $(ENV) -m config.embedded.session shell $(ARGS)

format: setup ## put all Python files into the project's form
	@.venv/bin/ruff check --fix-only --quiet . ; .venv/bin/ruff format .

lock: setup ## choose newer packages and write the lock files
	@exec $(ENV) -m config.embedded.lockfiles write

clean: stop ## remove var/, .venv/ and node_modules/ of this folder, and all data in them
	@rm -rf var .venv node_modules

python:
	@if [ -z "$(PYTHON)" ]; then \
		echo "Handoff needs Python 3.11 or newer, and this machine has none; install one, or say: make run PYTHON=/path/to/python3.11" >&2; exit 1; \
	elif ! "$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
		echo "Handoff needs Python 3.11 or newer; $(PYTHON) is too old or does not run." >&2; exit 1; \
	fi
