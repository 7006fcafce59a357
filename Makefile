# Lectern. `make run` holds a class on this machine, `make test` proves that it works; `make help` lists the rest.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.NOTPARALLEL:

CARGO ?= cargo
# Versions are those of Cargo.lock, always.
CARGO_FLAGS ?= --locked
export CARGO_TARGET_DIR ?= $(CURDIR)/target
RELEASE := $(CARGO_TARGET_DIR)/release
# More arguments for the server of `make run`, for example ARGS='--set server.video_port=9001'.
ARGS ?=
# Parts of `make bench`, for example PARTS='line screen'; none: all.
PARTS ?=

# Server and client in one call, the media worker in another: in one call Cargo would unite their features, and the
# client would link OpenCV.
APPS := -p lectern-server -p lectern
WORKER := -p lectern-media
# Lint and tests look at all of it at once: one set of features, so that every dependency is built once. That the shipped
# programs are apart is a test of its own (tests/tests/architecture.rs).
EVERYTHING := --workspace --features lectern-media/make

.PHONY: help
help: ## Lists the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: deps
deps: ## Installs the system packages that building and the window need, where they are missing
	@scripts/deps build window

.PHONY: deps-test
deps-test: ## Installs the system packages that the tests need besides, where they are missing
	@scripts/deps build window test

.PHONY: build
build: deps ## Builds lectern-server, lectern and lectern-media in target/release
	$(CARGO) build $(CARGO_FLAGS) --release $(APPS)
	$(CARGO) build $(CARGO_FLAGS) --release $(WORKER) --features make

.PHONY: run
run: build ## Starts a class: sample lesson, server, and the instructor's window where there is a display
	@scripts/run "$(RELEASE)" $(ARGS)

.PHONY: test
test: deps-test ## Builds what the tests need and runs every test
	$(CARGO) build $(CARGO_FLAGS) $(EVERYTHING) --all-targets
	@scripts/test $(CARGO) test $(CARGO_FLAGS) $(EVERYTHING)

.PHONY: bench
bench: deps-test build ## Measures speed and memory beside a peer or the bare limit; writes docs/BENCHMARKS.md
	@scripts/deps bench
	$(CARGO) build $(CARGO_FLAGS) --release $(APPS) -p lectern-tests --bins
	$(RELEASE)/bench $(PARTS)

.PHONY: screenshots
screenshots: deps-test build ## Drives a real window through every screen and writes docs/screenshots
	$(CARGO) build $(CARGO_FLAGS) --release $(APPS) -p lectern-tests --bins
	$(RELEASE)/screenshots

.PHONY: portable
portable: ## Builds the client without any codec library: target/portable/lectern
	$(CARGO) build $(CARGO_FLAGS) --release -p lectern --no-default-features --features portable
	install -D $(RELEASE)/lectern $(CARGO_TARGET_DIR)/portable/lectern

.PHONY: dist
dist: deps portable build ## Packs lectern and lectern-server as .deb, and the viewer that needs no codec library, into dist/
	@scripts/dist $(CARGO_TARGET_DIR)/portable/lectern $(RELEASE) dist

.PHONY: dissector
dissector: ## Writes dist/lectern.lua, with which Wireshark and tshark read our packets, and has tshark load it where it is installed
	@scripts/dissector dist/lectern.lua

.PHONY: lint
lint: deps ## Checks form, warnings and scripts
	$(CARGO) fmt --all --check
	$(CARGO) fmt --manifest-path tests/fuzz/Cargo.toml --check
	scripts/check-files
	$(CARGO) clippy $(CARGO_FLAGS) $(EVERYTHING) --all-targets -- -D warnings
	$(CARGO) clippy $(CARGO_FLAGS) -p lectern-media --no-default-features --features portable -- -D warnings
	$(CARGO) clippy $(CARGO_FLAGS) $(WORKER) --no-default-features --features make -- -D warnings
	RUSTDOCFLAGS='-D warnings' $(CARGO) doc $(CARGO_FLAGS) --workspace --no-deps

.PHONY: vectors
vectors: ## Writes the golden bytes in common/proto/vectors anew, after a wanted change of the wire
	LECTERN_WRITE_VECTORS=1 $(CARGO) test $(CARGO_FLAGS) -p lectern-proto --test vectors --test live_vectors --test chat_vectors --test account_vectors --test room_vectors --test lab_vectors --test talk_vectors --test words_and_beacons

# Seconds for each target of `make fuzz`, and which targets: none named, all.
SECONDS ?= 60
TARGETS ?=

.PHONY: fuzz
fuzz: deps ## Feeds whatever reads bytes from outside, guided by coverage: SECONDS for each target (60), TARGETS to name some
	CARGO=$(CARGO) scripts/fuzz $(SECONDS) $(TARGETS)

.PHONY: clean
clean: ## Removes what was built; videos, chunks and data stay
	$(CARGO) clean
