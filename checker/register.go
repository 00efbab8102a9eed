package checker

// FormClass groups legal forms by what the law attaches to them.
type FormClass uint8

// The classes of configs/forms.yaml.
const (
	OtherForm        FormClass = iota
	SoleTrader                 // impresa individuale
	Partnership                // società di persone
	CapitalCompany             // società di capitali
	Cooperative                // società cooperativa
	Consortium                 // consorzio, not in form of a company
	ConsortiumEntity           // società consortile
)

// Duty says whether a legal form must have a digital domicile.
type Duty uint8

// The duties. Disputed: sources disagree, so that nobody is accused of having none.
const (
	DutyDisputed Duty = iota
	DutyYes
	DutyNo
)

// A LegalForm is an entry of configs/forms.yaml.
type LegalForm struct {
	Code   string   // two letters of the register, "SR"
	Name   string   // Italian
	Words  []string // other spellings: "S.R.L.", "ditta individuale"
	Class  FormClass
	Duty   Duty
	Period Period
	Source string
}

// A Chamber is a chamber of commerce, an entry of configs/chambers.yaml.
type Chamber struct {
	Slug      string // "cagliari-oristano"
	Name      string // "Cagliari-Oristano"
	Provinces []Province
	Source    string
}

// A Province is a province of the business register: it keeps its sigla though chambers merge.
type Province struct {
	Sigla   string   // of the register: "FO"
	Name    string   // "Forlì-Cesena"
	Also    []string // other sigle and names: "FC"
	Divided []string // sigle and names of newer provinces that this register only covers in part: "BT"
	Period  Period
}

// ProviderKind says what a provider's mailboxes are.
type ProviderKind uint8

// The kinds of provider. The zero kind is unknown.
const (
	UnknownProvider ProviderKind = iota
	CertifiedProvider
	OrdinaryProvider
	MixedProviders // of a set of exchangers: more than one kind
)

// A Provider is an entry of configs/providers.yaml or of a file of that form.
type Provider struct {
	ID         string
	Name       string
	Kind       ProviderKind
	Domains    []string // mailbox domains: longest suffix for certified, exact for ordinary
	MX         []string // exchanger hosts, longest suffix
	KnownGood  string   // control address for probes, "" if none
	ThirdParty bool     // known only from somebody's list of free or throw-away domains: proves nothing by itself
	Period     Period
	Source     string
}

// DomainFacts is what the provider tables say of one domain. It is computed once a domain.
type DomainFacts struct {
	Provider   *Provider // of the entry that decides; nil when the domain is in no table
	Certified  bool      // the domain is in a table of certified domains, in force on the day
	Ordinary   bool      // exactly one of a curated ordinary provider's domains, and in no certified table
	Listed     bool      // only on a third-party list of free or throw-away domains
	Ended      Date      // when its last entry as certified ended, if that was before the day; else zero
	Suggestion string    // a known domain one edit away, "" if none or if the domain is itself known to exist
}
