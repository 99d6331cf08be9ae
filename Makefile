# Three commands do everything on a machine with Python >= 3.11 and make:
#
#   make verify    set up, then verify this repository's own rehearsal launch; ends in a pass
#   make check     set up, then lint, types, import contracts and the core's tests: two minutes
#   make test      set up, then run every test, with the coverage gate of aztrust/core
#
# The environment is .venv; it is brought up to date when a requirement file changes.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

# The policy digest of the rehearsal launch. It is here and in README.md, not in manifests/,
# because an anchor that travels with what it anchors proves nothing.
ANCHOR := sha256:6c0d3aecd53f989fb4d50c003a23a99f4602861c96f01fb522b2c311ff9aa772

# Seconds for all fuzz targets together; each continues from the corpus of the last run.
FUZZ_SECONDS ?= 1200
FUZZ_TARGETS := $(filter-out fuzz/_%,$(wildcard fuzz/*.py))

# Only hashed wheels: a source distribution would fetch its build tools unhashed and run them. The
# files are complete, so nothing is resolved: pip would look at newer versions than the pinned one.
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
LOCKED := --require-hashes --no-deps --only-binary=:all:
INSTALL := $(PIP) install $(LOCKED)

.DELETE_ON_ERROR:
.PHONY: always rehearsal recording verify check test lint architecture mutation fuzz bench docs fixtures readme dist wheel binary wheelhouse versions \
    requirements \
    consumers-tools clean help

help:
	@sed -n 's/^#   //p' Makefile
	@echo "also: lint architecture mutation fuzz bench docs fixtures readme rehearsal recording dist wheel binary wheelhouse versions"
	@echo "      requirements consumers-tools clean"

verify: $(VENV)/.run
	$(BIN)/aztrust -C . verify --anchor $(ANCHOR)

test: $(VENV)/.dev
	$(BIN)/python -m pytest -n auto --dist worksteal --cov

# What a change is tried with before `make test`. It leaves to `make test`: the other rooms' tests
# (command line, acts, storage, reports, properties, consumers, hosts, wheels), every attack after
# the first of each finding code, what compiles programs, and the coverage gate.
CHECKED := tests/architecture tests/core tests/repository tests/signers tests/cases

check: lint
	$(BIN)/python -m pytest -q -n auto --dist worksteal -m "not slow" $(CHECKED)

lint: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache

architecture: $(VENV)/.dev
	$(BIN)/python -m pytest -q tests/architecture

# Changes to the security checks that a test must notice: tools/mutation/table.toml, docs/mutation.md.
mutation: $(VENV)/.dev
	$(BIN)/python -m tools.mutation

fuzz: $(VENV)/.fuzz
	@mkdir -p .fuzz; for target in $(FUZZ_TARGETS); do \
	    name=$$(basename $$target .py); echo "fuzz $$name"; mkdir -p .fuzz/$$name; \
	    $(BIN)/python $$target .fuzz/$$name $$(ls -d fuzz/seeds/$$name 2>/dev/null) \
	        -artifact_prefix=.fuzz/$$name- -verbosity=0 -print_final_stats=1 \
	        -max_total_time=$$(( $(FUZZ_SECONDS) / $(words $(FUZZ_TARGETS)) )) || exit 1; \
	done

bench: $(VENV)/.bench
	$(BIN)/python -m benchmarks
	$(BIN)/python -m benchmarks.observers

docs: $(VENV)/.dev
	$(BIN)/python tools/conformance.py
	$(BIN)/python tools/schemas.py
	$(BIN)/python tools/checks.py
	$(BIN)/python tools/records.py
	$(BIN)/python tools/window.py
	$(BIN)/python tools/man.py
	$(BIN)/python tools/terminal.py

fixtures: $(VENV)/.run
	$(BIN)/python -m fixtures.regenerate

# The launch of docs/tutorial-launch.md with real nodes, typed in this checkout.
rehearsal: $(VENV)/.run
	$(PYTHON) tools/readme.py docs/tutorial-launch.md

# The same, recorded for readers. Its times and digests are others each time.
recording: $(VENV)/.run
	$(PYTHON) tools/readme.py --record docs/tutorial-launch.cast docs/tutorial-launch.md

readme:
	$(PYTHON) tools/readme.py

dist: $(VENV)/.run
	$(BIN)/python tools/dist.py

# The wheel, run by uvx and by pipx in an empty home.
wheel: dist $(VENV)-tools/.done
	$(VENV)-tools/bin/python tools/from_wheel.py

# One executable without Python, and the same program for hosts without a network: docs/install.md.
binary: dist $(VENV)-binary/.done
	$(BIN)/python -m tools.binary.build
	$(BIN)/python -m tools.binary.trial

wheelhouse: dist
	$(BIN)/python tools/wheelhouse.py

# One launch, judged with the oldest and with the newest version of every dependency.
versions: $(VENV)/.run
	$(BIN)/python tools/versions.py

requirements:
	$(PYTHON) -m venv $(VENV)-lock
	$(VENV)-lock/bin/python -m pip --quiet install --require-hashes -r requirements/lock.txt
	sh requirements/compile.sh $(CURDIR)/$(VENV)-lock/bin/uv $(UPGRADE)

# The programs of docs/consumers.md, which read verdicts without aztrust: from PyPI, npm and Go, in
# exactly the versions and hashes of requirements/consumers.txt and contrib/consumers; no script of
# a package is run. One target each, so that one that cannot be had keeps no other away. An empty Go
# cache makes cosign a matter of minutes.
GO_INSTALL := GOBIN=$(CURDIR)/.tools GOTOOLCHAIN=local GOWORK=off \
    GOFLAGS='-trimpath -buildvcs=false -mod=readonly' go install tool

consumers-tools: $(VENV)-consumers/.done .tools/npm.done .tools/slsa-verifier.done .tools/cosign.done \
    .tools/fsck.done .tools/bagit-java.done

.tools/npm.done: contrib/consumers/package.json contrib/consumers/package-lock.json
	@mkdir -p .tools/npm
	cp $^ .tools/npm
	cd .tools/npm && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
	@touch $@

.tools/%.done: contrib/consumers/%/go.mod contrib/consumers/%/go.sum
	@mkdir -p .tools
	cd contrib/consumers/$* && $(GO_INSTALL)
	@touch $@

# The Library of Congress's validator of bags, from Maven, for tests/archive. No jar is loaded before its
# digest is the known one.
BAGIT_JAVA := contrib/consumers/bagit-java
.tools/bagit-java.done: $(BAGIT_JAVA)/pom.xml $(BAGIT_JAVA)/BagCheck.java $(BAGIT_JAVA)/SHA256SUMS
	@rm -rf .tools/bagit-java && mkdir -p .tools/bagit-java
	cp $^ .tools/bagit-java
	cd .tools/bagit-java && mvn --batch-mode --quiet -DoutputDirectory=. \
	    org.apache.maven.plugins:maven-dependency-plugin:2.8:copy-dependencies
	cd .tools/bagit-java && sha256sum --check --strict --quiet SHA256SUMS && javac -cp '*' BagCheck.java
	@touch $@

# Reads the workflows of docs/ci.md.
.tools/actionlint.done: requirements/actionlint/go.mod requirements/actionlint/go.sum
	@mkdir -p .tools
	cd requirements/actionlint && $(GO_INSTALL)
	@touch $@

# The node of tests/live, built anew only where its source, its modules or Go itself are others.
.tools/azlive.done: tests/live/node/main.go tests/live/node/go.mod tests/live/node/go.sum .tools/go.version
	cd tests/live/node && GOTOOLCHAIN=local GOWORK=off GOFLAGS='-trimpath -buildvcs=false -mod=readonly' \
	    go build -ldflags '-s -w' -o $(CURDIR)/.tools/azlive .
	@touch $@

# The beacon node of tests/live, from npm: exactly the versions and hashes of its lock; no script of a
# package is run.
.tools/lodestar.done: tests/live/beacon/package.json tests/live/beacon/package-lock.json tests/live/beacon/preload.cjs
	@mkdir -p .tools/lodestar
	cp $^ .tools/lodestar
	cd .tools/lodestar && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
	@touch $@

.tools/go.version: always
	@mkdir -p .tools
	@go env GOVERSION GOOS GOARCH > $@.new && { cmp -s $@.new $@ && rm $@.new || mv $@.new $@; }

clean:
	rm -rf $(VENV) $(VENV)-lock $(VENV)-tools $(VENV)-binary $(VENV)-ansible $(VENV)-consumers $(VENV)-workflows .tools .fuzz .pytest_cache .mypy_cache .ruff_cache .mutation .hypothesis dist

$(VENV)/.run: requirements/run.txt requirements/build.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.version_info >= (3, 11) or sys.exit("aztrust needs Python 3.11 or newer, this is " + sys.version.split()[0] + ": make PYTHON=python3.12 $(MAKECMDGOALS)")'
	$(PYTHON) -m venv $(VENV)
	$(INSTALL) -r requirements/run.txt -r requirements/build.txt
	$(PIP) install --no-deps --no-index --no-build-isolation --editable .
	@touch $@

$(VENV)/.dev: $(VENV)/.run requirements/dev.txt
	$(INSTALL) -r requirements/dev.txt
	@touch $@

$(VENV)/.fuzz: $(VENV)/.dev requirements/fuzz.txt
	$(INSTALL) -r requirements/fuzz.txt
	@touch $@

$(VENV)/.bench: $(VENV)/.dev requirements/bench.txt
	$(INSTALL) -r requirements/bench.txt
	@touch $@

# Programs that are tried with aztrust, each next to it and not in its environment.
$(VENV)-%/.done: requirements/%.txt
	$(PYTHON) -m venv $(VENV)-$*
	$(VENV)-$*/bin/python -m pip --disable-pip-version-check --quiet install \
	    $(LOCKED) -r $<
	@touch $@
