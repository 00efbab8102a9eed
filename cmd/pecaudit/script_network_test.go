package main

import (
	"os"
	"strconv"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"pecaudit/checker/probe/probetest"
	"pecaudit/checker/receipt/receipttest"
)

// network FILE: plays the scenario in FILE on the loopback until the script ends; $DNS is its server, $SMTP the port of its exchangers.
func scriptNetwork(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: network FILE")
	}
	server, err := probetest.Start(ts.ReadFile(args[0]))
	ts.Check(err)
	ts.Defer(func() { _ = server.Close() })
	ts.Setenv("DNS", server.DNS)
	ts.Setenv("SMTP", strconv.Itoa(server.Port))
}

// receipt FILE KIND ERROR DETAIL ADDRESS TIME: writes a receipt signed by a provider under an authority of its own, which goes to FILE.pem.
func scriptReceipt(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 6 {
		ts.Fatalf("usage: receipt FILE KIND ERROR DETAIL ADDRESS TIME")
	}
	authority, err := receipttest.NewAuthority()
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs(args[0]+".pem"), authority.PEM(), 0o600))
	at, err := time.Parse(time.RFC3339, args[5])
	ts.Check(err)
	provider, err := authority.Provider("Gestore Uno", "pec-uno.example")
	ts.Check(err)
	raw, err := provider.Receipt(receipttest.Message{
		Kind: args[1], Error: args[2], Detail: args[3], Sender: "verifiche@camera.example", Recipients: []string{args[4]}, Box: args[4], Time: at,
		MessageID: "<verifica-1@camera.example>", Subject: "Verifica domicilio digitale",
	})
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), raw, 0o600))
}
