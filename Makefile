# make run and make test are all that a newcomer needs. Make sure only that Go is installed.
SHELL := /bin/sh
LINT := go tool -modfile=.ci/tools/go.mod golangci-lint
FUZZTIME ?= 10s

.DEFAULT_GOAL := help

help: ## list the targets
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | sort | expand -t 10

run: ## do the main job on built-in data: two months of two chambers, from lists to workbooks
	CGO_ENABLED=0 go run ./cmd/pecaudit demo --dir demo

test: ## run the tests
	go test -shuffle=on ./...

race: ## run the tests with the race detector
	go test -race -shuffle=on ./...

build: ## build ./pecaudit, one static binary
	CGO_ENABLED=0 go build -trimpath -ldflags "-s -w" -o pecaudit ./cmd/pecaudit

lint: ## run the linters
	go vet ./...
	$(LINT) run

fmt: ## format the code
	$(LINT) fmt

golden: ## rewrite the expected outputs; read the diff
	go test ./checker/load ./checker/rules ./checker/cases ./reports ./cmd/pecaudit -update

docs: ## rewrite RULES.md and STATES.md from the code
	go test ./checker/rules ./checker/cases -run 'Document' -update

fuzz: ## run every fuzz target for FUZZTIME
	@set -e; for pkg in $$(go list ./...); do \
		found=$$(go test -list '^Fuzz' $$pkg); \
		for target in $$(echo "$$found" | grep '^Fuzz'); do \
			echo "$$pkg $$target"; \
			go test -run '^$$' -fuzz "^$$target$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 1x $$pkg; \
		done; \
	done

bench: ## each work beside its reference, as ratios (FULL=1: six million rows; WORKS="audit xlsx"; DUCKDB=folder with its node package)
	go vet ./.ci/bench
	.ci/bench/run

bench-go: ## the benchmarks beside the code, for who works on one part
	go test -run '^$$' -bench . -benchmem -short ./...

vuln: ## look for known vulnerabilities (needs the Internet)
	@echo "this asks the Go vulnerability database, on the Internet"
	go tool -modfile=.ci/tools/go.mod govulncheck ./...

check: lint race ## what must pass before a change lands; .ci/run does this and more
	go mod verify
	go mod tidy -diff
	CGO_ENABLED=0 go build -o /dev/null ./cmd/pecaudit

.PHONY: help run test race build lint fmt golden docs fuzz bench bench-go vuln check
