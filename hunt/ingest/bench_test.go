package ingest

import (
	"bytes"
	"context"
	"fmt"
	"testing"
)

// auditLine is a made-up record of usual size.
func auditLine(n int) []byte {
	return fmt.Appendf(nil, `{"CreationTime":"2026-01-02T03:04:05","Id":"00000000-0000-4000-8000-%012d","Operation":"MailItemsAccessed","OrganizationId":"11111111-1111-4111-8111-111111111111","RecordType":50,"ResultStatus":"Succeeded","UserKey":"10032000AAAA","UserType":0,"Version":1,"Workload":"Exchange","UserId":"ana@example.org","AppId":"00000003-0000-0000-c000-000000000000","ClientAppId":"22222222-2222-4222-8222-222222222222","ClientIPAddress":"203.0.113.%d","ClientInfoString":"Client=REST;;","ExternalAccess":false,"InternalLogonType":0,"LogonType":0,"LogonUserSid":"S-1-5-21-1","MailboxGuid":"33333333-3333-4333-8333-333333333333","MailboxOwnerUPN":"ana@example.org","OperationProperties":[{"Name":"MailAccessType","Value":"Bind"},{"Name":"IsThrottled","Value":"False"}],"OrganizationName":"example.org","OriginatingServer":"AM0 (15.20.1)\r\n","Folders":[{"FolderItems":[{"InternetMessageId":"<a@example.org>"},{"InternetMessageId":"<b@example.org>"}],"Id":"LgAAAAC4","Path":"\\Inbox"}],"OperationCount":2}`+"\n", n, n%250)
}

// BenchmarkWalk measures framing, recognition, id and time of NDJSON.
func BenchmarkWalk(b *testing.B) {
	var doc []byte
	for i := range 20000 {
		doc = append(doc, auditLine(i)...)
	}
	b.SetBytes(int64(len(doc)))
	b.ReportAllocs()
	for b.Loop() {
		n := 0
		err := Walk(context.Background(), []string{"-"}, Options{Stdin: bytes.NewReader(doc)}, func(*Record) error { n++; return nil })
		if err != nil || n != 20000 {
			b.Fatal(n, err)
		}
	}
}
