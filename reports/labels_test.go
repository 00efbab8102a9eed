package reports

import (
	"go/ast"
	"go/constant"
	"go/parser"
	"go/token"
	"strings"
	"testing"

	"pecaudit/checker"
	"pecaudit/checker/cases"
)

// words returns the string constants that a file declares with a name of this beginning.
func words(t *testing.T, file, prefix string) map[string]string {
	t.Helper()
	parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]string{}
	for _, d := range parsed.Decls {
		decl, ok := d.(*ast.GenDecl)
		if !ok || decl.Tok != token.CONST {
			continue
		}
		for _, s := range decl.Specs {
			spec := s.(*ast.ValueSpec)
			for i, name := range spec.Names {
				if !strings.HasPrefix(name.Name, prefix) || i >= len(spec.Values) {
					continue
				}
				if lit, ok := spec.Values[i].(*ast.BasicLit); ok && lit.Kind == token.STRING {
					found[name.Name] = constant.StringVal(constant.MakeFromLiteral(lit.Value, token.STRING, 0))
				}
			}
		}
	}
	if len(found) == 0 {
		t.Fatalf("%s declares no %s...", file, prefix)
	}
	return found
}

// Every word of the vocabulary that a workbook can show has its Italian: none stands there in English because somebody forgot it here.
func TestEveryWordHasItsItalian(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		file, prefix string
		italian      func(string) string
	}{
		{"../checker/rule.go", "Ground", func(s string) string { return GroundLabel(checker.Ground(s)) }},
		{"../checker/rule.go", "Reason", func(s string) string { return reasonLabel(checker.Reason(s)) }},
		{"../checker/load/row.go", "Reason", rejectedReasonLabel},
		{"labels.go", "Change", func(s string) string { return changeLabels[Change(s)] }},
		{"labels.go", "Change", func(s string) string { return changePlurals[Change(s)] }},
		{"labels.go", "Conflict", func(s string) string { return conflictLabel(ConflictKind(s)) }},
	} {
		for name, word := range words(t, c.file, c.prefix) {
			if got := c.italian(word); got == "" || got == word {
				t.Errorf("%s (%q) has no Italian", name, word)
			}
		}
	}
	for _, s := range stateOrder {
		if got := StateLabel(s, ""); got == "" || got == string(s) {
			t.Errorf("state %q has no Italian", s)
		}
	}
	for k := checker.Kinds(1); k <= checker.ReceiptEvidence; k <<= 1 {
		if needsLabel(k) == "" {
			t.Errorf("evidence %b has no Italian", k)
		}
	}
	for r := checker.Trimmed; r <= checker.GuardRemoved && r != 0; r <<= 1 {
		for _, name := range r.Names() {
			if label(repairLabels, name) == name {
				t.Errorf("repair %q has no Italian", name)
			}
		}
	}
}

// Words that the contract fixes.
func TestWordsOfTheContract(t *testing.T) {
	t.Parallel()
	for got, want := range map[string]string{
		GroundLabel(checker.GroundMissing):                  "Priva di domicilio digitale",
		GroundLabel(checker.GroundCECPAC):                   "Indirizzo CEC-PAC, non utilizzabile dalle imprese",
		GroundLabel(checker.GroundShared):                   "PEC multipla tra imprese",
		GroundLabel(checker.GroundDomain):                   "Dominio inesistente o privo di servizio di posta",
		GroundLabel(checker.GroundUncertified):              "Dominio gestito da operatore di posta ordinaria",
		StateLabel(cases.Listed, ""):                        "Pubblicata, termine in corso",
		StateLabel(cases.Referred, "giudice"):               "Trasmessa al Giudice del registro",
		StateLabel(cases.Referred, "conservatore"):          "Trasmessa al Conservatore",
		StateLabel(cases.Referred, ""):                      "Trasmessa al Giudice del registro / al Conservatore",
		StateLabel(cases.Cleared, ""):                       "Rientrata prima della pubblicazione",
		verdictLabel(checker.Compliant):                     "Nessuna irregolarità rilevata",
		(&Row{State: cases.Cured, Late: true}).stateLabel(): "Regolarizzata (fuori termine)",
		(&Row{State: cases.Cured}).stateLabel():             "Regolarizzata",
	} {
		if got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	if len(Outcomes) != 13 {
		t.Errorf("%d outcomes", len(Outcomes))
	}
	for i, o := range Outcomes {
		if o.Label == "" || o.Effect == "" || o.Event == "" || (o.Event == cases.EventDecided) != (o.Decision != "") {
			t.Errorf("outcome %d: %+v", i, o)
		}
	}
}
