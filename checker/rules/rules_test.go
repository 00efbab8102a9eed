package rules_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"pecaudit/checker"
	"pecaudit/checker/rules"
)

// contract is the table of CONTRACT section 3: rule, force (* where unknown undetermines), ground.
const contract = `
REG-001 binding * missing
REG-002 advisory code
REG-003 advisory assigned
REG-005 advisory unreadable
REG-006 binding * status
REG-007 advisory conflicting
SYN-001 binding * malformed
SYN-002 binding * several
DOM-001 binding cec-pac
DOM-002 binding ordinary
DOM-003 advisory unlisted-domain
UNI-001 binding * shared
UNI-002 binding * professional
UNI-003 advisory director
UNI-004 advisory shared-last
EXP-001 binding * expired
EXP-002 advisory expiring
PRV-001 binding * revoked
PRV-002 binding uncertified
PRV-003 binding * suspended
PRV-004 advisory decertified
DNS-001 binding * domain
SMT-001 advisory refused
RCP-001 binding inactive
RCP-002 advisory full
`

func TestContract(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	b.WriteString("\n")
	for _, r := range rules.All() {
		star := ""
		if r.Undetermines {
			star = " *"
		}
		fmt.Fprintf(&b, "%s %s%s %s\n", r.ID, r.Force, star, r.Ground)
	}
	if diff := cmp.Diff(contract, b.String()); diff != "" {
		t.Errorf("(-contract +rules):\n%s", diff)
	}
}

func TestEveryRuleIsComplete(t *testing.T) {
	t.Parallel()
	all := rules.All()
	if len(all) > 64 {
		t.Error("the set of rules without evidence holds 64 rules")
	}
	for i, r := range all {
		if rules.ByID(r.ID) != r || slices.IndexFunc(all, func(o *checker.Rule) bool { return o.ID == r.ID }) != i {
			t.Errorf("%s is registered twice", r.ID)
		}
		if r.InForce.From.IsZero() {
			t.Errorf("%s does not say from when it is in force", r.ID)
		}
		if len(r.Cites) == 0 || slices.ContainsFunc(r.Cites, func(c checker.Citation) bool {
			return len(c.Text) < 10 || c.URL != "" && !strings.HasPrefix(c.URL, "https://")
		}) {
			t.Errorf("%s has no citation, or an empty one", r.ID)
		}
		for name, text := range map[string]string{"title": r.Title, "text": r.Doc, "cure": r.Cure} {
			if text == "" || text != strings.TrimSpace(text) || strings.Contains(text, "  ") || name != "title" && !strings.HasSuffix(text, ".") && !strings.HasSuffix(text, ").") {
				t.Errorf("%s: the %s is missing or untidy: %q", r.ID, name, text)
			}
		}
		if r.Judge == nil {
			t.Errorf("%s judges nothing", r.ID)
		}
		if r.Unless != "" && rules.ByID(r.Unless) == nil {
			t.Errorf("%s yields to %s, which does not exist", r.ID, r.Unless)
		}
		if !regexp.MustCompile(`^[A-Z]{3}-[0-9]{3}$`).MatchString(string(r.ID)) {
			t.Errorf("%s is no rule's name", r.ID)
		}
	}
	if rules.ByID("XXX-999") != nil {
		t.Error("a rule that does not exist was found")
	}
	if !strings.Contains(rules.ByID("UNI-001").Cites[0].Text, "77684") {
		t.Error("UNI-001 does not cite the circular first")
	}
	all[0] = nil
	if rules.All()[0] == nil {
		t.Error("All hands out its own table")
	}
}

// TestDocument keeps RULES.md, which is printed from the rules, as they are: -update writes it.
func TestDocument(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	b.WriteString("<!-- Printed from the rules by `make docs`: do not edit. -->\n\n# Le regole\n\n" +
		"Ogni regola dà un esito a ogni posizione tenuta al domicilio digitale: superata, violata o da verificare. Una regola *vincolante* violata rende la posizione " +
		"irregolare; un *avviso* no. Dove un esito da verificare basta a lasciare indeterminata la posizione è detto. Una regola il cui elenco o la cui prova non è data non si applica. Gli esempi mostrano ogni esito " +
		"possibile.\n")
	for _, r := range rules.All() {
		fmt.Fprintf(&b, "\n## %s %s\n\n%s\n\n%s", r.ID, r.Title, r.Doc, printFacts(r))
	}
	const path = "RULES.md"
	if *update {
		if err := os.WriteFile(path, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	written, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(written), b.String()); diff != "" {
		t.Errorf("RULES.md is not what the rules say (-file +rules); run make docs:\n%s", diff)
	}
}

func printFacts(r *checker.Rule) string {
	var b strings.Builder
	line := func(name, text string) {
		if text != "" {
			fmt.Fprintf(&b, "- **%s**: %s\n", name, text)
		}
	}
	force := map[checker.Force]string{checker.Binding: "vincolante", checker.Advisory: "avviso"}[r.Force]
	if r.Undetermines {
		force += "; se da verificare, la posizione resta indeterminata"
	}
	line("Esito", force)
	line("Motivo", "`"+string(r.Ground)+"`")
	period := "dal " + r.InForce.From.Italian()
	if !r.InForce.Until.IsZero() {
		period += " fino al giorno prima del " + r.InForce.Until.Italian()
	}
	line("In vigore", period)
	line("Serve", kinds(r.Needs, " o "))
	line("Legge anche", kinds(r.Uses, ", "))
	if r.Insolvency {
		line("Procedure concorsuali", "da verificare, salvo che la procedura della Camera dica `insolvency: in`")
	}
	if r.Unless != "" {
		line("Non riportata", "dove è violata "+string(r.Unless))
	}
	line("Cosa fare", r.Cure)
	for _, c := range r.Cites {
		text := c.Text
		if c.URL != "" {
			text = "[" + text + "](" + c.URL + ")"
		}
		line("Fonte", text)
	}
	fixture := filepath.Join(fixtures, string(r.ID)+".txtar")
	line("Esempi", "["+filepath.Base(fixture)+"]("+fixture+")")
	return b.String()
}

func kinds(set checker.Kinds, separator string) string {
	names := []string{}
	for i, name := range []string{
		"una voce dell'elenco dei gestori (`--pec-status`)", "la scadenza nella riga (`data_scadenza_pec`)", "l'elenco dei professionisti (`--professionals`)",
		"il domicilio dell'amministratore (`pec_amministratore` o `--directors`)", "la colonna `stato`", "una risposta del DNS (`--live dns`)",
		"una risposta del server di posta (`--live dns,smtp`)", "ricevute firmate (`--receipts`)",
	} {
		if set&(1<<i) != 0 {
			names = append(names, name)
		}
	}
	return strings.Join(names, separator)
}
