# Everything that a fresh machine with a Swift toolchain, git and make needs: each target does its own set-up first.
.PHONY: help setup build up demo test system-test soak bench lint clean
.DEFAULT_GOAL := help

CONFIGURATION := release
VENV := .venv/ready
STATIC := $(shell scripts/static-flags.sh)

help: ## what the targets do
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' Makefile

setup: ## install what is missing (Debian and Ubuntu), or name it
	@scripts/setup.sh

build: setup ## build everything for use
	swift build -c $(CONFIGURATION) $(STATIC)

up: build ## run the cluster here, until Ctrl-C
	.build/$(CONFIGURATION)/kintsugi up

demo: build ## a change breaks the shop under load, and the cluster mends itself, in a minute
	.build/$(CONFIGURATION)/kintsugi demo

test: setup $(VENV) ## the tests that need no cluster
	@scripts/test.sh

system-test: build $(VENV) ## the tests with real processes
	@scripts/promtool.sh
	@scripts/system-test.sh "not soak"

soak: build $(VENV) ## the long runs: a million generated inputs, many seeds, long faults
	@KINTSUGI_GENERATED_INPUTS=1000000 scripts/test.sh Generated
	.build/$(CONFIGURATION)/kintsugi simulate --seeds 10000
	@scripts/promtool.sh
	@scripts/system-test.sh soak

bench: build ## measure what the README claims
	.build/$(CONFIGURATION)/kintsugi bench bus
	.build/$(CONFIGURATION)/kintsugi bench restart
	.build/$(CONFIGURATION)/kintsugi bench shop
	.build/$(CONFIGURATION)/kintsugi bench senses
	.build/$(CONFIGURATION)/kintsugi bench triage
	.build/$(CONFIGURATION)/kintsugi bench insight $(if $(INSIGHT_DATA),--data $(INSIGHT_DATA))

lint: ## the layout of every Swift file
	swift format lint --strict --parallel --recursive Package.swift Sources Tests

clean: ## remove what was built and downloaded; a cluster's data stays
	rm -rf .build .venv

# Made anew whenever the pinned versions change.
$(VENV): Tests/requirements.txt | setup
	python3 -m venv .venv
	.venv/bin/pip install --quiet --disable-pip-version-check --requirement Tests/requirements.txt
	@touch $@
