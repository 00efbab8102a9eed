package probe

import (
	"regexp"
	"strconv"
	"strings"

	"pecaudit/checker"
)

// A meaning is a row of the table, or one of the classes that the code alone decides.
type meaning struct {
	class  checker.ReplyClass
	reason checker.Reason
	// aboutUs: every other address of the operator would get this same reply, so there is no use in asking on.
	aboutUs bool
}

var (
	unclear   = meaning{class: checker.ReplyUnclear, reason: checker.ReasonAmbiguous}
	accepted  = meaning{class: checker.ReplyAccepted}
	noMailbox = meaning{class: checker.ReplyNoMailbox}
	full      = meaning{class: checker.ReplyFull}
	policy    = meaning{class: checker.ReplyPolicy, reason: checker.ReasonPolicy}
	blocked   = meaning{class: checker.ReplyPolicy, reason: checker.ReasonPolicy, aboutUs: true}
	temporary = meaning{class: checker.ReplyTemporary, reason: checker.ReasonTemporary}
)

// permanent is read from the top for a 5xx reply; the first row that fits decides. A row fits when the enhanced code begins with its own (""
// fits all), the code is one of its codes (none: any) and the words are in the text.
var permanent = []struct {
	means    meaning
	enhanced string
	codes    string
	words    *regexp.Regexp
	source   string
}{
	{
		blocked, "", "", words(`block(ed)? (using|list|by)|blocklist|black ?list(ed)?|(zen|sbl|xbl|pbl)\.|spamhaus|spamcop|barracuda(central)?|sorbs|dnsbl|rbl|reputation|banned|` +
			`indirizzo ip bloccato|ip bloccato|sospetto abuso|(client|sender) host (rejected|blocked)|service (refused|unavailable);`),
		"block lists and providers' own: DOMAIN 5.4 (Aruba: \"Indirizzo IP bloccato temporaneamente per sospetto abuso\"), Postfix reject_rbl_client",
	},
	{
		unclear, "", "", words(`sconosciut[oa] o non (abilitat|autorizzat)[oa]|unknown or (not|un\w+)|inesistente o non|non esiste o non|not exist or|unavailable or`),
		"answers that merge \"unknown\" with \"refuses ordinary mail\": DOMAIN 5.4 (Aruba's 554)",
	},
	{policy, "", "530 534 535 538", nil, "RFC 4954, RFC 3207: authentication or TLS is asked for"},
	{policy, "5.7.", "", nil, "RFC 3463, 3.8: security or policy"},
	{
		policy, "", "", words(`relaying|relay (access|not)|(unable|not|cannot|permitted|allowed) to relay|(not|no) relay|not local|spam|denied|deny|polic(y|ies)|not (permitted|allowed|authori[sz]ed|accepting)|unauthori[sz]ed|authenticat(e|ed|ion)|` +
			`certificat[aoei]|certified|non abilitat[oaie]|non autorizzat[oaie]|posta ordinaria|ordinary mail|prohibited|forbidden|restricted|` +
			`spf|dkim|dmarc|reverse dns|rdns|ptr|helo|ehlo|sender|mittente|rate|too (many|much)|troppi|troppe|greylist(ed|ing)?|verify|verification`),
		"refusals about the sender, the connection or the kind of mail: Postfix, Exim, Exchange, PEC providers",
	},
	{full, "5.2.2", "", nil, "RFC 3463, 3.3: mailbox full"},
	{unclear, "5.2.", "", nil, "RFC 3463, 3.3: disabled, message too long: the mailbox exists, or did"},
	{unclear, "5.3.", "", nil, "RFC 3463, 3.4: mail system status"},
	{unclear, "5.4.", "", nil, "RFC 3463, 3.5: network and routing"},
	{
		unclear, "", "", words(`disabled|suspended|inactive|locked|disattivat[oa]|sospes[oa]|inattiv[oa]|bloccat[oa]|temporar(y|ily)|temporane[oa]|temporaneamente`),
		"mailboxes that exist and take nothing now",
	},
	{
		full, "", "550 552", words(`(mailbox|quota|storage|casella|spazio) .*(full|exceeded|exceed|over|piena|esaurit[oa]|superat[oa])|(full|over|exceeded) .*(mailbox|quota|storage)|overquota|casella piena`),
		"full without an enhanced code: Dovecot, Courier, qmail",
	},
	{unclear, "", "552", nil, "RFC 5321, 4.2.2: storage allocation, of the message or of the mailbox"},
	{noMailbox, "5.1.1", "550 551 553 554", nil, "RFC 3463, 3.2: bad destination mailbox address"},
	{unclear, "5.1.2", "", nil, "RFC 3463, 3.2: bad destination system"},
	{unclear, "5.1.3", "", nil, "RFC 3463, 3.2: bad syntax"},
	{unclear, "5.1.6", "", nil, "RFC 3463, 3.2: mailbox has moved"},
	{unclear, "5.1.7", "", nil, "RFC 3463, 3.2: sender's address"},
	{unclear, "5.1.8", "", nil, "RFC 3463, 3.2: sender's system"},
	{
		noMailbox, "", "550 551 553 554", words(`(unknown|no such|nonexist[ae]nt|non-exist[ae]nt|invalid) (local )?(user|recipient|mailbox|account|address)|` +
			`(user|recipient|mailbox|account|address)( name)?( is)? (unknown|not (found|known)|doesn'?t exist|does not exist|not exist)|no mailbox (here|by)|recipientnotfound|` +
			`(utente|destinatario|indirizzo|casella|mailbox)( destinatario| di posta)? (sconosciut[oa]|inesistente|non (esiste|esistente|trovat[oa]|valid[oa]))`),
		"\"unknown\" without an enhanced code: Sendmail, qmail, Exim, Exchange's 5.1.10",
	},
}

// words compiles alternatives that are looked for as whole words, without case.
func words(alternatives string) *regexp.Regexp {
	return regexp.MustCompile(`\b(?:` + alternatives + `)(?:\b|$|\s)`)
}

// meaningOf says what an exchanger's reply to RCPT TO means, from the code, the enhanced status code ("" if none) and the text, raw and possibly
// of several lines. The reason is set for every class that is no answer about the mailbox. When a reply can be read in two ways
// it takes the one that accuses less: a mailbox is called unknown only by a reply that says so and nothing else.
// Sources: RFC 5321 section 4.2, RFC 3463, RFC 7504, RFC 7505 and the wordings noted in the table.
func meaningOf(code int, enhanced, text string) meaning {
	switch {
	case code == 250 || code == 251:
		return accepted
	case code >= 400 && code < 500:
		return temporary
	case code < 500 || code > 599:
		return unclear
	}
	said := plain(text)
	for _, row := range permanent {
		if fits(enhanced, row.enhanced) && (row.codes == "" || strings.Contains(row.codes, strconv.Itoa(code))) && (row.words == nil || row.words.MatchString(said)) {
			return row.means
		}
	}
	return unclear
}

// fits compares an enhanced code with that of a row: the same one, or one of a group that ends in a dot.
func fits(enhanced, row string) bool {
	if strings.HasSuffix(row, ".") {
		return strings.HasPrefix(enhanced, row)
	}
	return row == "" || enhanced == row
}

var (
	echoed    = regexp.MustCompile(`<[^<>]*>|\S*@\S*|https?:\S*`)
	lineCodes = regexp.MustCompile(`(?m)^\s*[2-5][0-9][0-9](?:[- ]|$)(?:\s*[2-5]\.[0-9]{1,3}\.[0-9]{1,3}\b)?`)
	blanks    = regexp.MustCompile(`\s+`)
)

// plain returns the words of a reply in lower case on one line, without its codes, links and addresses: a mailbox called "sconosciuto" must not
// look like the word.
func plain(text string) string {
	text = lineCodes.ReplaceAllString(strings.ToLower(strings.ToValidUTF8(text, "?")), " ")
	return strings.TrimSpace(blanks.ReplaceAllString(echoed.ReplaceAllString(text, " "), " "))
}

// limiting reports whether a 4xx reply asks us to slow down, rather than speaking of the mailbox.
func limiting(r reply) bool {
	switch {
	case r.code == 421:
		return true
	case r.code == 452: // RFC 5321, 4.5.3.1.10: too many recipients, or no storage; but perhaps that of this one mailbox
		return r.enhanced != "4.2.2" && !ofMailbox.MatchString(plain(r.text))
	case r.code >= 400 && r.code < 500:
		return tooMuch.MatchString(plain(r.text))
	}
	return false
}

var (
	ofMailbox = words(`mailbox|casella|quota|overquota`)
	// tooMuch is how Postfix's anvil and others speak of rates: "450 4.7.1 Error: too many recipients from ...".
	tooMuch = words(`too (many|much|fast|frequent)|rate limit(ed)?|slow down|throttl(ed|ing)|troppi|troppe`)
)
