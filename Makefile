# virtfleet: `make help` lists the targets.
SHELL := /bin/bash
SWIFT_BUILD := swift build
# All tests at once would starve each other: those that wait for an answer wait behind those that compute.
SWIFT_TEST := tools/isolated swift test --skip-build --experimental-maximum-parallelization-width 4
GUEST := .build/guest/guest.qcow2
EMULATED := .build/emulated
# Where 'make install' takes programs and manual pages from, and what stands before every path it writes.
BINARIES ?= .build/release
MANUAL ?= .build/man
PREFIX ?= /usr
DESTDIR ?=
PROGRAMS := virtfleet virtfleet-agent virtfleet-controller

.PHONY: help dependencies test-dependencies bench-dependencies build release demo test test-fast simulate bench man install \
    format lint clean

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

release: dependencies ## Build the programs as they are shipped
	$(SWIFT_BUILD) -c release --static-swift-stdlib --product virtfleet
	$(SWIFT_BUILD) -c release --static-swift-stdlib --product virtfleet-agent
	$(SWIFT_BUILD) -c release --static-swift-stdlib --product virtfleet-agentd
	$(SWIFT_BUILD) -c release --static-swift-stdlib --product virtfleet-controller

$(GUEST): tools/guest-image
	@tools/guest-image $@

$(EMULATED)/system.img: tools/emulated-host
	@tools/emulated-host $(EMULATED)

demo: build $(GUEST) ## Show the main job on this machine; ONCE=1 exits after it
	@tools/demo

test: test-dependencies $(GUEST) $(EMULATED)/system.img ## Run every test, real broker and real guests included
	$(SWIFT_BUILD) --build-tests
	$(SWIFT_TEST)

test-fast: test-dependencies ## Run the tests that boot no guest, without those that die at every moment of a job
	$(SWIFT_BUILD) --build-tests
	$(SWIFT_TEST) --skip 'SystemTests|Guest|EmulatedHardware|Crash'

simulate: test-dependencies ## Run the job part of the fleet from 10,000 seeds; SEED=N tells what happens with one
	$(SWIFT_BUILD) -c release --static-swift-stdlib --product Simulation
	@.build/release/Simulation $(if $(SEED),--seed $(SEED),--seeds $(or $(SEEDS),10000))

bench: bench-dependencies release $(GUEST) ## Measure; ONLY=name for one benchmark
	@tools/bench $(ONLY)

$(addprefix $(BINARIES)/,$(PROGRAMS)) &:
	$(MAKE) release

man: $(addprefix $(BINARIES)/,$(PROGRAMS)) ## Write the manual pages of all commands into MANUAL=.build/man
	@rm -rf "$(MANUAL)" && mkdir -p "$(MANUAL)"
	@for program in $^; do "$$program" __man "$(MANUAL)"; done

install: man ## Install below DESTDIR, with PREFIX=/usr; an existing configuration is kept
	@tools/install "$(BINARIES)" "$(MANUAL)" "$(DESTDIR)" "$(PREFIX)"

format: ## Format the sources
	swift format --in-place --recursive Package.swift Sources Tests agent controller

lint: ## Check the format of the sources
	swift format lint --strict --recursive Package.swift Sources Tests agent controller

clean: ## Remove what was built
	rm -rf .build
