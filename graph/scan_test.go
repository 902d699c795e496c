package graph

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

func TestParsePage(t *testing.T) {
	tests := []struct {
		name, body string
		rows       int
		next       string
		count      int64
		bad        bool
	}{
		{"empty list", `{"value":[]}`, 0, "", -1, false},
		{"two rows", `{"@odata.count":2,"value":[{"id":"a"} , {"id":"b\"}"}],"@odata.nextLink":"https:\/\/x/y?$skiptoken=1"}`, 2, "https://x/y?$skiptoken=1", 2, false},
		{"nested", `{"value":[{"a":[{"b":"]}\\"}],"n":18446744073709551616,"f":1.5e-7}]}`, 1, "", -1, false},
		{"single", ` {"id":"policy"} `, 1, "", -1, false},
		{"cut in a row", `{"value":[{"id":"a"},{"id":"b"`, 1, "", -1, true},
		{"cut in a string", `{"value":[{"id":"a"},{"id":"b\`, 1, "", -1, true},
		{"error in the array", `{"value":[{"id":"a"},{"id":"b","x":{"error":{}}`, 1, "", -1, true},
		{"two documents", `{"value":[]}{"error":{}}`, 0, "", -1, true},
		{"not an object", `<html>`, 0, "", -1, true},
		{"empty", ``, 0, "", -1, true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			p, err := parsePage([]byte(test.body), "value")
			if (err != nil) != test.bad || len(p.rows) != test.rows || p.next != test.next || p.count != test.count {
				t.Errorf("rows %d, next %q, count %d, error %v", len(p.rows), p.next, p.count, err)
			}
		})
	}
}

// What the scanner takes for whole, encoding/json must take too, and the rows
// must be the ones it sees.
func FuzzParsePage(f *testing.F) {
	for _, seed := range []string{`{"value":[{"id":"a\\"},null,1]}`, `{"value":[1,{"a":[]}],"@odata.count":3}`, `{"value":[{"a":"\ud800"}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		p, err := parsePage(body, "value")
		var want struct{ Value []json.RawMessage }
		if json.Unmarshal(body, &want) == nil && strings.Count(string(body), "alue\"") == 1 && bytes.Contains(body, []byte(`"value":[`)) {
			if err != nil || len(p.rows) != len(want.Value) {
				t.Errorf("%d rows, error %v, want %d rows", len(p.rows), err, len(want.Value))
			}
		}
	})
}

// signInPage is a page of n sign-ins about as large as real ones.
func signInPage(n int) []byte {
	row := `{"id":"66ea54eb-6301-4ee5-be62-ff5a7591%04d","createdDateTime":"2026-11-01T16:03:24Z","userDisplayName":"Test Contoso","userPrincipalName":"testaccount1@contoso.example","userId":"26be570a-ae82-4189-b4e2-a37c6808512d","appId":"de8bc8b5-d9f9-48b1-a8ad-b748da725064","appDisplayName":"Graph explorer","ipAddress":"203.0.113.7","clientAppUsed":"Browser","correlationId":"d79f5bee-5860-4832-928f-3133e22ae912","conditionalAccessStatus":"notApplied","originalRequestId":"","isInteractive":true,"tokenIssuerName":"","tokenIssuerType":"AzureAD","processingTimeInMilliseconds":235,"riskDetail":"none","riskLevelAggregated":"none","riskLevelDuringSignIn":"none","riskState":"none","riskEventTypes_v2":[],"resourceDisplayName":"Microsoft Graph","resourceId":"00000003-0000-0000-c000-000000000000","resourceTenantId":"99081087-73c7-48d1-a112-f60ff8e7a12a","homeTenantId":"99081087-73c7-48d1-a112-f60ff8e7a12a","authenticationRequirement":"multiFactorAuthentication","signInEventTypes":["interactiveUser"],"status":{"errorCode":0,"failureReason":"Other.","additionalDetails":null},"deviceDetail":{"deviceId":"","displayName":"","operatingSystem":"Windows 10","browser":"Edge 80.0.361","isCompliant":false,"isManaged":false,"trustType":""},"location":{"city":"Redmond","state":"Washington","countryOrRegion":"US","geoCoordinates":{"altitude":null,"latitude":47.68050003051758,"longitude":-122.12094116210938}},"appliedConditionalAccessPolicies":[%s]}`
	policy := `{"id":"de7e60eb-ed89-4d73-8205-2227def6b7c9","displayName":"SharePoint limited access for guest workers","enforcedGrantControls":["Mfa"],"enforcedSessionControls":[],"result":"notEnabled","conditionsSatisfied":"none","conditionsNotSatisfied":"none"}`
	policies := strings.Join([]string{policy, policy, policy, policy}, ",")
	var b bytes.Buffer
	b.WriteString(`{"@odata.context":"https://graph.microsoft.com/beta/$metadata#auditLogs/signIns","value":[`)
	for i := range n {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, row, i, policies)
	}
	b.WriteString("]}")
	return b.Bytes()
}

// BenchmarkPage is the work on one page of 1,000 rows: framing, ids, times. The
// limit is 5 ms, hashing apart.
func BenchmarkPage(b *testing.B) {
	body := signInPage(1000)
	s := &Source{Time: "createdDateTime"}
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		p, err := parsePage(body, "value")
		if err != nil || len(p.rows) != 1000 {
			b.Fatal(len(p.rows), err)
		}
		known := newSeen()
		for _, row := range p.rows {
			rec := s.record(row)
			known.add(keyOf(rec))
		}
	}
}
