package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"github.com/duckdb/duckdb-go/v2"
)

// ReadJSON reads unified audit log records, one a line, with DuckDB's own
// read_json into a table with a typed column for each property. It is what the
// benchmark holds an import against, and nothing else uses it.
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
