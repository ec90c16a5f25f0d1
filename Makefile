# The one place where the project's tasks are written down. `make` alone lists them.
# Needs python3 (3.11 or newer, with its venv module), make and git; everything else goes into .venv*.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory --no-builtin-rules

# PYTHON=/path/to/python3.12 chooses another one than the newest found.
PYTHON ?= $(shell for p in python3.13 python3.12 python3.11 python3; do \
	$$p -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo $$p; break; }; done)

# Old versions of pip tell of newer ones, and warn of root: neither helps here.
PIP = -m pip --disable-pip-version-check install --quiet --root-user-action=ignore

DEV    := .venv
DEMO   := $(if $(wildcard .venv/.ready),.venv,.venv-demo)
LOWEST := .venv-lowest

# One more than there are processors: many tests wait for another process.
WORKERS ?= $(shell echo $$(( $$(nproc 2>/dev/null || echo 1) + 1 )))

# Where `make stress` looks; nothing is everywhere. The build machine has tests/stress alone.
STRESS ?=

# Where it is set, each of some thousand processes compiles the same files anew.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help demo test stress quick lint image-test deb torture soak bench counts new-counts lowest schema catalogue reference pins hashes audit-pins wheel sbom clean
.DEFAULT_GOAL := help

help: ## list these targets
	@echo "syncd keeps the resources of data.gouv.fr equal to the files dropped in S3 buckets."
	@echo
	@sed -nE 's/^([a-z-]+):.*## (.*)/  make \1|\2/p' $(firstword $(MAKEFILE_LIST)) | column -t -s '|' 2>/dev/null \
		|| sed -nE 's/^([a-z-]+):.*## (.*)/  make \1  \2/p' $(firstword $(MAKEFILE_LIST))

demo: $(DEMO)/.ready ## watch files travel from a bucket to a portal, both on this machine (again: nothing is sent twice)
	@$(DEMO)/bin/python -m syncd demo

test: lint $(DEV)/.ready ## lint, then the tests, with the real portal software and a real S3 server
	@$(DEV)/bin/python -m pytest -n $(WORKERS) --dist worksteal -m 'not stress'

quick: $(DEV)/.ready ## unit tests only: no servers, seconds
	@$(DEV)/bin/python -m pytest -n auto -m 'not stress' tests/unit

lint: $(DEV)/.ready ## style, types, which room may import which, and the files of deploy/
	@$(DEV)/bin/python -m ruff check .
	@$(DEV)/bin/python -m ruff format --check .
	@$(DEV)/bin/python -m mypy
	@$(DEV)/bin/lint-imports
	@$(DEV)/bin/python -m tests.packaging.deploy

image-test: $(DEV)/.ready ## build the image and the Debian package, run both as in production, and check them (needs root and Debian's packages)
	@$(DEV)/bin/python -m tests.packaging.image
	@$(DEV)/bin/python -m tests.packaging.deb

deb: $(DEV)/.ready ## make the Debian package in dist/, of the libraries in .venv (DEB="--revision 2")
	@$(DEV)/bin/python -m tools.deb $(DEB)

stress: $(DEV)/.ready ## what `make test` has in short: kills, faults on the wire, random histories, sweeps, soak, every example (minutes)
	@$(DEV)/bin/python -m pytest -n $(WORKERS) --dist worksteal -m 'stress or hypothesis' --hypothesis-profile full $(STRESS)

torture: $(DEV)/.ready ## kills, faults on the wire and random histories, in full (an hour or so); then every command from its cold start
	@SYNCD_TEST_TORTURE=1 $(DEV)/bin/python -m pytest -s --timeout 7200 tests/stress
	@SYNCD_TEST_INSTALLED=1 $(DEV)/bin/python -m pytest -n $(WORKERS) --dist worksteal tests/e2e

soak: $(DEV)/.ready ## 600 cycles of the service with random faults: memory, descriptors and threads must stay flat
	@SYNCD_TEST_SOAK_CYCLES=600 $(DEV)/bin/python -m pytest -s --timeout 900 tests/stress/test_soak.py

bench: $(DEV)/.ready ## syncd beside curl, boto3, rclone and others, held to its promises: benchmarks/RESULTS.md (BENCH="idle --runs 1", AGAINST=REV)
	@$(DEV)/bin/python -m benchmarks $(BENCH) $(if $(AGAINST),--against $(AGAINST))

counts: $(DEV)/.ready ## hold the instructions of four small jobs to benchmarks/counted/counts.json: more than 5 % more fails
	@$(DEV)/bin/python -m benchmarks.counted

new-counts: $(DEV)/.ready ## write those figures anew, after a change that may cost what it costs
	@$(DEV)/bin/python -m benchmarks.counted --write

lowest: $(LOWEST)/.ready ## unit and cycle tests (but the sweep, and sentences) on the lowest versions that pyproject.toml allows
	@$(LOWEST)/bin/python -m pytest -n $(WORKERS) -p no:cacheprovider $(if $(EVERY_NTH),-p tests.support.every_nth) -m 'not stress' tests/unit tests/sync tests/contract/ledger/test_postgresql.py \
		--ignore tests/sync/test_sweep.py --ignore tests/unit/text \
		--deselect tests/unit/project/test_layers.py::test_imports_point_downward

schema: $(DEV)/.ready ## write config/manifest.schema.json anew
	@$(DEV)/bin/python -m syncd schema > config/manifest.schema.json.new
	@mv config/manifest.schema.json.new config/manifest.schema.json

catalogue: $(DEV)/.ready ## after a new sentence: bring the French catalogue up to date, and say what has no French form yet
	@$(DEV)/bin/python -m tools.french_catalogue

reference: catalogue ## after a change of settings, manifest, guards, commands or metrics: write their tables in docs/reference anew
	@$(DEV)/bin/python -m tools.reference

pins: ## write constraints.txt anew, with the newest versions that fit, then the hashes (then: make test)
	@rm -rf .venv-pins && $(PYTHON) -m venv .venv-pins
	@.venv-pins/bin/python $(PIP) -e '.[dev]'
	@grep '^#' constraints.txt > constraints.txt.new
	@.venv-pins/bin/python -m pip freeze --disable-pip-version-check --exclude-editable \
		| awk -F== 'NF == 2 { name = tolower($$1); gsub(/[-_.]+/, "-", name); print name "==" $$2 }' \
		| LC_ALL=C sort -t= -k1,1 >> constraints.txt.new
	@mv constraints.txt.new constraints.txt && rm -rf .venv-pins
	@$(MAKE) hashes

# What is shipped, and what builds it: the pins that a stranger's machine installs. uv asks UV_DEFAULT_INDEX for another registry.
PINNED = echo hatchling | .venv-uv/bin/uv pip compile --quiet pyproject.toml - --extra oidc --extra postgresql \
	--constraint constraints.txt --universal --python-version 3.11 --no-header --no-annotate
hashes: $(DEV)/.ready ## after a change of constraints.txt: write constraints.hashes.txt and the tables of docs/dependances.md anew
	@rm -rf .venv-uv && $(PYTHON) -m venv .venv-uv && .venv-uv/bin/python $(PIP) uv
	@grep '^#' constraints.hashes.txt > constraints.hashes.txt.new
	@$(PINNED) --generate-hashes >> constraints.hashes.txt.new
	@$(PINNED) --format pylock.toml --output-file .venv-uv/pylock.toml
	@mv constraints.hashes.txt.new constraints.hashes.txt
	@$(DEV)/bin/python -m tools.dependencies .venv-uv/pylock.toml && rm -rf .venv-uv

audit-pins: ## ask the package index for known vulnerabilities of what is shipped (pip-audit; fails where the index cannot tell)
	@rm -rf .venv-audit && $(PYTHON) -m venv .venv-audit && .venv-audit/bin/python $(PIP) pip-audit
	@.venv-audit/bin/pip-audit --strict --progress-spinner off --disable-pip --require-hashes --requirement constraints.hashes.txt
	@rm -rf .venv-audit

# One moment for all that a release is made of: the last commit's. For these commands alone: Python compiles otherwise with it.
MOMENT = SOURCE_DATE_EPOCH=$(or $(SOURCE_DATE_EPOCH),$(shell git log -1 --format=%ct 2>/dev/null),0)
ENGINE ?= $(if $(shell command -v docker),docker,podman)
wheel: $(DEV)/.ready ## build the wheel into dist/, the same bytes each time
	@$(MOMENT) $(DEV)/bin/python -m hatchling build -t wheel -d dist

sbom: wheel ## what is in the wheel's environment, and in an image (IMAGE=name): dist/*.cdx.json (CycloneDX)
	@$(MOMENT) $(DEV)/bin/python -m tools.sbom wheel dist
	@[ -z "$(IMAGE)" ] || $(MOMENT) $(DEV)/bin/python -m tools.sbom --engine "$(ENGINE)" image dist "$(IMAGE)"

clean: ## remove the environments, the demo's state and the caches
	rm -rf .venv .venv-demo .venv-lowest .demo .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# An environment is ready when its stamp is newer than what it was made from.
define new-environment
	@[ -n "$(PYTHON)" ] || { echo "No python3 of version 3.11 or newer with its venv module was found. On Debian: apt install python3-venv. Elsewhere: make PYTHON=/path/to/python3.12 …" >&2; exit 1; }
	@echo "Preparing $(@D) with $$($(PYTHON) --version); this takes a minute the first time." >&2
	@[ -x $(@D)/bin/python ] && $(@D)/bin/python -c '' 2>/dev/null || $(PYTHON) -m venv --clear $(@D)
endef

.venv/.ready: pyproject.toml constraints.txt
	$(new-environment)
	@$(@D)/bin/python $(PIP) -c constraints.txt -e '.[dev]'
	@touch $@

.venv-demo/.ready: pyproject.toml constraints.txt
	$(new-environment)
	@$(@D)/bin/python $(PIP) -c constraints.txt -e '.[demo]'
	@touch $@

# The lowest versions, and constraints.txt for all names that constraints-lowest.txt leaves open. Not `.[dev]`:
# its linters ask for newer versions of what syncd itself needs (import-linter: rich 14.2).
TEST_TOOLS = babel hatchling hypothesis jsonschema 'moto[s3]' flask flask-cors openpyxl pytest pytest-timeout pytest-xdist \
	croniter time-machine trustme
.venv-lowest/.ready: pyproject.toml constraints.txt constraints-lowest.txt
	$(new-environment)
	@awk -F== '/==/ && !seen[$$1]++' constraints-lowest.txt constraints.txt > $(@D)/constraints.txt
	@$(@D)/bin/python $(PIP) -c $(@D)/constraints.txt -e '.[demo,oidc,postgresql]' $(TEST_TOOLS)
	@touch $@
