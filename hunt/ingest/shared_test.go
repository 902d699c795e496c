package ingest

import (
	"context"
	"os"
	"path/filepath"
	"testing"
)

const shared = "../../../shared/data"

// TestShared imports the developer data, where it is at hand, and compares
// with the counts in its README.
func TestShared(t *testing.T) {
	if _, err := os.Stat(shared); err != nil {
		t.Skip("no ../shared/data")
	}
	type count struct {
		format    string
		read, ids int
	}
	want := map[string]count{
		"auditrecords.2021-06-01_2021-07-20.csv": {format: "ual-csv", read: 4842, ids: 2259},
		"AADAuditEvents.json":                    {format: "la/AuditLogs", read: 4, ids: 3},
		"WindowsEvents.json":                     {format: "la/SecurityEvent, windows/SecurityEvent", read: 38, ids: 38},
		"office_activity.csv":                    {format: "la/OfficeActivity", read: 266, ids: 266},
		"sign-in_adelete.csv":                    {format: "la/SigninLogs", read: 56, ids: 56},
		"AuditLogs_Hunting.csv":                  {format: "la/AuditLogs", read: 5, ids: 5},
		"purview.benign-prefix-54rows.csv":       {format: "ual-csv", read: 54, ids: 54},
		"microsoft_audit_log.jsonl":              {format: "ual-api", read: 4, ids: 4},
		"test-adfs-signin.log":                   {format: "diagnostic/ADFSSignInLogs", read: 1, ids: 1},
		"test-time-formats-corner-cases.log":     {format: "diagnostic/SigninLogs", read: 11, ids: 11},
	}
	ids := map[string]map[string]bool{}
	files := map[string]File{}
	err := Walk(context.Background(), []string{shared}, Options{
		OnFile:   func(f File) { files[f.Name] = f },
		OnReject: func(r Reject) { t.Errorf("rejected: %+v", r) },
	}, func(r *Record) error {
		if ids[r.File] == nil {
			ids[r.File] = map[string]bool{}
		}
		ids[r.File][r.ID] = true
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for name, f := range files {
		t.Logf("%-70s %-8s %-30s read %d rejected %d %v %v", filepath.Base(name), f.State, f.Format, f.Read, f.Rejected, f.Notes, f.Err)
		w, ok := want[filepath.Base(name)]
		if ok && (f.Format != w.format || int(f.Read) != w.read || f.Rejected != 0 || len(ids[name]) != w.ids) {
			t.Errorf("%s: format %s, read %d, ids %d, rejected %d; want %+v", name, f.Format, f.Read, len(ids[name]), f.Rejected, w)
		}
	}
}
