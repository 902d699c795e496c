package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hunt365/hunt365/hunt/kql"
	"github.com/hunt365/hunt365/hunt/schema"
)

func TestExternalData(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"lists/a.csv": "\ufeffip,n\r\n203.0.113.7,5\r\n\"x, y\",bad\r\n",
		"b.txt":       "one\ntwo\n",
		"c.json":      `[{"ip":"198.51.100.1","x":{"n":7}}] {"ip":"198.51.100.2"}`,
	} {
		file := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	outside := filepath.Join(filepath.Dir(dir), "outside.csv")
	if err := os.WriteFile(outside, []byte("secret"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(outside, filepath.Join(dir, "link.csv")); err != nil {
		t.Skip("no symbolic links here")
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	mapping := `[{"Column":"n","Properties":{"Path":"$['x'].n"}}]`
	for _, c := range []struct {
		uri   string
		props map[string]string
		want  [][]any
		err   string
	}{
		{uri: "https://feeds.example/x/lists/a.csv?raw=1", props: map[string]string{"format": "csv", "ignorefirstrecord": "True"}, want: [][]any{{"203.0.113.7", int64(5)}, {"x, y", nil}}},
		{uri: "https://feeds.example/b.txt;key", want: [][]any{{"one", nil}, {"two", nil}}},
		{uri: "c.json", props: map[string]string{"format": "multijson", "ingestionmapping": mapping}, want: [][]any{{"198.51.100.1", int64(7)}, {"198.51.100.2", nil}}},
		{uri: "https://feeds.example/d.csv", err: "there is no d.csv"},
		{uri: "../outside.csv", err: "there is no outside.csv"},
		{uri: "link.csv", err: "escapes"},
		{uri: "b.txt", props: map[string]string{"format": "avro"}, err: `"avro" is not supported`},
	} {
		src := kql.External{Columns: []kql.Column{{Name: "ip", Type: schema.String}, {Name: "n", Type: schema.Long}}, URIs: []string{c.uri}, Props: c.props}
		got, err := externalFiles{root}.dataSet(src)
		switch {
		case c.err != "":
			if err == nil || !strings.Contains(err.Error(), c.err) {
				t.Errorf("%s: error %v, want %q", c.uri, err, c.err)
			}
		case err != nil:
			t.Errorf("%s: %v", c.uri, err)
		default:
			if diff := cmp.Diff(c.want, got.Rows); diff != "" {
				t.Errorf("%s (-want +got)\n%s", c.uri, diff)
			}
		}
	}
}
