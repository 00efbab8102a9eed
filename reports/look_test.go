package reports
import ("testing";"os";"pecaudit/checker/cases";"pecaudit/checker")
func TestLook(t *testing.T) {
	m := sampleMonth()
	os.MkdirAll("/tmp/look",0o755)
	if err := Write("/tmp/look/month.xlsx", m); err != nil { t.Fatal(err) }
	m.Draft, m.Held = true, []string{"La regola EXP-001 dà 812 nuovi casi, oltre tre volte la media degli ultimi tre mesi (95)."}
	p := &cases.Procedure{ID:"giudice-45", Days:45, Decider: cases.Judge, NoListIn: nil}
	for i := range m.Rows { if i%2==0 { m.Rows[i].Term = cases.Term{} } }
	m.Schedule = NewSchedule(m, p, checker.Date{})
	if err := Write("/tmp/look/draft.xlsx", m); err != nil { t.Fatal(err) }
	a := &Albo{Act: "Determinazione del Conservatore n. 12 del 30/10/2026", Chamber:"Cagliari-Oristano", On: date("2026-11-01"), Rows: sampleRows()}
	if err := WriteAlbo("/tmp/look/albo.xlsx", a); err != nil { t.Fatal(err) }
	if err := WriteProvisions("/tmp/look/prov.xlsx", &Provisions{Chamber:"Cagliari-Oristano",AsOf:date("2026-11-01"),Decider:cases.Judge,Rows:sampleRows()[:9],Rules:sampleRules}); err != nil { t.Fatal(err) }
}
