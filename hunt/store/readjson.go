package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"github.com/duckdb/duckdb-go/v2"
)

// ReadTables reads unified audit log records, one a line, with DuckDB's own
// reader into the same tables with the same typed columns as an import, on two
// threads and with all memory that DuckDB wants: what importing costs beyond
// it is evidence, hashes and de-duplication. Only the benchmark uses it.
func ReadTables(ctx context.Context, file, database string, opts Options) (err error) {
	connector, err := duckdb.NewConnector(database+"?threads=2", nil)
	if err != nil {
		return fmt.Errorf("read %q: %w", file, err)
	}
	db := sql.OpenDB(connector)
	defer func() { err = errors.Join(err, db.Close()) }()
	db.SetMaxOpenConns(1) // macros and the view belong to a connection
	view := "CREATE TEMP VIEW segment AS SELECT row_number() OVER () AS n, json_extract_string(r, '$.Id') AS id, " +
		"epoch_us(TRY_CAST(json_extract_string(r, '$.CreationTime') AS TIMESTAMP)) * 10 + 621355968000000000 AS t, r, 'file' AS _Segment " +
		"FROM (SELECT json AS r FROM read_ndjson_objects(" + literal(file) + "))"
	for _, statement := range append(opts.Macros, view) {
		if _, err := db.ExecContext(ctx, statement); err != nil {
			return fmt.Errorf("read %q: %w", file, err)
		}
	}
	m := &mapper{db: db}
	for _, mapping := range opts.Mappings("ual-api") {
		tx, err := db.BeginTx(ctx, nil)
		if err != nil {
			return fmt.Errorf("read %q: %w", file, err)
		}
		if _, err := m.insert(ctx, tx, mapping); err != nil {
			return fmt.Errorf("read %q into %s: %w", file, mapping.Table, errors.Join(err, tx.Rollback()))
		}
		if err := tx.Commit(); err != nil {
			return fmt.Errorf("read %q into %s: %w", file, mapping.Table, err)
		}
	}
	return nil
}

// ReadJSON reads unified audit log records, one a line, with DuckDB's own
// read_json into one table with a typed column for each property. It is the
// least that an import could cost; only the benchmark uses it.
func ReadJSON(ctx context.Context, file, database string) error {
	connector, err := duckdb.NewConnector(database+"?threads=2", nil)
	if err != nil {
		return fmt.Errorf("read %q: %w", file, err)
	}
	db := sql.OpenDB(connector)
	var columns []string
	for kind, names := range readColumns() {
		for _, n := range strings.Fields(names) {
			columns = append(columns, literal(n)+": "+literal(kind))
		}
	}
	_, err = db.ExecContext(ctx, "CREATE TABLE records AS SELECT * FROM read_json("+literal(file)+", format='newline_delimited', columns={"+strings.Join(columns, ", ")+"})")
	if err = errors.Join(err, db.Close()); err != nil {
		return fmt.Errorf("read %q: %w", file, err)
	}
	return nil
}

// readColumns lists the properties of the benchmark's records by DuckDB type.
func readColumns() map[string]string {
	return map[string]string{
		"TIMESTAMP": "CreationTime",
		"INTEGER":   "RecordType UserType Version LogonType InternalLogonType AzureActiveDirectoryEventType OperationCount",
		"BOOLEAN":   "ExternalAccess",
		"VARCHAR": "Id Operation OrganizationId ResultStatus UserKey Workload UserId ClientIP ObjectId AppId ClientIPAddress ClientInfoString LogonUserSid " +
			"MailboxGuid MailboxOwnerUPN OrganizationName OriginatingServer SessionId ItemType ListId ListItemUniqueId Site SiteUrl SourceFileExtension " +
			"SourceFileName SourceRelativeUrl UserAgent WebId DeviceDisplayName CorrelationId EventSource ActorContextId ActorIpAddress InterSystemsId " +
			"IntraSystemId SupportTicketId TargetContextId ApplicationId ErrorNumber",
		"JSON": "Folders OperationProperties Item ExtendedProperties ModifiedProperties Actor Target DeviceProperties",
	}
}
