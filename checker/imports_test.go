package checker_test

import (
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// mayImport says which packages a package may import beyond the standard library. A trailing /... takes a whole module. Whoever adds a line here decides on the
// design: write why in DECISIONS.md.
var mayImport = map[string][]string{
	"checker":                     {"golang.org/x/net/idna", "golang.org/x/text/unicode/norm"},
	"checker/load":                {"pecaudit/checker", "github.com/xuri/excelize/v2", "golang.org/x/text/..."},
	"checker/rules":               {"pecaudit/checker"},
	"checker/probe":               {"pecaudit/checker", "github.com/miekg/dns", "github.com/emersion/go-smtp", "golang.org/x/time/rate", "golang.org/x/sync/...", "golang.org/x/net/idna"},
	"checker/probe/probetest":     {"pecaudit/checker", "github.com/miekg/dns", "github.com/emersion/go-smtp"},
	"checker/receipt":             {"pecaudit/checker", "github.com/emersion/go-message/...", "github.com/smallstep/pkcs7", "golang.org/x/net/html/charset"},
	"checker/receipt/receipttest": {"github.com/smallstep/pkcs7"},
	"checker/cases":               {"pecaudit/checker"},
	"checker/store":               {"pecaudit/checker", "pecaudit/checker/cases", "modernc.org/sqlite/...", "github.com/pressly/goose/v3/...", "github.com/klauspost/compress/flate"},
	"checker/audit":               {"pecaudit/checker/...", "pecaudit/reports", "github.com/rs/zerolog", "golang.org/x/sync/..."},
	"reports":                     {"pecaudit/checker", "pecaudit/checker/cases", "github.com/xuri/excelize/v2", "github.com/klauspost/compress/flate"},
	"configs":                     {"pecaudit/checker", "pecaudit/checker/cases", "go.yaml.in/yaml/v4"},
	"fixtures":                    {"pecaudit/checker"},
	"cmd/pecaudit": {
		"pecaudit/...", "github.com/spf13/cobra", "github.com/robfig/cron/v3", "go.yaml.in/yaml/v4", "github.com/rs/zerolog", "github.com/vbauerster/mpb/v8/...",
		"github.com/jedib0t/go-pretty/v6/table", "github.com/coreos/go-systemd/v22/daemon", "golang.org/x/term",
	},
}

// pure packages reach neither the network nor the disk nor a database, directly.
var pure = map[string]bool{"checker": true, "checker/rules": true, "checker/cases": true}

func TestImports(t *testing.T) {
	t.Parallel()
	root := ".."
	seen := map[string]bool{}
	err := filepath.WalkDir(root, func(file string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && file != root && (strings.HasPrefix(d.Name(), ".") && d.Name() != "..") {
			return filepath.SkipDir
		}
		if !strings.HasSuffix(file, ".go") || strings.HasSuffix(file, "_test.go") {
			return nil
		}
		rel, err := filepath.Rel(root, filepath.Dir(file))
		if err != nil {
			return err
		}
		pkg := filepath.ToSlash(rel)
		seen[pkg] = true
		allowed, known := mayImport[pkg]
		if !known {
			t.Errorf("package %s is not in the table of imports: a new package is a decision, add it there and to DECISIONS.md", pkg)
			return nil
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		for _, spec := range parsed.Imports {
			name, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				return err
			}
			if why := forbidden(pkg, name, allowed); why != "" {
				t.Errorf("%s imports %s: %s", file, name, why)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for pkg := range mayImport {
		if !seen[pkg] {
			t.Errorf("package %s is in the table of imports and does not exist", pkg)
		}
	}
}

func forbidden(pkg, name string, allowed []string) string {
	if first, _, _ := strings.Cut(name, "/"); !strings.Contains(first, ".") && first != "pecaudit" {
		if pure[pkg] && (name == "os" || name == "net" || strings.HasPrefix(name, "net/") || name == "database/sql") {
			return "the package is pure: what it needs of the world comes in as an argument"
		}
		return ""
	}
	if slices.ContainsFunc(allowed, func(a string) bool {
		if whole, ok := strings.CutSuffix(a, "/..."); ok {
			return name == whole || strings.HasPrefix(name, whole+"/")
		}
		return name == a
	}) {
		return ""
	}
	return path.Base(pkg) + " may not import it: see the table in imports_test.go"
}
