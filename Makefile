# `make help` says what there is. Everything lands in .venv and .playground; nothing else on the machine is touched,
# except that `make test` installs Chromium by apt where there is none and it may.

ifndef PYTHON
PYTHON := $(shell for p in python3 python3.13 python3.12 python3.11; do \
	LC_ALL=C $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
endif
BIN := .venv/bin
# One more than there are cores: many tests wait for what they are about.
WORKERS ?= $(shell expr $$(getconf _NPROCESSORS_ONLN) + 1)
TRY := .venv/.try
READY := .venv/.ready
TOOLS := .venv/tools/.ready
TOOLS_BIN := .venv/tools/bin
MUTANTS := .venv/mutants/.ready
MUTANTS_BIN := .venv/mutants/bin
GUARDS := $(addprefix bot/desk/,$(addsuffix .py,\
	stepup strangers requester alarms intent approvals proving identity acts passwords \
	agents colleagues callers behalf))
LOCKED := --quiet --upgrade --universal --python-version 3.11 \
	--generate-hashes --no-header --no-emit-index-url --no-emit-find-links
COMPILE := $(BIN)/uv pip compile pyproject.toml $(LOCKED)

# Every test of a whole errand starts the bot: what was compiled once is kept, also where the shell says otherwise.
export PYTHONDONTWRITEBYTECODE :=

.DEFAULT_GOAL := help
.PHONY: help try test chaos bench mutants guards lint format lock audit wheel sbom clean

help: ## Say what there is
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

try: $(if $(wildcard $(READY)),$(READY),$(TRY)) ## Try the desk on this machine, in a browser; no account needed
	@$(BIN)/python app.py playground

test: $(READY) ## Run all tests, those in a real browser too
	@LC_ALL=C .ci/browser
	@$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal $(ARGS)

bench: $(READY) ## Measure against the peers, and write docs/figures.md (Linux, as root)
	@$(BIN)/python -m bench --write $(ARGS)

chaos: $(READY) ## Break everything at once for a quarter of an hour (SEED=... ERRANDS=... CROWD=... repeat or shorten it)
	@$(BIN)/python -W ignore::RuntimeWarning -m tests.chaos

mutants: $(MUTANTS) ## Put mistakes into what decides about accounts, one by one: which does no test notice?
	@$(MUTANTS_BIN)/mutmut run $(ARGS) && $(MUTANTS_BIN)/mutmut results

guards: $(READY) ## Put mistakes into the desk's guards (ARGS="bot/desk/stepup.py:40-60 -- TESTS"): which does no law notice?
	@$(BIN)/python -m tests.mutants $(or $(ARGS),$(GUARDS))

lint: $(READY) ## Check style and types
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy

format: $(READY) ## Put the code into the project's style
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

lock: $(READY) ## Choose the newest versions that pyproject.toml allows, with their hashes
	@$(COMPILE) --output-file requirements.lock >/dev/null
	@$(COMPILE) --extra test --constraint requirements.lock --output-file requirements-dev.lock >/dev/null
	@$(COMPILE) --extra playground --constraint requirements-dev.lock --output-file requirements-playground.lock >/dev/null
	@$(BIN)/uv pip compile .ci/audit.in $(LOCKED) --constraint requirements-dev.lock --output-file .ci/audit.lock >/dev/null
	@$(BIN)/uv pip compile .ci/mutants.in $(LOCKED) --constraint requirements-dev.lock --output-file .ci/mutants.lock >/dev/null
	@cd bench/peers; for peer in *.in; do ../../$(BIN)/uv pip compile $$peer $(LOCKED) --output-file $${peer%.in}.lock >/dev/null; done

audit: $(TOOLS) ## Look for known vulnerabilities in everything that is locked
	@$(TOOLS_BIN)/python .ci/audit.py

wheel: $(READY) ## Build the wheel, and lay the locked requirements beside it, in dist
	@rm -rf build *.egg-info && mkdir -p dist
	@$(BIN)/python -m pip wheel --quiet --no-build-isolation --no-deps --no-index --wheel-dir dist .
	@cp requirements.lock dist && rm -rf build *.egg-info
	@ls dist/*.whl

sbom: $(TOOLS) ## Write what production is made of, as CycloneDX, to dist/sbom.json
	@mkdir -p dist
	@version=$$($(BIN)/python -c 'import bot; print(bot.__version__)'); \
		sed "s/^dynamic = .*/version = \"$$version\"/" pyproject.toml > dist/pyproject.toml
	@PYTHONWARNINGS=ignore $(TOOLS_BIN)/cyclonedx-py requirements requirements.lock --pyproject dist/pyproject.toml \
		--output-reproducible --output-file dist/sbom.json
	@rm dist/pyproject.toml
	@echo "Wrote dist/sbom.json."

clean: ## Forget the playground's data and what tools cached
	@rm -rf .playground .mypy_cache .pytest_cache .ruff_cache .hypothesis

$(TOOLS): .ci/audit.lock $(READY)
	@$(BIN)/python -m venv .venv/tools
	@$(TOOLS_BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r .ci/audit.lock
	@touch $(TOOLS)

# A venv of its own that sees the project's too: what runs the tests here is locked apart from what the tests need.
$(MUTANTS): .ci/mutants.lock $(READY)
	@$(BIN)/python -m venv .venv/mutants
	@$(MUTANTS_BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r .ci/mutants.lock
	@$(MUTANTS_BIN)/python -c 'import sys, sysconfig; open(sysconfig.get_path("purelib") + "/desk.pth", "w").write(sys.argv[1])' \
		"$$($(BIN)/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')"
	@touch $(MUTANTS)

# What running needs, and what working on it needs besides; who has the second needs no first.
$(TRY): requirements-playground.lock
	@PYTHON="$(PYTHON)" LC_ALL=C .ci/install $<
	@touch $@

$(READY): requirements-dev.lock
	@PYTHON="$(PYTHON)" LC_ALL=C .ci/install $<
	@touch $@
