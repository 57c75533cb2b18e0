# virtfleet: `make help` lists the targets.
SHELL := /bin/bash
SWIFT_BUILD := swift build
GUEST := .build/guest/guest.qcow2

.PHONY: help dependencies test-dependencies bench-dependencies build release demo test test-fast bench format lint clean

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

dependencies:
	@tools/install-dependencies

test-dependencies:
	@tools/install-dependencies --test

bench-dependencies:
	@tools/install-dependencies --bench

build: dependencies ## Build everything for development
	$(SWIFT_BUILD)

release: dependencies ## Build the three programs as they are shipped
	$(SWIFT_BUILD) -c release --static-swift-stdlib --product virtfleet
	$(SWIFT_BUILD) -c release --static-swift-stdlib --product virtfleet-agent
	$(SWIFT_BUILD) -c release --static-swift-stdlib --product virtfleet-controller

$(GUEST): tools/guest-image
	@tools/guest-image $@

demo: build $(GUEST) ## Show the main job on this machine; ONCE=1 exits after it
	@tools/demo

test: test-dependencies $(GUEST) ## Run every test, real broker and real guests included
	$(SWIFT_BUILD) --build-tests
	tools/isolated swift test --skip-build

test-fast: test-dependencies ## Run the tests that boot no guest
	$(SWIFT_BUILD) --build-tests
	tools/isolated swift test --skip-build --skip 'SystemTests|Guest'

bench: bench-dependencies release ## Measure; ONLY=name for one benchmark
	@tools/bench $(ONLY)

format: ## Format the sources
	swift format --in-place --recursive Package.swift Sources Tests agent controller

lint: ## Check the format of the sources
	swift format lint --strict --recursive Package.swift Sources Tests agent controller

clean: ## Remove what was built
	rm -rf .build
