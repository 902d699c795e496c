package main

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/hunt365/hunt365/graph"
)

// permissionsOptions are the options of `hunt365 permissions`.
type permissionsOptions struct {
	*program
	signIn
	sources []string
	script  bool
	format  string
}

func newPermissions(p *program) *cobra.Command {
	o := &permissionsOptions{program: p}
	cmd := &cobra.Command{
		Use:   "permissions [--tenant TENANT]",
		Short: "Say which permissions collecting needs, and which are granted",
		Long: `Permissions lists the least privileged permissions that the chosen sources need
and what the hunt loses without each. With --tenant it signs in, says which are
granted, and warns of permissions that allow changes. --script prints commands
that register an application with exactly these permissions; hunt365 itself
never writes to a tenant.` + exitStatus,
		Args:    cobra.NoArgs,
		PreRunE: func(cmd *cobra.Command, _ []string) error { return applySettings(cmd) },
		RunE:    func(cmd *cobra.Command, _ []string) error { return o.run(cmd.Context()) },
	}
	o.signIn.register(cmd)
	cmd.Flags().StringSliceVar(&o.sources, "sources", nil, "what is to be collected: names, or logs, snapshots, default, all (default: default)")
	cmd.Flags().BoolVar(&o.script, "script", false, "print commands that register an application")
	cmd.Flags().StringVar(&o.format, "format", "table", "table or json")
	complete(cmd, "sources", sourceNames()...)
	complete(cmd, "format", "table", "json")
	return cmd
}

func (o *permissionsOptions) run(ctx context.Context) error {
	sources, cloud, err := o.choose(o.program, o.sources)
	if err != nil {
		return err
	}
	sources = graph.Available(sources, cloud.Name)
	if o.script {
		fmt.Fprint(o.out, graph.SetupScript(cloud, sources))
		return nil
	}
	if o.tenant == "" {
		return o.list(graph.CheckPermissions(sources, graph.Identity{}))
	}
	_, id, err := o.open(ctx, o.program, cloud, sources)
	if err != nil {
		return err
	}
	check := graph.CheckPermissions(sources, id)
	if o.format == "json" {
		return o.list(check)
	}
	printPreflight(o.out, check, cloud, o.tenant)
	for _, n := range check.Needs {
		if !n.Granted {
			return exitError(exitIncomplete)
		}
	}
	return nil
}

// list prints what is needed, without a sign-in to compare it with.
func (o *permissionsOptions) list(p graph.Preflight) error {
	if o.format == "json" {
		enc := json.NewEncoder(o.out)
		enc.SetIndent("", "  ")
		return enc.Encode(p)
	}
	for _, n := range p.Needs {
		fmt.Fprintf(o.out, "%s\n  for         %s\n  without it  %s\n", n.Permission, strings.Join(n.Sources, ", "), strings.Join(n.Loses, ", "))
	}
	return nil
}
