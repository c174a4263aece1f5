# make help lists the targets. Tools run at the versions written here; nothing is installed into the system.
GOFUMPT   := mvdan.cc/gofumpt@v0.12.0
LINT      := github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0
VULNCHECK := golang.org/x/vuln/cmd/govulncheck@v1.9.0
TOOLS     := $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/roundsman-ci/bin
FUZZTIME  ?= 10s
VERSION   ?= dev

.DEFAULT_GOAL := help
.PHONY: help build check fmt vet lint test race fuzz bench soak demo image ci

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

build: ## build ./roundsman, static
	CGO_ENABLED=0 go build -trimpath -ldflags="-s -w -X main.version=$(VERSION)" -o roundsman .

check: fmt vet lint race ## what a change must pass: format, vet, lint, race tests

fmt: ## say which files gofumpt would change, and fail if there are any
	@out=$$(go run $(GOFUMPT) -l .) && { test -z "$$out" || { echo "gofumpt would change:"; echo "$$out"; exit 1; }; }

vet: ## go vet
	go vet ./...

$(TOOLS)/golangci-lint-v2.15.0:
	GOBIN=$(TOOLS) go install $(LINT)
	mv $(TOOLS)/golangci-lint $@

lint: $(TOOLS)/golangci-lint-v2.15.0 ## golangci-lint, as .golangci.yaml says
	$< run ./...

test: ## the tests, quickly
	go test ./...

race: ## the tests with the race detector
	go test -race -timeout 30m ./...

fuzz: ## every fuzz target for FUZZTIME (10s)
	FUZZTIME=$(FUZZTIME) .ci/run fuzz

bench: ## the benchmarks; docs/BENCHMARKS.md says what they mean
	go test -run '^$$' -bench . -benchmem ./...

soak: ## the long tests: kills, outages, load, years of posts, two hours of work (about 4 hours)
	ROUNDSMAN_SOAK=1 go test -count=1 -timeout 8h -v -run 'Soak|ForYears' . ./scheduler

demo: ## both platforms emulated, a company, and a chat page on 127.0.0.1:8080
	go run . demo

image: ## a container image named roundsman
	docker build --build-arg VERSION=$(VERSION) -t roundsman .

ci: ## everything that continuous integration runs
	.ci/run
