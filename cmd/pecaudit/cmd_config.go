package main

import (
	"fmt"
	"runtime/debug"

	"github.com/spf13/cobra"
)

// release is set by the build of a release: -ldflags "-X main.release=1.0.0".
var release = "0.1.0"

// version names the program in workbooks and run records.
func version() string { return release }

func (p *program) versionCommand() *cobra.Command {
	return &cobra.Command{
		Use: "version", Short: "Prints the version", Example: "  pecaudit version", Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			line := "pecaudit " + version()
			if info, ok := debug.ReadBuildInfo(); ok {
				line += " " + info.GoVersion
				for _, s := range info.Settings {
					if s.Key == "vcs.revision" {
						line += " " + s.Value
					}
				}
			}
			fmt.Fprintln(p.stdout, line)
			return nil
		},
	}
}

func (p *program) checkConfigCommand() *cobra.Command {
	var config string
	c := &cobra.Command{
		Use:   "check-config",
		Short: "Checks the configuration and shows what it means",
		Long: `Reads the configuration and the files of procedures and providers that it names, reports every mistake with line and column, and shows the
values in force and the procedure of each chamber.`,
		Example: "  pecaudit check-config --config pecaudit.yaml",
		Args:    cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			s, err := p.setup(config)
			if err != nil {
				return err
			}
			if _, err := s.register(p.today()); err != nil {
				return err
			}
			if _, err := parseSchedule(s.Schedule); err != nil {
				return usagef("schedule: %w", err)
			}
			fmt.Fprint(p.stdout, s.Describe())
			proc, named := s.procedureOf("")
			if named {
				fmt.Fprintf(p.stdout, "procedure: %s, %s\n", proc.ID, proc.Title)
			} else {
				fmt.Fprintf(p.stdout, "procedure: none chosen; dates as in %s; nothing can be published before procedure.default or procedure.chambers is set\n", proc.ID)
			}
			for _, chamber := range sortedKeys(s.Procedure.Chambers) {
				proc, _ := s.procedureOf(chamber)
				fmt.Fprintf(p.stdout, "procedure of %s: %s, %s\n", chamber, proc.ID, proc.Title)
			}
			for _, warning := range s.warnings(p.today()) {
				fmt.Fprintln(p.stdout, warning)
			}
			return nil
		},
	}
	c.Flags().StringVar(&config, "config", "", "configuration `FILE`")
	return c
}
