package main

import (
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"github.com/hunt365/hunt365/hunt/kql"
)

// lookups are the files beside the case that queries may read.
type lookups struct {
	allow string
	geo   string
}

func (l *lookups) register(cmd *cobra.Command) {
	cmd.Flags().StringVar(&l.allow, "allow-file", "", "folder whose files externaldata may read in place of the addresses that queries name")
	cmd.Flags().StringVar(&l.geo, "geo", "", "address database (.mmdb, such as GeoLite2 City or DB-IP City) for geo_info_from_ip_address")
}

// open makes an engine's externaldata read what the user allowed.
func (l *lookups) open(e *engine) error {
	if l.allow == "" {
		return nil
	}
	root, err := os.OpenRoot(l.allow)
	if err != nil {
		return fmt.Errorf("open the folder of --allow-file: %w", err)
	}
	e.files = root
	e.external = externalFiles{root}.dataSet
	return nil
}

// emptyExternal stands for files that are not there: it has the columns that the
// query asks for.
func emptyExternal(src kql.External) (*kql.DataSet, error) {
	return &kql.DataSet{Columns: src.Columns}, nil
}
