package kql_test

import (
	"bufio"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/hunt365/hunt365/hunt/kql"
)

// vectorDir holds Microsoft's results; it is outside the repository.
const vectorDir = "../../../shared/kql"

// notQueries marks documentation of management commands and of operators that
// issue 3 does not ask for.
var notQueries = regexp.MustCompile(`(?m)^\.|inline_external_table|kind=delta|declare pattern|project-by-names|make-graph`)

type vector struct {
	ID       string `json:"id"`
	Query    string `json:"query"`
	Error    bool   `json:"error"`
	Relevant bool   `json:"relevant"`
}

func readVectors(t testing.TB, name string) []vector {
	f, err := os.Open(filepath.Join(vectorDir, name))
	if err != nil {
		t.Skipf("no test vectors here: %v", err)
	}
	defer f.Close()
	var list []vector
	sc := bufio.NewScanner(f)
	sc.Buffer(nil, 1<<24)
	for sc.Scan() {
		var v vector
		if err := json.Unmarshal(sc.Bytes(), &v); err != nil {
			t.Fatal(err)
		}
		list = append(list, v)
	}
	if err := sc.Err(); err != nil {
		t.Fatal(err)
	}
	return list
}

// TestVectorsParse parses every query that Microsoft's engine runs and takes it
// through the printer.
func TestVectorsParse(t *testing.T) {
	for _, name := range []string{"kustainer-vectors.jsonl", "doc-examples.jsonl"} {
		var all, good, refused int
		for _, v := range readVectors(t, name) {
			if notQueries.MatchString(v.Query) {
				continue
			}
			_, err := kql.Parse(v.Query)
			if v.Error {
				if err != nil {
					refused++
				}
				continue
			}
			all++
			if err == nil {
				good++
				checkPrint(t, v.Query)
				continue
			}
			report := t.Logf
			if v.Relevant {
				report = t.Errorf
			}
			report("relevant=%v\n%s", v.Relevant, kql.FormatError(v.ID, v.Query, err))
		}
		t.Logf("%s: %d of %d parse; %d faulty queries refused by the parser", name, good, all, refused)
	}
}
