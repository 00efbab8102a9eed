// The tools that check the project, pinned apart from the program: they bring two hundred modules of their own.
module pecaudit/tools

go 1.26.0

tool (
	github.com/golangci/golangci-lint/v2/cmd/golangci-lint
	golang.org/x/vuln/cmd/govulncheck
)

require (
	github.com/golangci/golangci-lint/v2 v2.15.0
	golang.org/x/vuln v1.8.0
)
