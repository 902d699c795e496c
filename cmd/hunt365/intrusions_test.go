package main

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/hunt365/hunt365/graph/graphtest"
	"github.com/hunt365/hunt365/hunt"
)

// seededTenants are the seeds of the generated tenants. HUNT365_SEEDS names
// others, such as 101,102,103, to see that nothing was fitted to these.
func seededTenants(t *testing.T) []uint64 {
	var seeds []uint64
	for _, s := range strings.Split(cmp.Or(os.Getenv("HUNT365_SEEDS"), "7"), ",") {
		n, err := strconv.ParseUint(s, 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		seeds = append(seeds, n)
	}
	return seeds
}

// TestSeededIntrusions hunts in generated tenants with fifty intrusions each and
// prints, for each kind, how many were found and whether what was read is told.
func TestSeededIntrusions(t *testing.T) {
	if testing.Short() {
		t.Skip("takes half a minute for each seed")
	}
	for _, seed := range seededTenants(t) {
		t.Run(fmt.Sprint("seed", seed), func(t *testing.T) { huntSeeded(t, seed) })
	}
}

func huntSeeded(t *testing.T, seed uint64) {
	tenant := graphtest.NewTenant(graphtest.Config{Seed: seed, Days: 60, Users: 420, Daily: 150, Audits: 150})
	truth := tenant.Seed(50)
	dir := t.TempDir()
	exports := filepath.Join(dir, "exports")
	if err := os.Mkdir(exports, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := tenant.Export(exports); err != nil {
		t.Fatal(err)
	}
	caseDir := filepath.Join(dir, "case")
	runFor(t, "import", exports, "--case", caseDir)
	var doc struct {
		Findings  []hunt.Finding   `json:"findings"`
		Incidents []*hunt.Incident `json:"incidents"`
		Verdicts  []hunt.Verdict   `json:"verdicts"`
	}
	raw := runFor(t, "report", "--json", "--case", caseDir)
	if keep := os.Getenv("HUNT365_KEEP"); keep != "" {
		_ = os.WriteFile(keep, raw, 0o600)
	}
	decodeFindings(t, raw, &doc)
	recorded := recordedMailboxes(tenant)
	score := map[string]*tally{}
	good := map[string]bool{}
	for _, s := range truth {
		k := score[s.Kind]
		if k == nil {
			k = &tally{}
			score[s.Kind] = k
		}
		k.total++
		if len(s.Unknown) > 0 {
			k.unknown++
		} else {
			k.known++
		}
		k.accounts += len(s.Accounts)
		best := match(s, truth, doc.Incidents)
		if best == nil {
			t.Logf("missed: %s of %v", s.Kind, s.Accounts)
			continue
		}
		k.found++
		good[best.ID] = true
		k.compare(t, s, best, doc.Verdicts, recorded)
	}
	for _, i := range doc.Incidents {
		if !good[i.ID] {
			t.Logf("false: %s %s %v", i.ID, i.Title, rules(i))
		}
	}
	found, exact, unknown, wantUnknown, known, alarms := 0, 0, 0, 0, 0, 0
	for _, kind := range graphtest.SeedKinds() {
		k := score[kind]
		fmt.Printf("%-20s found %d/%d, exposure exact %d/%d, unknown exposure declared %d/%d (without need for %d mailboxes), accounts judged compromised %d/%d\n", kind, k.found, k.total, k.exact, k.known, k.declared, k.unknown, k.alarms, k.compromised, k.accounts)
		found, exact, known, unknown, wantUnknown, alarms = found+k.found, exact+k.exact, known+k.known, unknown+k.declared, wantUnknown+k.unknown, alarms+k.alarms
	}
	precision := float64(len(good)) / float64(max(len(doc.Incidents), 1))
	fmt.Printf("seed %-15d recall %.2f, precision of incidents %.2f (%d of %d), exposure exact %d/%d, unknown declared %d/%d, without need for %d mailboxes\n", seed, float64(found)/50, precision, len(good), len(doc.Incidents), exact, known, unknown, wantUnknown, alarms)
	if float64(found)/50 < 0.95 || precision < 0.9 || exact != known || unknown != wantUnknown {
		t.Error("want recall 0.95, precision 0.9, and every exposure told exactly or declared unknown")
	}
	sameAgain(t, caseDir, raw)
}

// sameAgain wants the same report from a second run, and after a rebuild.
func sameAgain(t *testing.T, caseDir string, raw []byte) {
	t.Helper()
	again := runFor(t, "report", "--json", "--case", caseDir)
	runFor(t, "rebuild", "--case", caseDir)
	rebuilt := runFor(t, "report", "--json", "--case", caseDir)
	if !bytes.Equal(raw, again) || !bytes.Equal(raw, rebuilt) {
		t.Error("two runs, or a rebuild, gave other bytes")
	}
}

// TestRealDataGivesTheSameBytes does so for the labelled exports of real
// intrusions, where they are at hand.
func TestRealDataGivesTheSameBytes(t *testing.T) {
	exports := filepath.Join(root, "..", "shared", "data")
	if _, err := os.Stat(exports); err != nil {
		t.Skip("no labelled exports here")
	}
	caseDir := filepath.Join(t.TempDir(), "case")
	runFor(t, "import", exports, "--case", caseDir)
	sameAgain(t, caseDir, runFor(t, "report", "--json", "--case", caseDir))
}

type tally struct{ total, found, known, exact, unknown, declared, alarms, accounts, compromised int }

func (k *tally) compare(t *testing.T, s graphtest.Seeded, i *hunt.Incident, verdicts []hunt.Verdict, recorded map[string]bool) {
	var got []string
	for _, m := range i.Exposure.Messages {
		got = append(got, m.ID)
	}
	want := slices.Clone(s.Messages)
	slices.Sort(got)
	slices.Sort(want)
	undeclared, alarms := declared(s, i, recorded)
	k.alarms += len(alarms)
	switch {
	case len(undeclared) > 0:
		t.Logf("exposure of %s: unknown, and not declared, for %v", s.Kind, undeclared)
	case len(s.Unknown) > 0:
		k.declared++
	case slices.Equal(got, want):
		k.exact++
	default:
		t.Logf("exposure of %s: got %d, want %d messages", s.Kind, len(got), len(want))
	}
	if len(alarms) > 0 {
		t.Logf("exposure of %s: declared without need %v", s.Kind, alarms)
	}
	for _, a := range s.Accounts {
		if slices.ContainsFunc(verdicts, func(v hunt.Verdict) bool {
			return v.Identity.Type == hunt.Account && v.Identity.ID == strings.ToLower(a) && v.Verdict == hunt.Compromised
		}) {
			k.compromised++
		}
	}
}

// recordedMailboxes are those of which the logs tell what is read.
func recordedMailboxes(tenant *graphtest.Tenant) map[string]bool {
	out := map[string]bool{}
	for _, item := range tenant.Lists[graphtest.AuditRecords] {
		var record struct {
			AuditData struct{ Operation, UserID, MailboxOwnerUPN string }
		}
		if json.Unmarshal(item.Raw, &record) == nil && record.AuditData.Operation == "MailItemsAccessed" {
			out[strings.ToLower(cmp.Or(record.AuditData.MailboxOwnerUPN, record.AuditData.UserID))] = true
		}
	}
	return out
}

// declared tells for which mailboxes unknown exposure should have been declared
// and was not, and for which it was although their reading is recorded.
func declared(s graphtest.Seeded, i *hunt.Incident, recorded map[string]bool) (undeclared, alarms []string) {
	told := map[string]bool{}
	for _, u := range i.Exposure.Unknown {
		told[u.Mailbox] = true
	}
	for _, box := range s.Unknown {
		if box = strings.ToLower(box); !told[box] {
			undeclared = append(undeclared, box)
		}
		told[box] = false
	}
	for _, box := range slices.Sorted(maps.Keys(told)) {
		if told[box] && recorded[box] {
			alarms = append(alarms, box)
		}
	}
	return undeclared, alarms
}

// match returns the incident with most of the intrusion's records, if most of
// the seeded records in it are this intrusion's: one that mixes several is not
// found.
func match(s graphtest.Seeded, all []graphtest.Seeded, incidents []*hunt.Incident) *hunt.Incident {
	var best *hunt.Incident
	most := 0
	for _, i := range incidents {
		if n := shared(s, i); n > most {
			best, most = i, n
		}
	}
	for _, other := range all {
		if best != nil && shared(other, best) > most {
			return nil
		}
	}
	return best
}

func shared(s graphtest.Seeded, i *hunt.Incident) (n int) {
	for _, e := range i.Evidence {
		for _, r := range e.Records {
			if slices.Contains(s.Records, r) {
				n++
			}
		}
	}
	return n
}

func rules(i *hunt.Incident) []string {
	var out []string
	for _, e := range i.Evidence {
		out = append(out, e.Rule)
	}
	return out
}

func runFor(t *testing.T, args ...string) []byte {
	t.Helper()
	var out, errOut bytes.Buffer
	if code := Run(args, strings.NewReader(""), &out, &errOut); code == exitFailed {
		t.Fatalf("hunt365 %v: %s", args, errOut.String())
	}
	return out.Bytes()
}

// decodeFindings reads a document; the rows of findings are not needed.
func decodeFindings(t *testing.T, raw []byte, into any) {
	t.Helper()
	if err := json.Unmarshal(raw, into); err != nil {
		t.Fatal(err)
	}
}
