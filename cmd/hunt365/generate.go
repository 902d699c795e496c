package main

import (
	"bufio"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"time"
)

// generator makes unified audit log records of an invented tenant for the
// benchmarks: the same seed gives the same bytes.
type generator struct {
	random *rand.Rand
	users  []string
	tenant string
	clock  time.Time
	number int
}

func newGenerator(seed uint64) *generator {
	g := &generator{random: rand.New(rand.NewPCG(seed, 365)), clock: time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)}
	g.tenant = g.guid()
	for i := range 2000 {
		g.users = append(g.users, fmt.Sprintf("user%04d@fabrikam.example", i))
	}
	return g
}

// recordKinds are the kinds of records with their share in a hundred, roughly
// as a tenant of office workers has them.
func recordKinds() []struct {
	share int
	write func(*generator) string
} {
	return []struct {
		share int
		write func(*generator) string
	}{
		{45, (*generator).mailRead}, {25, (*generator).file}, {15, (*generator).logon}, {10, (*generator).send}, {5, (*generator).directory},
	}
}

// write writes n records, one a line, and returns their bytes.
func (g *generator) write(w io.Writer, n int) (int64, error) {
	b := bufio.NewWriterSize(w, 1<<20)
	kinds := recordKinds()
	var total int64
	for range n {
		pick := g.random.IntN(100)
		for _, k := range kinds {
			if pick -= k.share; pick < 0 {
				m, err := b.WriteString(k.write(g))
				total += int64(m)
				if err != nil {
					return total, err
				}
				break
			}
		}
	}
	return total, b.Flush()
}

func (g *generator) guid() string {
	hi, lo := g.random.Uint64(), g.random.Uint64()
	return fmt.Sprintf("%08x-%04x-4%03x-a%03x-%012x", hi>>32, hi>>16&0xffff, hi&0xfff, lo>>52, lo&0xffffffffffff)
}

func (g *generator) user() string { return g.users[g.random.IntN(len(g.users))] }

func (g *generator) address() string {
	return fmt.Sprintf("198.51.%d.%d", g.random.IntN(4), g.random.IntN(250)+1)
}

// common starts a record with the properties that all have.
func (g *generator) common(operation, workload, user string, recordType int) string {
	g.number++
	g.clock = g.clock.Add(time.Duration(g.random.IntN(30_000)) * time.Millisecond)
	return fmt.Sprintf(`{"CreationTime":"%s","Id":"%s","Operation":"%s","OrganizationId":"%s","RecordType":%d,"ResultStatus":"Succeeded","UserKey":"1003%012X","UserType":0,"Version":1,"Workload":"%s","UserId":"%s"`,
		g.clock.Format("2006-01-02T15:04:05"), g.guid(), operation, g.tenant, recordType, g.random.Uint64()&0xffffffffffff, workload, user)
}

func (g *generator) mailRead() string {
	user, ip := g.user(), g.address()
	var items []string
	for range 4 + g.random.IntN(8) {
		items = append(items, fmt.Sprintf(`{"InternetMessageId":"<%s@fabrikam.example>","SizeInBytes":%d}`, g.guid(), 4000+g.random.IntN(90000)))
	}
	return g.common("MailItemsAccessed", "Exchange", user, 50) + fmt.Sprintf(`,"ClientIP":"%s","AppId":"00000002-0000-0ff1-ce00-000000000000","ClientIPAddress":"%s","ClientInfoString":"Client=OWA;Action=ViaProxy","ExternalAccess":false,"InternalLogonType":0,"LogonType":0,"LogonUserSid":"S-1-5-21-1004336348-1177238915-%d","MailboxGuid":"%s","MailboxOwnerUPN":"%s","OperationProperties":[{"Name":"MailAccessType","Value":"Bind"},{"Name":"IsThrottled","Value":"False"}],"OrganizationName":"fabrikam.example","OriginatingServer":"AM0PR07MB4321 (15.20.8100.012)","SessionId":"%s","OperationCount":%d,"Folders":[{"Id":"LgAAAAC1","Path":"\\Inbox","FolderItems":[%s]}]}`,
		ip, ip, g.random.IntN(1e6), g.guid(), user, g.guid(), len(items), strings.Join(items, ",")) + "\n"
}

func (g *generator) file() string {
	name := fmt.Sprintf("report-%d.docx", g.random.IntN(50000))
	site := fmt.Sprintf("https://fabrikam.sharepoint.example/sites/team%d/", g.random.IntN(200))
	operation := []string{"FileAccessed", "FileModified", "FileDownloaded", "FilePreviewed"}[g.random.IntN(4)]
	return g.common(operation, "SharePoint", g.user(), 6) + fmt.Sprintf(`,"ClientIP":"%s","ObjectId":"%sShared Documents/%s","CorrelationId":"%s","EventSource":"SharePoint","ItemType":"File","ListId":"%s","ListItemUniqueId":"%s","Site":"%s","SiteUrl":"%s","SourceFileExtension":"docx","SourceFileName":"%s","SourceRelativeUrl":"Shared Documents","UserAgent":"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/139.0.0.0 Safari/537.36","WebId":"%s","DeviceDisplayName":"LAPTOP-%04d"}`,
		g.address(), site, name, g.guid(), g.guid(), g.guid(), g.guid(), site, name, g.guid(), g.random.IntN(3000)) + "\n"
}

func (g *generator) logon() string {
	user := g.user()
	return g.common("UserLoggedIn", "AzureActiveDirectory", user, 15) + fmt.Sprintf(`,"ClientIP":"%s","ObjectId":"00000002-0000-0ff1-ce00-000000000000","AzureActiveDirectoryEventType":1,"ExtendedProperties":[{"Name":"ResultStatusDetail","Value":"Success"},{"Name":"UserAgent","Value":"Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/139.0.0.0"},{"Name":"RequestType","Value":"OAuth2:Authorize"}],"ModifiedProperties":[],"Actor":[{"ID":"%s","Type":0},{"ID":"%s","Type":5}],"ActorContextId":"%s","ActorIpAddress":"%s","InterSystemsId":"%s","IntraSystemId":"%s","SupportTicketId":"","Target":[{"ID":"00000002-0000-0ff1-ce00-000000000000","Type":0}],"TargetContextId":"%s","ApplicationId":"9199bf20-a13f-4107-85dc-02114787ef48","DeviceProperties":[{"Name":"OS","Value":"Windows 10"},{"Name":"BrowserType","Value":"Chrome"},{"Name":"SessionId","Value":"%s"}],"ErrorNumber":"0"}`,
		g.address(), g.guid(), user, g.tenant, g.address(), g.guid(), g.guid(), g.tenant, g.guid()) + "\n"
}

func (g *generator) send() string {
	user, ip := g.user(), g.address()
	return g.common("Send", "Exchange", user, 2) + fmt.Sprintf(`,"ClientIP":"%s","AppId":"00000002-0000-0ff1-ce00-000000000000","ClientIPAddress":"%s","ClientInfoString":"Client=OWA;Action=ViaProxy","ExternalAccess":false,"InternalLogonType":0,"LogonType":0,"MailboxGuid":"%s","MailboxOwnerUPN":"%s","OrganizationName":"fabrikam.example","SessionId":"%s","Item":{"Id":"RgAAAABi","InternetMessageId":"<%s@fabrikam.example>","ParentFolder":{"Id":"LgAAAAB0","Path":"\\Drafts"},"SizeInBytes":%d,"Subject":"Minutes of meeting %d"}}`,
		ip, ip, g.guid(), user, g.guid(), g.guid(), g.random.IntN(90000), g.random.IntN(100000)) + "\n"
}

func (g *generator) directory() string {
	user, target := g.user(), g.user()
	return g.common("Update user.", "AzureActiveDirectory", user, 8) + fmt.Sprintf(`,"ObjectId":"%s","AzureActiveDirectoryEventType":1,"ExtendedProperties":[{"Name":"additionalDetails","Value":"{\"UserType\":\"Member\"}"},{"Name":"extendedAuditEventCategory","Value":"User"}],"ModifiedProperties":[{"Name":"Department","NewValue":"[\r\n  \"Sales %d\"\r\n]","OldValue":"[]"},{"Name":"Included Updated Properties","NewValue":"Department","OldValue":""}],"Actor":[{"ID":"%s","Type":5},{"ID":"%s","Type":2}],"ActorContextId":"%s","InterSystemsId":"%s","IntraSystemId":"%s","SupportTicketId":"","Target":[{"ID":"User_%s","Type":2},{"ID":"%s","Type":5}],"TargetContextId":"%s"}`,
		target, g.random.IntN(50), user, g.guid(), g.tenant, g.guid(), g.guid(), g.guid(), target, g.tenant) + "\n"
}
