package probe

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"pecaudit/checker"
)

// Replies as servers word them; hosts and addresses are invented.
var wordings = []struct {
	code     int
	enhanced string
	text     string
	class    checker.ReplyClass
	reason   checker.Reason
}{
	{250, "2.1.5", "250 2.1.5 Ok", checker.ReplyAccepted, ""},
	{251, "", "251 User not local; will forward to <x@y.example>", checker.ReplyAccepted, ""},
	{252, "", "252 Cannot VRFY user, but will accept message", checker.ReplyUnclear, checker.ReasonAmbiguous},
	{354, "", "354 go on", checker.ReplyUnclear, checker.ReasonAmbiguous},
	{0, "", "", checker.ReplyUnclear, checker.ReasonAmbiguous},
	{600, "", "600 no such user", checker.ReplyUnclear, checker.ReasonAmbiguous},

	// Mailbox unknown.
	{550, "5.1.1", "550 5.1.1 <a@b.example>: Recipient address rejected: User unknown in virtual mailbox table", checker.ReplyNoMailbox, ""}, // Postfix
	{550, "5.1.1", "550 5.1.1 <a@b.example>: Recipient address rejected: User unknown in relay recipient table", checker.ReplyNoMailbox, ""},
	{550, "5.1.1", "550-5.1.1 The email account that you tried to reach does not exist. Please try\n550-5.1.1 double-checking the recipient's email address for typos or\n" +
		"550 5.1.1  unnecessary spaces. Learn more at https://support.b.example/?p=NoSuchUser", checker.ReplyNoMailbox, ""},
	{550, "5.1.1", "550 5.1.1 <a@b.example>... User unknown", checker.ReplyNoMailbox, ""}, // Sendmail
	{550, "", "550 No Such User Here", checker.ReplyNoMailbox, ""},                        // Exim
	{550, "", "550 <a@b.example> utente sconosciuto", checker.ReplyNoMailbox, ""},
	{554, "", "554 casella di posta inesistente", checker.ReplyNoMailbox, ""},
	{550, "5.1.10", "550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient a@b.example not found by SMTP address lookup", checker.ReplyNoMailbox, ""}, // Exchange
	{550, "5.0.0", "550 5.0.0 unknown user", checker.ReplyNoMailbox, ""},
	{553, "5.1.1", "553 5.1.1 sorry, no mailbox here by that name (#5.1.1)", checker.ReplyNoMailbox, ""}, // qmail
	{550, "5.1.1", "550 5.1.1 non \xe8 attiva, destinatario sconosciuto", checker.ReplyNoMailbox, ""},

	// Full.
	{552, "5.2.2", "552 5.2.2 Mailbox full", checker.ReplyFull, ""},
	{550, "5.2.2", "550 5.2.2 user over quota", checker.ReplyFull, ""},
	{552, "", "552 casella piena", checker.ReplyFull, ""},
	{552, "", "552 Mailbox quota exceeded", checker.ReplyFull, ""},
	{552, "5.3.4", "552 5.3.4 Message size exceeds fixed limit", checker.ReplyUnclear, checker.ReasonAmbiguous},
	{552, "", "552 Requested mail action aborted: exceeded storage allocation", checker.ReplyFull, ""}, // of a recipient: RFC 5321, 4.2.2
	{552, "", "552 too big for me", checker.ReplyUnclear, checker.ReasonAmbiguous},

	// About us.
	{554, "5.7.1", "554 5.7.1 Service unavailable; Client host [192.0.2.1] blocked using zen.spamhaus.org", checker.ReplyPolicy, checker.ReasonPolicy},
	{554, "", "554 Indirizzo IP bloccato temporaneamente per sospetto abuso", checker.ReplyPolicy, checker.ReasonPolicy}, // DOMAIN 5.4
	{550, "5.7.1", "550 5.7.1 <a@b.example>: user unknown", checker.ReplyPolicy, checker.ReasonPolicy},
	{554, "5.7.1", "554 5.7.1 <a@b.example>: Relay access denied", checker.ReplyPolicy, checker.ReasonPolicy},
	{550, "5.4.1", "550 5.4.1 Recipient address rejected: Access denied", checker.ReplyPolicy, checker.ReasonPolicy},
	{550, "", "550 relaying to <a@b.example> prohibited by administrator", checker.ReplyPolicy, checker.ReasonPolicy},
	{550, "5.1.1", "550 5.1.1 <a@b.example> la casella accetta solo posta certificata", checker.ReplyPolicy, checker.ReasonPolicy},
	{530, "5.7.0", "530 5.7.0 Must issue a STARTTLS command first", checker.ReplyPolicy, checker.ReasonPolicy},
	{550, "", "550 Sender verify failed", checker.ReplyPolicy, checker.ReasonPolicy},
	{550, "5.1.1", "550 5.1.1 user unknown; too many errors from you", checker.ReplyPolicy, checker.ReasonPolicy},

	// Two meanings in one.
	{
		554, "5.1.1", "554 5.1.1 Messaggio rifiutato dal sistema. Indirizzo destinatario sconosciuto o non abilitato alla ricezione di posta non certificata",
		checker.ReplyUnclear, checker.ReasonAmbiguous,
	}, // DOMAIN 5.4, Aruba
	{550, "", "550 Requested action not taken: mailbox unavailable", checker.ReplyUnclear, checker.ReasonAmbiguous}, // RFC 5321: not found, no access, or policy
	{550, "5.2.1", "550 5.2.1 The email account that you tried to reach is disabled", checker.ReplyUnclear, checker.ReasonAmbiguous},
	{550, "5.1.1", "550 5.1.1 mailbox temporarily disabled", checker.ReplyUnclear, checker.ReasonAmbiguous},
	{550, "5.1.2", "550 5.1.2 Bad destination system: user unknown", checker.ReplyUnclear, checker.ReasonAmbiguous},
	{554, "5.4.6", "554 5.4.6 mail for b.example loops back to myself", checker.ReplyUnclear, checker.ReasonAmbiguous},
	{500, "5.5.2", "500 5.5.2 Error: bad syntax", checker.ReplyUnclear, checker.ReasonAmbiguous},
	{556, "5.1.10", "556 5.1.10 Domain does not accept mail", checker.ReplyUnclear, checker.ReasonAmbiguous}, // RFC 7504
	{550, "", "550 ", checker.ReplyUnclear, checker.ReasonAmbiguous},
	// What the mailbox is called is not what the server says.
	{550, "", "550 <utente.sconosciuto@b.example> rejected", checker.ReplyUnclear, checker.ReasonAmbiguous},
	{550, "5.1.1", "550 5.1.1 <spam.relay@denied.example>: user unknown", checker.ReplyNoMailbox, ""},
	{550, "", "550 no such user: spamhaus@rbl.example", checker.ReplyNoMailbox, ""},

	// Later.
	{421, "4.3.2", "421 4.3.2 Shutting down", checker.ReplyTemporary, checker.ReasonTemporary},
	{450, "4.7.1", "450 4.7.1 Greylisted, try again in 300 seconds", checker.ReplyTemporary, checker.ReasonTemporary},
	{450, "4.1.1", "450 4.1.1 <a@b.example>: Recipient address rejected: unverified address: user unknown", checker.ReplyTemporary, checker.ReasonTemporary},
	{452, "4.2.2", "452 4.2.2 Mailbox full", checker.ReplyTemporary, checker.ReasonTemporary},
}

func TestClassify(t *testing.T) {
	t.Parallel()
	for _, w := range wordings {
		if m := meaningOf(w.code, w.enhanced, w.text); m.class != w.class || m.reason != w.reason {
			t.Errorf("%q: class %d, reason %q; want %d, %q", w.text, m.class, m.reason, w.class, w.reason)
		}
	}
}

// Every row of the table is there for a reason, and is reached.
func TestClassifyTable(t *testing.T) {
	t.Parallel()
	for i, row := range permanent {
		if row.source == "" {
			t.Errorf("row %d has no source", i)
		}
		if row.means.class == checker.ReplyAccepted || row.means.class == checker.ReplyTemporary || row.means.reason == "" != (row.means.class == checker.ReplyNoMailbox || row.means.class == checker.ReplyFull) {
			t.Errorf("row %d: %+v", i, row.means)
		}
	}
}

func TestLimiting(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		"421 4.7.0 Too many connections":                      true,
		"452 4.5.3 Too many recipients":                       true,
		"452 4.3.1 Insufficient system storage":               true,
		"452 Requested action not taken":                      true,
		"450 4.7.1 Error: too many recipients from 192.0.2.1": true,
		"451 4.7.1 Rate limited, slow down":                   true,
		"452 4.2.2 Mailbox full":                              false,
		"452 a@b.example is over quota":                       false,
		"450 4.7.1 Greylisted, try again in 300 seconds":      false,
		"451 4.3.0 Temporary lookup failure":                  false,
		"450 4.1.1 <too.many@b.example>: unverified":          false,
		"550 5.7.1 too many errors: a verdict is no limit":    false,
	} {
		tr := new(transcript)
		_, _ = tr.Write([]byte("RCPT TO:<a@b.example>\r\n" + text + "\r\n"))
		if got := limiting(tr.reply()); got != want {
			t.Errorf("%q: %v", text, got)
		}
	}
}

// Only a permanent reply can speak against a mailbox, and a word of policy takes it back, wherever it stands.
func TestClassifyDoubt(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		w := rapid.SampledFrom(wordings).Draw(t, "wording")
		doubt := rapid.SampledFrom([]string{"access denied", "relaying denied", "posta certificata", "blocked using rbl.example", "spam", "mailbox disabled", "5.7.1 policy"}).Draw(t, "doubt")
		lines := append(strings.Split(w.text, "\n"), doubt)
		if rapid.Bool().Draw(t, "before") {
			lines = append([]string{doubt}, strings.Split(w.text, "\n")...)
		}
		if meaningOf(w.code, w.enhanced, strings.Join(lines, "\n")).class == checker.ReplyNoMailbox {
			t.Fatalf("%q with %q: unknown all the same", w.text, doubt)
		}
		code := rapid.IntRange(-1, 499).Draw(t, "code")
		if class := meaningOf(code, w.enhanced, w.text).class; class == checker.ReplyNoMailbox || class == checker.ReplyFull {
			t.Fatalf("%d %q: class %d", code, w.text, class)
		}
	})
}

func FuzzClassify(f *testing.F) {
	for _, w := range wordings {
		f.Add(w.code, w.enhanced, w.text)
	}
	f.Fuzz(func(t *testing.T, code int, enhanced, text string) {
		m := meaningOf(code, enhanced, text)
		class, reason := m.class, m.reason
		answer := class == checker.ReplyAccepted || class == checker.ReplyNoMailbox || class == checker.ReplyFull
		if answer != (reason == "") {
			t.Errorf("class %d with reason %q", class, reason)
		}
		if class == checker.ReplyNoMailbox && (code < 500 || code > 599 || enhanced == "" && plain(text) == "" || strings.HasPrefix(enhanced, "5.7.")) {
			t.Errorf("called unknown by %d %q %q", code, enhanced, text)
		}
	})
}

// Whatever a server sends, the transcript yields some reply and no more than was sent.
func FuzzTranscript(f *testing.F) {
	for _, w := range wordings {
		f.Add(w.text)
	}
	f.Add("550-a\r\n550-b\r\nrubbish\r\n550 c")
	f.Fuzz(func(t *testing.T, text string) {
		tr := new(transcript)
		if _, err := tr.Write([]byte("RCPT TO:<a@b.example>\r\n" + text)); err != nil {
			t.Skip()
		}
		r := tr.reply()
		if len(r.text) > len(text)+len("RCPT TO:<a@b.example>") || r.code != 0 && (r.code < 200 || r.code > 599) {
			t.Errorf("%+v", r)
		}
	})
}
