package main

import (
	"fmt"
	"time"
)

// day writes what happens on one day of an ordinary tenant.
func (w *world) day(d int) {
	midnight := w.start.AddDate(0, 0, d)
	weekend := midnight.Weekday() == time.Saturday || midnight.Weekday() == time.Sunday
	for _, s := range w.services {
		for h := 0; h < 24; h += 4 {
			w.appSignIn(s, midnight.Add(time.Duration(h)*time.Hour+time.Minute))
		}
	}
	for _, p := range w.people {
		if !weekend || w.IntN(10) == 0 {
			w.work(p, d, midnight)
		}
	}
	// The backup reads every tenth mailbox each night.
	for i := d % 10; i < len(w.people); i += 10 {
		p := w.people[i]
		w.read(midnight.Add(2*time.Hour+time.Duration(i)*time.Second), p, &worker{id: w.backup.principal, upn: p.upn}, w.backup.at.ip, 20, record{
			"ClientInfoString": "Client=REST;;", "AppId": graphAPI, "ClientAppId": w.backup.app, "SessionId": "", "AppAccessContext": record{"ClientAppId": w.backup.app, "UniqueTokenId": ""},
		})
	}
	if !weekend {
		w.offices(d, midnight)
	}
	w.noted = w.noted[:0]
}

// work is one person's day: sign-in, mail, files, now and then a wrong
// password, a journey, a rule for newsletters, a clean-up.
func (w *world) work(p *worker, d int, midnight time.Time) {
	if p.away != nil && d >= p.back {
		p.away = nil
	}
	if p.away == nil && w.IntN(1000) < 2 {
		from := abroad[w.IntN(len(abroad))]
		from.ip = fmt.Sprintf("203.0.%d.%d", 120+w.IntN(80), 1+w.IntN(250))
		p.away, p.back = &from, d+2+w.IntN(4)
		return // on the way
	}
	at := midnight.Add(7*time.Hour + time.Duration(w.IntN(150))*time.Minute)
	from := p.office
	switch {
	case p.away != nil:
		from = *p.away
	case w.IntN(5) < 2:
		from = p.home
	}
	for w.IntN(25) == 0 {
		w.signIn(p, from, at, "interactiveUser", failed(50126))
		at = at.Add(20 * time.Second)
	}
	p.session = w.guid()
	w.signIn(p, from, at, "interactiveUser", nil)
	for range 2 {
		at = at.Add(time.Duration(30+w.IntN(120)) * time.Minute)
		_, p.token = w.signIn(p, from, at, "nonInteractiveUser", nil)
		w.read(at.Add(time.Minute), p, p, from.ip, 1+w.IntN(20), nil)
	}
	w.unified(at.Add(4*time.Minute), "FileAccessed", "SharePoint", 6, p, from.ip, record{
		"ObjectId": "https://fabrikam.sharepoint.example/sites/team/plan.docx", "SourceFileName": "plan.docx", "SiteUrl": "https://fabrikam.sharepoint.example/sites/team/", "EventSource": "SharePoint", "ItemType": "File", "UserAgent": p.agent,
	})
	w.unified(at.Add(6*time.Minute), "Send", "Exchange", 2, p, from.ip, record{
		"MailboxOwnerUPN": p.upn, "LogonType": 0, "ClientIPAddress": from.ip, "ClientInfoString": "Client=OWA;Action=ViaProxy", "SessionId": p.session,
		"Item": record{"Subject": fmt.Sprintf("Offer %d", w.IntN(1000)), "InternetMessageId": "<" + w.tokenID() + "@fabrikam.example>"},
	})
	if w.IntN(800) == 0 {
		w.command(at.Add(9*time.Minute), "New-InboxRule", p, from.ip, p.upn+"\\News", "Name", "Newsletters", "From", "news@vendor.example", "MoveToFolder", "Newsletters")
	}
	if w.IntN(300) == 0 {
		w.tidy(p, from, at.Add(12*time.Minute))
	}
}

// tidy deletes some old mail.
func (w *world) tidy(p *worker, from origin, at time.Time) {
	items := []record{}
	for i := range 5 + w.IntN(15) {
		items = append(items, record{"Subject": fmt.Sprintf("Newsletter %d", i), "InternetMessageId": "<" + w.tokenID() + "@news.example>", "ParentFolder": record{"Path": "\\Deleted Items"}})
	}
	w.unified(at, "SoftDelete", "Exchange", 3, p, from.ip, record{
		"MailboxOwnerUPN": p.upn, "LogonType": 0, "ClientIPAddress": from.ip, "ClientInfoString": "Client=OWA;Action=ViaProxy", "SessionId": p.session, "AffectedItems": items, "Folder": record{"Path": "\\Deleted Items"},
	})
}

// offices is what helpdesk, administrators and developers do, in proportion to
// the number of people.
func (w *world) offices(d int, midnight time.Time) {
	at := midnight.Add(10 * time.Hour)
	some := func(perThousandADay float64) int {
		x := perThousandADay * float64(len(w.people)) / 1000
		n := int(x)
		if w.Float64() < x-float64(n) {
			n++
		}
		return n
	}
	desk := w.admins[1+w.IntN(3)]
	next := func() time.Time { at = at.Add(time.Duration(3+w.IntN(9)) * time.Minute); return at }
	someone := func() *worker { return w.people[4+w.IntN(len(w.people)-4)] }
	for range some(4) {
		p := someone()
		w.direct(next(), "Reset user password", "UserManagement", desk, desk.office.ip, target{p.id, "User", "", p.upn})
	}
	for range some(3) {
		p := someone()
		w.direct(next(), "User registered security info", "UserManagement", p, p.office.ip, target{p.id, "User", "", p.upn})
	}
	for range some(2) {
		p := someone()
		w.direct(next(), "Update user", "UserManagement", desk, desk.office.ip, target{p.id, "User", "", p.upn}, "Department", `["Sales"]`)
		w.direct(next(), "Add member to group", "GroupManagement", desk, desk.office.ip, target{p.id, "User", "", p.upn}, "Group.DisplayName", `"Sales"`)
	}
	for range some(0.3) { // a new colleague
		p := &worker{id: w.guid(), upn: fmt.Sprintf("new%d@fabrikam.example", w.IntN(1e6))}
		w.direct(next(), "Add user", "UserManagement", desk, desk.office.ip, target{p.id, "User", "", p.upn}, "UserPrincipalName", `["`+p.upn+`"]`)
		w.direct(next(), "Change user license", "UserManagement", desk, desk.office.ip, target{p.id, "User", "", p.upn})
	}
	for range some(0.2) { // a shared mailbox opened to one more
		p := someone()
		w.command(next(), "Add-MailboxFolderPermission", p, p.office.ip, p.upn+":\\Calendar", "Identity", p.upn+":\\Calendar", "User", someone().upn, "AccessRights", "Reviewer")
	}
	for range some(0.3) { // an app that only knows who signs in
		p, app := someone(), w.guid()
		w.direct(next(), "Consent to application", "ApplicationManagement", p, p.office.ip, target{w.guid(), "ServicePrincipal", "Travel planner", ""},
			"ConsentContext.IsAdminConsent", `"False"`, "ConsentAction.Permissions", `"[] => [[Id: x, ClientId: y, PrincipalId: z, ResourceId: r, ConsentType: Principal, Scope: User.Read openid profile, CreatedDateTime: , Conditions: , ExpiryTime: ]]; "`, "TargetId.ServicePrincipalNames", `"`+app+`"`)
	}
	if d%14 == 3 { // a secret is renewed before it expires
		s := w.services[1+d/14%5]
		w.direct(next(), "Update application – Certificates and secrets management ", "ApplicationManagement", w.admins[0], w.admins[0].office.ip, target{s.principal, "Application", s.name, ""},
			"KeyDescription", fmt.Sprintf(`["[KeyIdentifier=%s,KeyType=Password,KeyUsage=Verify,DisplayName=2026]"]`, w.guid()))
	}
	if d%7 == 1 {
		w.command(next(), "Set-Mailbox", w.admins[0], w.admins[0].office.ip, someone().upn, "Identity", "room", "HiddenFromAddressListsEnabled", "True")
	}
}
