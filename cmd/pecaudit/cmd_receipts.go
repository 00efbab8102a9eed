package main

import (
	"encoding/json"
	"fmt"

	"github.com/spf13/cobra"

	"pecaudit/checker/receipt"
)

func (p *program) receiptsCommand() *cobra.Command {
	return group("receipts", "Certified receipts: read, show, keep as evidence",
		`A receipt signed by a provider is the only outside proof of what became of a message. Unsigned, untrusted or tampered ones prove nothing.`,
		p.receiptsImportCommand(), p.receiptsShowCommand())
}

func (p *program) receiptsImportCommand() *cobra.Command {
	var f storeFlags
	var cas []string
	var quiet bool
	c := &cobra.Command{
		Use:     "import PATH...",
		Short:   "Reads receipts into the evidence store",
		Long:    `Reads .eml files, mbox files, folders and Maildirs (- is standard input) and keeps the raw message of each receipt that proves something. Importing twice changes nothing.`,
		Example: "  pecaudit receipts import ricevute/ --config pecaudit.yaml",
		Args:    cobra.MinimumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			ctx := c.Context()
			s, err := f.setup(p)
			if err != nil {
				return err
			}
			st, err := s.write(ctx, p, "receipts import")
			if err != nil {
				return err
			}
			defer st.Close()
			if len(cas) > 0 {
				s.Receipts.CAFiles = cas
			}
			today := p.today()
			reg, err := s.register(today)
			if err != nil {
				return err
			}
			r, err := p.importReceipts(ctx, s, s.evidence(p, st, reg.providers, today), args, quiet)
			if err != nil {
				return err
			}
			return p.printJSON(r)
		},
	}
	f.register(c)
	c.Flags().StringArrayVar(&cas, "ca", nil, "`FILE` with trusted authorities (repeatable; default: the configuration's receipts.ca_files)")
	c.Flags().BoolVar(&quiet, "quiet", false, "do not say which messages prove nothing")
	return c
}

func (p *program) receiptsShowCommand() *cobra.Command {
	var config string
	var cas []string
	c := &cobra.Command{
		Use:   "show FILE...",
		Short: "Shows what receipts say and prove, one JSON object a line",
		Long: `Prints one JSON object a line, in the order of the arguments: what the receipt says, whether its signature holds, and what it proves. Without
--ca (or receipts.ca_files) no signature can be trusted.`,
		Example: "  pecaudit receipts show consegna.eml --ca gestori.pem",
		Args:    cobra.MinimumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if config != "" && len(cas) == 0 {
				s, err := p.setup(config)
				if err != nil {
					return err
				}
				cas = s.Receipts.CAFiles
			}
			roots, err := receipt.LoadRoots(cas)
			if err != nil {
				return usagef("--ca: %w", err)
			}
			out := json.NewEncoder(p.stdout)
			out.SetEscapeHTML(false)
			failed := 0
			for _, path := range args {
				err := receipt.Walk(c.Context(), path, p.stdin, func(name string, raw []byte, err error) error {
					var r *receipt.Receipt
					if err == nil {
						r, err = receipt.Read(raw, roots)
					}
					if err != nil {
						failed++
						p.say("%s: %v", name, err)
						return nil
					}
					r.File = name
					for _, note := range append([]string{r.SignatureNote, r.ProofNote}, r.Conflicts...) {
						if note != "" {
							p.say("%s: %s", name, note)
						}
					}
					return out.Encode(r)
				})
				if err != nil {
					return err
				}
			}
			if failed > 0 {
				return fmt.Errorf("%d files could not be read", failed)
			}
			return nil
		},
	}
	c.Flags().StringVar(&config, "config", "", "configuration `FILE`")
	c.Flags().StringArrayVar(&cas, "ca", nil, "`FILE` with trusted authorities (repeatable)")
	return c
}
