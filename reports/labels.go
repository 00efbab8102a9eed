package reports

import (
	"strconv"
	"strings"

	"pecaudit/checker"
	"pecaudit/checker/cases"
)

// The sheets, in their order (CONTRACT section 7).
const (
	SheetSchedule     = "Scadenzario" // first, with --view studio only
	SheetSummary      = "Riepilogo"
	SheetComplete     = "Elenco completo"
	SheetInvalid      = "PEC non valide"
	SheetRevoked      = "PEC revocate"
	SheetExpired      = "PEC scadute"
	SheetInactive     = "PEC inattive"
	SheetShared       = "Multiple tra imprese"
	SheetProfessional = "Multiple del professionista"
	SheetMissing      = "Prive di domicilio digitale"
	SheetOpen         = "Termini in corso"
	SheetLapsed       = "Termine decorso"
	SheetCured        = "Regolarizzate"
	SheetVerify       = "Da verificare"
	SheetDirectors    = "Amministratori"
	SheetExpiring     = "In scadenza"
	SheetChanges      = "Variazioni"
	SheetRejected     = "Righe scartate"
	SheetRules        = "Regole applicate"
	SheetSources      = "Fonti dei dati"
)

// Closing is the sentence that ends Riepilogo.
const Closing = "Elaborato di supporto all'istruttoria. Non sostituisce le verifiche dell'Ufficio né i controlli ufficiali del sistema camerale; " +
	"nessun provvedimento può fondarsi sul solo esito automatico."

// DraftMark marks the workbooks of a held run.
const DraftMark = "BOZZA - NON PUBBLICARE"

// The columns of Elenco completo. ReadBack finds by these words what staff filled in.
const (
	columnCCIAA      = "CCIAA"
	columnREA        = "N. REA"
	columnCode       = "Codice fiscale"
	columnName       = "Denominazione"
	columnForm       = "Natura giuridica"
	columnComune     = "Comune"
	columnPEC        = "PEC"
	columnProvider   = "Gestore"
	columnGround     = "Motivo"
	columnCure       = "Cosa fare"
	columnDetail     = "Dettaglio"
	columnOthers     = "Altre imprese con la stessa PEC"
	columnSuggestion = "Suggerimento"
	columnState      = "Stato del procedimento"
	columnFound      = "Rilevata il"
	columnChecked    = "Controllata il"
	columnPublished  = "Pubblicata il"
	columnNominal    = "Termine"
	columnSafe       = "Ultimo giorno utile"
	columnDaysLeft   = "Giorni residui"
	columnOutcome    = "Esito istruttoria"
	columnProtocol   = "Protocollo"
	columnOn         = "Data esito"
	columnNote       = "Note"
	columnRule       = "Regola"
	columnFile       = "File"
	columnSheet      = "Foglio"
	columnLine       = "Riga"
	columnCase       = "ID procedimento"
)

// The columns that only some sheets have.
const (
	columnGroup        = "Gruppo"                  // equal for all rows of one address
	columnShifted      = "Termine oltre i festivi" // third of the end dates
	columnSanction     = "Conseguenze"
	columnReason       = "Perché"
	columnExpiry       = "Scadenza della PEC"
	columnDaysToExpiry = "Giorni alla scadenza"
	columnNumber       = "Progr."
	columnAddress      = "Indirizzo PEC"
	columnEvidence     = "Elementi rilevati"
	columnChange       = "Variazione"
	columnGroundThen   = "Motivo precedente"
	columnStateThen    = "Stato precedente"
	columnStateNow     = "Stato attuale"
)

// An OfficeOutcome is a word of the drop-down "Esito istruttoria".
type OfficeOutcome struct {
	Label    string
	Event    cases.EventKind
	Decision string // with EventDecided: ordered or rejected
	Effect   string // what follows, for Riepilogo
}

// Outcomes are the words of the drop-down, in their order.
var Outcomes = []OfficeOutcome{
	{"Nuovo indirizzo iscritto", cases.EventNewAddress, "", "Il procedimento si chiude; il nuovo indirizzo è controllato per conto suo."},
	{"Casella rinnovata o riattivata", cases.EventRenewed, "", "Il procedimento si chiude. Vale 12 mesi: nel frattempo lo riaprono solo elementi più recenti."},
	{"Dichiarazione di funzionalità e titolarità", cases.EventDeclaration, "", "Il procedimento si chiude. Vale 12 mesi: nel frattempo lo riaprono solo elementi più recenti."},
	{"Pratica presentata, da evadere", cases.EventFiled, "", "Il termine non decade finché la pratica non è evasa, per 60 giorni al massimo."},
	{"Opposizione presentata", cases.EventOpposition, "", "Opposizione in esame: il procedimento resta fermo."},
	{"Non pubblicare", cases.EventHeld, "", "La posizione resta rilevata e non entra negli elenchi da pubblicare."},
	{"Segnalazione errata", cases.EventWithdrawn, "", "Archiviata. La riaprono solo elementi più recenti."},
	{"Impresa cancellata", cases.EventCeased, "", "Archiviata: l'impresa non è più tenuta al domicilio digitale."},
	{"Sede trasferita ad altra Camera", cases.EventMoved, "", "Il procedimento passa alla Camera competente."},
	{"Confermata irregolare", cases.EventConfirmed, "", "Nessun cambio di stato: la verifica dell'Ufficio resta agli atti."},
	{"Trasmessa al Giudice o al Conservatore", cases.EventReferred, "", "In attesa del provvedimento."},
	{"Cancellazione disposta", cases.EventDecided, "ordered", "Provvedimento emesso: la PEC va cancellata dal registro."},
	{"Non accolta", cases.EventDecided, "rejected", "Provvedimento negativo: la posizione si riapre solo con elementi più recenti."},
}

// OutcomeLabel returns the word of the drop-down for an entry of the office; "" for entries that are made only by command (notified, appealed, assigned,
// executed). decision tells the two ends of a decision apart.
func OutcomeLabel(event cases.EventKind, decision string) string {
	for _, o := range Outcomes {
		if o.Event == event && o.Decision == decision {
			return o.Label
		}
	}
	return ""
}

// grounds in the order of tables. The short word begins the name of an Albo sheet, which has room for 31 characters with class and province.
var grounds = []struct {
	ground checker.Ground
	label  string
	tab    string
}{
	{checker.GroundMissing, "Priva di domicilio digitale", "Prive"},
	{checker.GroundMalformed, "Indirizzo formalmente non valido", "Non valide"},
	{checker.GroundSeveral, "Più indirizzi nello stesso campo", ""},
	{checker.GroundCECPAC, "Indirizzo CEC-PAC, non utilizzabile dalle imprese", "CEC-PAC"},
	{checker.GroundOrdinary, "Casella di posta elettronica ordinaria", "Posta ordinaria"},
	{checker.GroundShared, "PEC multipla tra imprese", "Multiple"},
	{checker.GroundProfessional, "PEC multipla del professionista", "Professionista"},
	{checker.GroundExpired, "PEC scaduta", "Scadute"},
	{checker.GroundRevoked, "PEC revocata o cessata", "Revocate"},
	{checker.GroundDomain, "Dominio inesistente o privo di servizio di posta", "Dominio"},
	{checker.GroundUncertified, "Dominio gestito da operatore di posta ordinaria", "Gestore non PEC"},
	{checker.GroundInactive, "PEC inattiva", "Inattive"},
	{checker.GroundFull, "Casella piena", ""},
	{checker.GroundExpiring, "In scadenza", ""},
	{checker.GroundSuspended, "Casella sospesa o in stato non chiaro", ""},
	{checker.GroundRefused, "Casella rifiutata dal gestore", ""},
	{checker.GroundSharedLast, "PEC multipla, iscritta per ultima", ""},
	{checker.GroundDirector, "Domicilio dell'amministratore coincidente con quello dell'impresa", ""},
	{checker.GroundAssigned, "Domicilio assegnato d'ufficio ad altra impresa", ""},
	{checker.GroundConflicting, "Indirizzi diversi per la stessa impresa", ""},
	{checker.GroundDecertified, "Dominio non più di un gestore PEC", ""},
	{checker.GroundUnlistedDomain, "Dominio non presente fra quelli noti", ""},
	{checker.GroundCode, "Codice fiscale errato o assente", ""},
	{checker.GroundUnreadable, "Data illeggibile", ""},
	{checker.GroundStatus, "Stato dell'impresa non riconosciuto", ""},
}

// GroundLabel returns the Italian of a ground; the word itself if there is none.
func GroundLabel(g checker.Ground) string {
	for _, e := range grounds {
		if e.ground == g {
			return e.label
		}
	}
	return string(g)
}

// groundTab returns the short word for the name of a sheet.
func groundTab(g checker.Ground) string {
	if i := groundOrder(g); i < len(grounds) && grounds[i].tab != "" {
		return grounds[i].tab
	}
	return string(g)
}

// groundOrder is the place of a ground in tables.
func groundOrder(g checker.Ground) int {
	for i, e := range grounds {
		if e.ground == g {
			return i
		}
	}
	return len(grounds)
}

// stateOrder is the order of states in tables: the steps, then how a case ends or is diverted.
var stateOrder = []cases.State{
	cases.Found, cases.Listed, cases.Lapsed, cases.Referred, cases.Decided, cases.Executed,
	cases.Opposed, cases.Cured, cases.Cleared, cases.Withdrawn, cases.Moved,
}

// StateLabel returns the Italian of a state. decider (giudice or conservatore) says to whom a referred case went; without it the label names both.
func StateLabel(s cases.State, decider string) string {
	switch s {
	case cases.Found:
		return "Rilevata"
	case cases.Listed:
		return "Pubblicata, termine in corso"
	case cases.Lapsed:
		return "Termine decorso"
	case cases.Referred:
		switch cases.Decider(decider) {
		case cases.Judge:
			return "Trasmessa al Giudice del registro"
		case cases.Registrar:
			return "Trasmessa al Conservatore"
		}
		return "Trasmessa al Giudice del registro / al Conservatore"
	case cases.Decided:
		return "Provvedimento emesso"
	case cases.Executed:
		return "PEC cancellata dal registro"
	case cases.Cured:
		return "Regolarizzata"
	case cases.Cleared:
		return "Rientrata prima della pubblicazione"
	case cases.Withdrawn:
		return "Archiviata"
	case cases.Opposed:
		return "Opposizione in esame"
	case cases.Moved:
		return "Trasferita ad altra Camera"
	}
	return string(s)
}

func (r *Row) stateLabel() string {
	if r.State == cases.Cured && r.Late {
		return "Regolarizzata (fuori termine)"
	}
	return StateLabel(r.State, r.Decider)
}

// verdictLabel returns the Italian of a verdict.
func verdictLabel(v checker.Verdict) string {
	return [...]string{"Da verificare", "Nessuna irregolarità rilevata", "Irregolare", "Fuori ambito"}[v]
}

var reasonLabels = map[checker.Reason]string{
	checker.ReasonNoEvidence:  "Mancano i dati per dirlo",
	checker.ReasonStale:       "L'informazione è troppo vecchia",
	checker.ReasonTimeout:     "Il server non ha risposto in tempo",
	checker.ReasonUnreachable: "Il server non è raggiungibile",
	checker.ReasonTemporary:   "Risposta temporanea: da ripetere",
	checker.ReasonPolicy:      "Il server rifiuta la verifica, non la casella",
	checker.ReasonAmbiguous:   "Gli elementi non permettono una conclusione",
	checker.ReasonUnsigned:    "La ricevuta non è firmata da un'autorità riconosciuta",
	checker.ReasonUnconfirmed: "Visto una volta: da confermare in un altro giorno",
	checker.ReasonInsolvency:  "Procedura concorsuale",
	checker.ReasonNotTold:     "L'elenco non lo dice",
	checker.ReasonNotExported: "Il campo non è stato probabilmente esportato",
	checker.ReasonElsewhere:   "Un'altra posizione della stessa impresa ha l'indirizzo",
	checker.ReasonDisputed:    "Obbligo controverso per questa forma giuridica",
	checker.ReasonRuleFault:   "Errore del programma: riga non giudicata",
}

// reasonLabel returns why an outcome is unknown, in Italian; the word itself if there is none.
func reasonLabel(r checker.Reason) string {
	if s, ok := reasonLabels[r]; ok {
		return s
	}
	return string(r)
}

// The reasons of package load for which a row is rejected.
var rejectedLabels = map[string]string{
	"no key":                              "Manca una chiave: codice fiscale, partita IVA o numero REA",
	"broken quoting":                      "Virgolette non chiuse, o chiuse a metà di un campo",
	"ends before the pec and key columns": "La riga finisce prima delle colonne necessarie",
	"more cells than the header":          "Più campi dell'intestazione: forse un separatore dentro un campo",
	"too long":                            "Riga troppo lunga",
	"broken characters":                   "Caratteri illeggibili nella codifica dell'elenco",
	"no address":                          "Manca l'indirizzo",
	"not one well-formed address":         "Non è un solo indirizzo ben scritto",
	"neither state nor expiry":            "Mancano stato e data di scadenza",
}

// rejectedReasonLabel returns the Italian of checker.RejectedRow.Reason; the reason itself if there is none.
func rejectedReasonLabel(reason string) string {
	if s, ok := rejectedLabels[reason]; ok {
		return s
	}
	return reason
}

var classLabels = []struct{ class, label, short string }{
	{"sole", "Imprese individuali", "individuali"},
	{"partnership", "Società di persone", "persone"},
	{"capital", "Società di capitali", "capitali"},
	{"cooperative", "Società cooperative", "cooperative"},
	{"consortium-entity", "Società consortili", "consortili"},
	{"consortium", "Consorzi", "consorzi"},
	{"other", "Altre forme", "altre"},
}

// classLabel returns the Italian of a class of legal forms (cases.Facts.Class).
func classLabel(class string) string { return classLabels[classOrder(class)].label }

// classOrder is the place of a class in tables; what is not known is another form.
func classOrder(class string) int {
	for i, c := range classLabels {
		if c.class == class {
			return i
		}
	}
	return len(classLabels) - 1
}

var needLabels = []struct {
	kind  checker.Kinds
	label string
}{
	{checker.StatusEvidence, "l'elenco degli stati delle caselle (--pec-status)"},
	{checker.ExpiryEvidence, "la data di scadenza della PEC negli elenchi"},
	{checker.ProfessionalEvidence, "l'elenco dei professionisti (--professionals)"},
	{checker.DirectorEvidence, "l'elenco dei domicili degli amministratori (--directors o colonna pec_amministratore)"},
	{checker.StateEvidence, "la colonna stato negli elenchi"},
	{checker.MXEvidence, "la verifica DNS (--live dns)"},
	{checker.SMTPEvidence, "la verifica SMTP (--live dns,smtp)"},
	{checker.ReceiptEvidence, "la raccolta delle ricevute PEC (--receipts)"},
}

// needsLabel says in Italian what a rule needs, any one of it.
func needsLabel(k checker.Kinds) string {
	var needs []string
	for _, n := range needLabels {
		if k&n.kind != 0 {
			needs = append(needs, n.label)
		}
	}
	return strings.Join(needs, ", o ")
}

var roleLabels = map[string]string{
	"companies": "Imprese", "pec-status": "Stato delle caselle", "professionals": "Professionisti", "directors": "Amministratori",
	"pending": "Pratiche in corso", "receipts": "Ricevute PEC",
}

var coverageLabels = map[string]string{
	"national": "tutto il registro nazionale",
	"chamber":  "le posizioni di una Camera: le PEC in comune con imprese di altre Camere non si vedono",
	"extract":  "un estratto: le PEC in comune con imprese fuori dagli elenchi non si vedono",
}

var repairLabels = map[string]string{
	"trimmed": "spazi esterni tolti", "mailto": "mailto: tolto", "brackets": "parentesi o virgolette tolte", "trailing": "punteggiatura finale tolta",
	"lowercased": "maiuscole ridotte", "zeros-restored": "zeri iniziali ripristinati", "guard-removed": "guardia del foglio di calcolo tolta",
}

var delimiterLabels = map[string]string{";": "punto e virgola", ",": "virgola", "\t": "tabulazione", "|": "barra verticale", "~": "tilde"}

// label returns the Italian of a word, or the word.
func label(m map[string]string, word string) string {
	if s, ok := m[word]; ok {
		return s
	}
	return word
}

var months = [...]string{
	"", "gennaio", "febbraio", "marzo", "aprile", "maggio", "giugno", "luglio", "agosto", "settembre", "ottobre", "novembre", "dicembre",
}

// monthLabel returns "novembre 2026".
func monthLabel(m checker.Month) string {
	if m.Month < 1 || m.Month > 12 {
		return ""
	}
	return months[m.Month] + " " + strconv.Itoa(m.Year)
}

// monthShort returns "nov 2026".
func monthShort(m checker.Month) string {
	if m.Month < 1 || m.Month > 12 {
		return ""
	}
	return months[m.Month][:3] + " " + strconv.Itoa(m.Year)
}

// A Change is what became of a position from one month to another.
type Change string

// The changes.
const (
	ChangeNew        Change = "new"
	ChangeWorsened   Change = "worsened"
	ChangePersisting Change = "persisting"
	ChangeSolved     Change = "solved"
)

// changeOrder is their order in the sheet: what asks for work first.
var changeOrder = []Change{ChangeNew, ChangeWorsened, ChangePersisting, ChangeSolved}

var changeLabels = map[Change]string{
	ChangeNew: "Nuova", ChangeWorsened: "Aggravata", ChangePersisting: "Persistente", ChangeSolved: "Risolta o chiusa",
}

var changePlurals = map[Change]string{
	ChangeNew: "Nuove", ChangeWorsened: "Aggravate", ChangePersisting: "Persistenti", ChangeSolved: "Risolte o chiuse",
}

// A ConflictKind says why an entry of the office was not taken.
type ConflictKind string

// The conflicts. ReadBack finds those up to ConflictDiffers; the others need the store.
const (
	ConflictWord     ConflictKind = "word"     // not a word of the drop-down
	ConflictNoWord   ConflictKind = "no-word"  // protocol, date or note without an outcome
	ConflictNoDate   ConflictKind = "no-date"  // no date
	ConflictBadDate  ConflictKind = "bad-date" // a date that cannot be read
	ConflictNoCase   ConflictKind = "no-case"  // no ID
	ConflictDiffers  ConflictKind = "differs"  // the same case elsewhere in the workbook with another entry
	ConflictFuture   ConflictKind = "future"   // a date after today
	ConflictUnknown  ConflictKind = "unknown"  // no such case
	ConflictMismatch ConflictKind = "mismatch" // the ID is not that of the codice fiscale
	ConflictMovedOn  ConflictKind = "moved-on" // the case moved on meanwhile
	ConflictRefused  ConflictKind = "refused"  // the state of the case does not allow it
)

var conflictLabels = map[ConflictKind]string{
	ConflictWord:     "l'esito non è fra quelli dell'elenco a discesa",
	ConflictNoWord:   "ci sono protocollo, data o note ma non l'esito",
	ConflictNoDate:   "manca la data dell'esito",
	ConflictBadDate:  "la data dell'esito non è leggibile: scriverla come gg/mm/aaaa",
	ConflictNoCase:   "manca l'ID del procedimento: la riga non si può attribuire",
	ConflictDiffers:  "lo stesso procedimento ha un altro esito in un'altra riga del file: lasciarne uno solo",
	ConflictFuture:   "la data dell'esito è futura",
	ConflictUnknown:  "nessun procedimento ha questo ID",
	ConflictMismatch: "l'ID del procedimento non corrisponde al codice fiscale della riga",
	ConflictMovedOn:  "il procedimento è nel frattempo cambiato",
	ConflictRefused:  "lo stato del procedimento non lo permette",
}

// conflictLine: sheet, row, conflict.
const conflictLine = "%s, riga %d: %s"

// conflictLabel returns the Italian of a conflict.
func conflictLabel(k ConflictKind) string { return conflictLabels[k] }

// Messages of the cells that the office fills in.
const (
	textPickOutcome = "Scegliere un esito dall'elenco; le spiegazioni sono nel foglio Riepilogo."
	textTypeDate    = "Scrivere una data, per esempio 15/11/2026."
)

// partOf marks the print header of a list that goes over several sheets.
func partOf(part, parts int) string {
	return " (foglio " + strconv.Itoa(part) + " di " + strconv.Itoa(parts) + ")"
}

// printFooter: sheet and page.
const printFooter = `&L&8&"-,Regular"&A&R&8&"-,Regular"pagina &P di &N`

// closingFooter: what the pages are for, and page.
const closingFooter = `&L&7&"-,Regular"` + Closing + `&R&7&"-,Regular"pagina &P di &N`

func provisionsTitle(d cases.Decider) string {
	if d == cases.Registrar {
		return "Proposta di cancellazione al Conservatore"
	}
	return "Proposta di cancellazione al Giudice del registro"
}

// plural returns "1 posizione" or "2.345 posizioni".
func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return thousands(n) + " " + many
}

// thousands returns n with Italian separators.
func thousands(n int) string {
	s := strconv.Itoa(n)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "." + s[i:]
	}
	return s
}

const (
	textHolderGone = ": non la dichiara più"
	textAndOthers  = "e altre "
	textWorthALook = "Segnalazione da valutare"
	textOfficeHeld = "Vale quanto accertato dall'Ufficio"
)

// whyUnknown says why a line stands on Da verificare.
func (r *Row) whyUnknown() string {
	switch {
	case r.Reason != "":
		return reasonLabel(r.Reason)
	case r.Office != "":
		return textOfficeHeld
	}
	return textWorthALook
}

// The words of the summary at a terminal.
const (
	summaryHead        = "Verifica al %s. Gli elenchi contengono %s.\n\n"
	summaryRows        = "Righe lette"
	summaryCompanies   = "Imprese distinte"
	summaryByChamber   = "Imprese, contate Camera per Camera" // of the country: one that is in two chambers counts twice
	summaryFound       = "Irregolarità per regola                                                          irregolari da verif."
	summaryNoted       = "Segnalazioni, che non rendono irregolari                                         segnalate  da verif."
	summaryNotDone     = "Controlli NON eseguiti"
	summaryPartly      = "Controlli eseguiti solo in parte"
	summaryMissing     = "manca "
	summaryRowsWithout = "righe senza i dati necessari"
)

// summaryAssumed says what was taken as given.
var summaryAssumed = map[string]string{
	"stato":            "Colonna stato assente: le posizioni sono considerate iscritte e attive.",
	"data_riferimento": "Data di riferimento degli elenchi non indicata: si presume il giorno della verifica.",
}

// CaseHeader returns the titles of the table of cases at a terminal.
func CaseHeader() []string {
	return []string{"ID", "CCIAA", "Codice fiscale", "Denominazione", "Motivo", "Stato", "Rilevata il", "Termine", "Giorni"}
}

// CaseCount returns the line below the table of cases.
func CaseCount(n int, asOf checker.Date) string {
	return plural(n, "procedimento", "procedimenti") + " al " + asOf.Italian()
}

// The columns of the other sheets.
const (
	columnChamber      = "Camera di commercio"
	columnPositions    = "Posizioni"
	columnCompanies    = "Imprese"
	columnNonCompliant = "Irregolari"
	columnColumn       = "Colonna"
	columnText         = "Testo della riga"
	columnTitle        = "Controllo"
	columnForce        = "Valore"
	columnFrom         = "In vigore dal"
	columnUntil        = "Fino al"
	columnCites        = "Fonti"
	columnFail         = "Rilievi"
	columnUnknown      = "Da verificare"
	columnNotRun       = "Senza dati"
	columnClient       = "Cliente"
	columnProblem      = "Problema"
	columnActBy        = "Agire entro"
	columnWhy          = "Perché entro"
	columnDone         = "Fatto"

	titleChambers = "Camere di commercio"
	textNoLonger  = "Non più rilevata"
)

func forceLabel(binding bool) string {
	if binding {
		return "Vincolante"
	}
	return "Informativa"
}

// chamberName names the chamber of a workbook or line.
func chamberName(slug, name string) string {
	switch {
	case slug == "", slug == "da-attribuire":
		return "Posizioni da attribuire"
	case name == "":
		return slug
	}
	return name
}

func changesTitle(m checker.Month) string {
	if m == (checker.Month{}) {
		return SheetChanges
	}
	return SheetChanges + " rispetto a " + monthLabel(m)
}

const (
	whyDue              = "Obbligo già in essere: da regolarizzare subito"
	consequenceDue      = "Le domande di iscrizione sono sospese finché l'impresa non comunica un domicilio digitale."
	consequenceExpiring = "Alla scadenza la casella non riceve più e la posizione diventa irregolare."
)

func whyPublished(d checker.Date) string { return "Elenco pubblicato il " + d.Italian() }

// whyGivenList is for a list that an accountant names: whether the client is on it, the audit does not know.
func whyGivenList(d checker.Date) string { return whyPublished(d) + ", se l'impresa vi figura" }
func whyNextList(d checker.Date) string  { return "Prossimo elenco possibile: " + d.Italian() }
func whyExpiring(d checker.Date) string {
	return "La casella scade il " + d.Italian() + "; sette giorni lavorativi per rinnovarla"
}

func consequence(d cases.Decider) string {
	who := "del Giudice del registro"
	if d == cases.Registrar {
		who = "del Conservatore"
	}
	return "Pubblicazione all'Albo camerale e, decorso il termine, cancellazione della PEC con provvedimento " + who +
		"; poi le domande di iscrizione sono sospese finché manca un domicilio digitale."
}

// The texts of Riepilogo.
const (
	titleWorkbook  = "Domicili digitali delle imprese"
	titleChecks    = "Controlli eseguiti e non eseguiti"
	titleNotDone   = "Non eseguiti"
	titlePartly    = "Eseguiti solo in parte"
	titleVerdicts  = "Esito delle verifiche"
	titleGrounds   = "Irregolarità in essere, per motivo"
	titleSpread    = "Irregolarità per motivo, provincia e classe"
	titleStates    = "Procedimenti per stato"
	titleWindows   = "Termini in corso"
	titleTrend     = "Andamento degli ultimi dodici mesi"
	titleContents  = "Fogli"
	titleProcedure = "Procedura"
	titleHandBack  = "Come riconsegnare il file"

	columnVerdict  = "Esito"
	columnShare    = "Quota"
	columnProvince = "Provincia"
	columnCases    = "Procedimenti"
	columnList     = "Elenco"
	columnOverdue  = "Oltre l'ultimo giorno utile"
	columnMonth    = "Mese"
	columnLines    = "Righe"

	textTotal    = "Totale"
	textNoBreach = "Nessuna irregolarità in essere."
	textNoCases  = "Le colonne a fondo chiaro (Esito istruttoria, Protocollo, Data esito, Note) sono a disposizione dell'Ufficio: una verifica singola non apre procedimenti."
	textHandBack = "Compilare le colonne a fondo chiaro di un foglio qualsiasi (Esito istruttoria, Protocollo, Data esito, Note) e riconsegnare il file: si può ordinare, " +
		"filtrare, togliere righe, spostare colonne. La data è necessaria e non può essere futura."
)

// title is the workbook's title among its properties.
func (v *view) title() string { return titleWorkbook + " · " + v.heading() }

// heading says whose the workbook is, in every print header.
func (v *view) heading() string {
	switch v.Kind {
	case AuditBook:
		return "Verifica al " + v.AsOf.Italian()
	case NationalBook:
		return "Tutte le Camere · " + monthLabel(v.Month.Month)
	}
	who := chamberName(v.Chamber, v.Name)
	if v.Chamber != "" {
		who = columnCCIAA + " " + who
	}
	return who + " · " + monthLabel(v.Month.Month)
}

func (v *view) subtitle() string {
	if v.Kind == AuditBook {
		return v.heading()
	}
	return v.heading() + " · situazione al " + v.AsOf.Italian()
}

func checksDone(ids []string, all int) string {
	if len(ids) == 0 {
		return "Nessun controllo eseguito."
	}
	return "Eseguiti " + strconv.Itoa(len(ids)) + " controlli su " + strconv.Itoa(all) + ": " + strings.Join(ids, ", ") +
		". Il foglio «" + SheetRules + "» li descrive."
}

func coverageNote(coverage string) string {
	return "Gli elenchi contengono " + label(coverageLabels, coverage) + "."
}

func notDone(needs checker.Kinds) string {
	if needs == 0 {
		return "Nessuna posizione lo riguarda"
	}
	return "Manca " + needsLabel(needs)
}

func partlyDone(rows int, needs checker.Kinds) string {
	text := plural(rows, "posizione senza dati", "posizioni senza dati")
	if needs != 0 {
		text += ": manca " + needsLabel(needs)
	}
	return text
}

func publishedOn(d checker.Date) string { return "Pubblicato il " + d.Italian() }

func manyProvinces(n int) string {
	return plural(n, "provincia", "province") + ": per vederle una per una, filtrare «" + SheetComplete + "» per CCIAA o N. REA."
}

func continues(sheet string, parts int) string {
	return "continua nei fogli fino a «" + partName(sheet, parts-1) + "»"
}

// The texts of Fonti dei dati.
const (
	titleRun         = "Elaborazione"
	titleInputs      = "Elenchi letti"
	titleMapping     = "Corrispondenza delle colonne"
	textProgram      = "Programma"
	textConfig       = "Impronta della configurazione"
	textAsOf         = "Situazione al"
	textCoverage     = "Copertura degli elenchi"
	textPublications = "Elenchi pubblicati il"
	textPresumed     = "    data di riferimento non indicata: si presume quella della verifica"
	textRepairs      = "    corretti: "
	textNotUsed      = "non usata"

	columnRole      = "Contenuto"
	columnSize      = "Byte"
	columnDigest    = "SHA-256"
	columnReference = "Data di riferimento"
	columnRead      = "Righe lette"
	columnRepaired  = "Corrette"
	columnRejected  = "Scartate"
	columnEncoding  = "Codifica"
	columnDelimiter = "Separatore"
	columnHeader    = "Riga di intestazione"
	columnHeading   = "Intestazione"
	columnField     = "Campo"
	columnRemark    = "Nota"
)

// The words of a live check at a terminal.
const (
	probedMalformed  = "Non è un indirizzo di posta"
	probedCertified  = "Il dominio %s è fra quelli certificati noti: %s."
	probedOrdinary   = "Il dominio %s è di posta ordinaria: %s."
	probedUnlisted   = "Il dominio %s non è fra quelli noti: non dice nulla, l'elenco dei domini PEC non è pubblico."
	probedSuggestion = "Un dominio noto quasi uguale: %s. È solo un suggerimento."

	replyControlled   = "Lo stesso server rifiuta una casella impossibile e ne ha accettata un'altra: il rifiuto riguarda questa casella. Resta un indizio, non una prova."
	replyUncontrolled = "Senza i controlli (una casella impossibile rifiutata e un'altra accettata) il rifiuto non dice nulla."
)

var mxLabels = map[string]string{
	"hosts": "riceve posta", "implicit": "nessun MX, ma un indirizzo", "nothing": "nessun MX e nessun indirizzo", "null-mx": "MX nullo",
	"no-domain": "il dominio non esiste", "unusable": "MX non utilizzabile", "fault": "nessuna risposta",
}

var mxMeanings = map[string]string{
	"hosts":     "Il dominio ha server di posta. Non dice se la casella esiste.",
	"implicit":  "La posta andrebbe all'indirizzo del dominio stesso. Non dice se la casella esiste.",
	"nothing":   "Il dominio esiste ma non riceve posta. Vale solo se confermato in un altro giorno: può essere un errore passeggero del DNS.",
	"null-mx":   "Il dominio dichiara di non ricevere posta. Vale solo se confermato in un altro giorno.",
	"no-domain": "Il dominio non è registrato o non è pubblicato. Vale solo se confermato in un altro giorno.",
	"unusable":  "I server indicati non sono nomi validi. È un errore di configurazione, non la prova che la posta non arrivi.",
	"fault":     "La domanda non ha avuto risposta: non dice nulla del dominio né della casella.",
}

var exchangerLabels = map[string]string{
	"certified": "I server sono di un gestore PEC.",
	"ordinary":  "I server sono di un operatore di posta ordinaria.",
	"mixed":     "I server sono di operatori di specie diversa: non permette conclusioni.",
	"unknown":   "I server non sono di un operatore noto.",
}

var replyLabels = map[string]string{
	"unclear": "risposta non chiara", "accepted": "destinatario accettato", "no-mailbox": "il server dice che la casella non esiste", "full": "casella piena",
	"policy": "rifiuto che riguarda chi chiede", "temporary": "risposta temporanea", "fault": "nessuna risposta",
}

var replyMeanings = map[string]string{
	"unclear":    "Il testo non permette di capire se riguardi la casella: non dice nulla.",
	"accepted":   "Il server accetta posta ordinaria per questo indirizzo. Molti accettano tutto: non prova che la casella esista.",
	"no-mailbox": "Detto a posta ordinaria: da solo non prova nulla.",
	"full":       "La casella esiste. Una casella piena non è una casella inattiva.",
	"policy":     "Il server rifiuta la posta non certificata, l'indirizzo IP o il mittente: non dice nulla della casella.",
	"temporary":  "Il server chiede di riprovare più tardi: non dice nulla della casella.",
	"fault":      "La domanda non ha avuto risposta: non dice nulla della casella.",
}

// The words of letters.
const (
	columnByPEC   = "Recapitabile via PEC"
	columnSubject = "Oggetto"
	columnBody    = "Testo"
	letterYes     = "sì"
	letterNo      = "no"

	letterClientSubject = "Domicilio digitale (PEC) dell'impresa: %s"
	letterClientBody    = "Spett.le %s,\n\ndal controllo del domicilio digitale iscritto nel Registro delle imprese (%s) risulta: %s.\n\n" +
		"Che cosa fare: %s\n\nEntro il: %s (%s)\n\nIn mancanza: %s\n\nCordiali saluti"

	letterOfficeSubject = "Avvio del procedimento di cancellazione del domicilio digitale - %s (REA %s)"
	letterOfficeBody    = "Camera di commercio di %s - Ufficio del Registro delle imprese\n\n" +
		"Si comunica l'avvio del procedimento relativo al domicilio digitale iscritto (%s).\n\nMotivo: %s. %s\n\n" +
		"L'elenco è stato pubblicato all'Albo camerale (%s) il %s.\n\nCome regolarizzare: %s\n\n" +
		"Termine: %s. Ultimo giorno utile, tenuto conto di sabati e festivi: %s.\n\nSe la posizione è già stata regolarizzata, non occorre fare altro."
)

// The words of what is read back from a workbook.
const (
	enteredLine  = "%s, riga %d: %s, %s. Stato: %s"
	readBackHead = "Esiti registrati: %d. Già noti: %d. Non registrati: %d."
	readBackDry  = "Prova: esiti che sarebbero registrati: %d. Già noti: %d. Non registrabili: %d. Nulla è stato modificato."
)

// filledIn names a workbook that was kept because somebody wrote in it.
const filledIn = "compilata"
