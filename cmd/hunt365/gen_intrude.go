package main

import (
	"fmt"
	"time"
)

// story is one intrusion while it is told: who falls, from where, and when.
type story struct {
	*world
	victim, other, admin *worker
	from                 origin
	at                   time.Time
	app                  *service
}

// tale is one variant of a family.
type tale struct {
	name string
	tell func(*story)
}

// families are the ways in and on, each told from public reports of what such
// intrusions log, not from the queries.
func families() []struct {
	name  string
	tales []tale
} {
	return []struct {
		name  string
		tales []tale
	}{
		{"federation", federationTales()},
		{"token", tokenTales()},
		{"app", appTales()},
		{"mailbox", mailboxTales()},
		{"sign-in", signInTales()},
		{"persistence", persistenceTales()},
	}
}

// intrude tells n intrusions, of each family in turn and each of its variants.
func (w *world) intrude(n int) []told {
	out := []told{}
	all := families()
	for k := range n {
		f := all[k%len(all)]
		t := f.tales[k/len(all)%len(f.tales)]
		i := 4 + (k*5)%(len(w.people)-6)
		s := &story{world: w, victim: w.people[i], other: w.people[i+1], admin: w.people[i+2], from: origin{country: hostile[k%len(hostile)], asn: 64700 + k, lat: float64(w.IntN(80) - 40), lon: float64(60 + w.IntN(100))}}
		s.from.ip = fmt.Sprintf("45.%d.%d.%d", 80+w.IntN(100), w.IntN(250), 1+w.IntN(250))
		s.at = w.start.AddDate(0, 0, w.days-5+w.IntN(4)).Add(time.Duration(8*60+w.IntN(600)) * time.Minute)
		s.app = &service{fmt.Sprintf("Mail Helper %d", w.IntN(100)), w.guid(), w.guid(), w.guid(), s.from}
		w.noted = nil
		t.tell(s)
		out = append(out, told{f.name, t.name, w.noted})
	}
	return out
}

// later moves the clock by some minutes.
func (s *story) later(most int) time.Time {
	s.at = s.at.Add(time.Duration(1+s.IntN(most)) * time.Minute)
	return s.at
}

// unknownDevice is what a sign-in from the intruder's own machine shows.
var unknownDevice = record{"deviceId": "", "displayName": "", "operatingSystem": "Linux", "browser": "Firefox 140", "isCompliant": false, "isManaged": false, "trustType": ""}

// enter signs the intruder in as p; more overwrites properties. The person's
// session becomes the intruder's.
func (s *story) enter(p *worker, more record) {
	p.session = s.guid()
	change := record{"deviceDetail": unknownDevice, "sessionId": p.session}
	for k, v := range more {
		change[k] = v
	}
	_, p.token = s.signIn(p, s.from, s.later(5), "interactiveUser", change)
}

// take reads mail of owner as p.
func (s *story) take(p, owner *worker, batches int, more record) {
	for range batches {
		s.read(s.later(3), owner, p, s.from.ip, 40+s.IntN(80), more)
	}
}

func (s *story) byApp(owner *worker) {
	for range 3 {
		s.read(s.later(3), owner, &worker{id: s.app.principal, upn: owner.upn}, s.from.ip, 40+s.IntN(60), record{
			"ClientInfoString": "Client=REST;;", "AppId": graphAPI, "ClientAppId": s.app.app, "SessionId": "", "AppAccessContext": record{"ClientAppId": s.app.app},
		})
	}
}

func (s *story) domain() target {
	name := fmt.Sprintf("unit%d.fabrikam.example", s.IntN(1000))
	return target{name, "Other", name, ""}
}

func (s *story) administer(name, category string, t target, changed ...string) {
	s.direct(s.later(4), name, category, s.admin, s.from.ip, t, changed...)
}

func (s *story) saml(issuer string) {
	s.enter(s.victim, record{"tokenIssuerType": "ADFederationServices", "tokenIssuerName": issuer, "incomingTokenType": "saml20", "authenticationProtocol": "wsFederation"})
}

func federationTales() []tale {
	federate := func(operation string) func(*story) {
		return func(s *story) {
			issuer := fmt.Sprintf("http://sts%d.outside.example/trust", s.IntN(99))
			s.enter(s.admin, nil)
			s.administer(operation, "DirectoryManagement", s.domain(), "IssuerUri", `["`+issuer+`"]`, "LiveType", `["Federated"]`)
			s.saml(issuer)
		}
	}
	operate := func(name, category string, changed ...string) func(*story) {
		return func(s *story) {
			s.enter(s.admin, nil)
			s.administer(name, category, target{s.guid(), "Other", "fabrikam", ""}, changed...)
		}
	}
	return []tale{
		{"federation settings", federate("Set federation settings on domain")},
		{"domain authentication", federate("Set domain authentication")},
		{"new domain federated", func(s *story) {
			d := s.domain()
			s.administer("Add unverified domain", "DirectoryManagement", d)
			s.administer("Verify domain", "DirectoryManagement", d)
			s.administer("Set domain authentication", "DirectoryManagement", d, "LiveType", `["Federated"]`)
		}},
		{"known back door", func(s *story) {
			s.administer("Set domain authentication", "DirectoryManagement", s.domain(), "IssuerUri", fmt.Sprintf(`["http://any.sts/%08X"]`, s.IntN(1<<30)), "LiveType", `["Federated"]`)
		}},
		{"immutable id", func(s *story) {
			s.administer("Update user", "UserManagement", target{s.victim.id, "User", "", s.victim.upn}, "SourceAnchor", fmt.Sprintf(`["%x"]`, s.Uint64()))
			s.saml("http://sts.fabrikam.example/adfs")
		}},
		{"trusted authority", operate("Set Company Information", "DirectoryManagement", "TrustedCAsForPasswordlessAuth", `["[CN=root]"]`)},
		{"pass-through agent", operate("Register connector", "ApplicationManagement", "ConnectorName", `"AGENT7"`)},
		{"directory sync", operate("Set DirSync feature", "DirectoryManagement", "DirSyncFeatures", `["Passwords"]`)},
		{"Exchange domain", func(s *story) {
			s.enter(s.admin, nil)
			s.command(s.later(4), "Add-FederatedDomain", s.admin, s.from.ip, "fabrikam", "DomainName", s.domain().id)
		}},
		{"forged sign-in", func(s *story) { s.saml("http://sts.elsewhere.example/adfs"); s.take(s.victim, s.victim, 3, nil) }},
	}
}

func tokenTales() []tale {
	phish := func(more record) func(*story) {
		return func(s *story) { s.enter(s.victim, more); s.take(s.victim, s.victim, 2, nil) }
	}
	return []tale{
		{"device code", phish(record{"authenticationProtocol": "deviceCode", "originalTransferMethod": "deviceCodeFlow"})},
		{"page between, axios", phish(record{"userAgent": "axios/1.7.9", "appDisplayName": "OfficeHome", "appId": "4765445b-32c6-49b0-83e6-1d93765276ca"})},
		{"page between, node", phish(record{"userAgent": "node-fetch/1.0", "appDisplayName": "OfficeHome", "appId": "4765445b-32c6-49b0-83e6-1d93765276ca"})},
		{"stolen session", func(s *story) {
			s.victim.session = s.guid()
			s.signIn(s.victim, s.victim.office, s.at, "interactiveUser", nil)
			s.signIn(s.victim, s.from, s.later(20), "nonInteractiveUser", record{"deviceDetail": unknownDevice})
			s.take(s.victim, s.victim, 3, nil)
		}},
		{"stolen token", func(s *story) {
			s.victim.session = s.guid()
			_, s.victim.token = s.signIn(s.victim, s.victim.office, s.at, "nonInteractiveUser", nil)
			s.take(s.victim, s.victim, 3, nil)
		}},
		{"forged token", func(s *story) {
			s.victim.session, s.victim.token = s.guid(), s.tokenID()
			s.take(s.victim, s.victim, 3, nil)
		}},
		{"token of another tenant", func(s *story) {
			s.take(s.other, s.victim, 3, record{"TokenTenantId": s.guid(), "LogonType": 0})
		}},
		{"device code to the broker", phish(record{"authenticationProtocol": "deviceCode", "appId": "29d9ed98-a469-4536-ade2-f981bc1d605e", "appDisplayName": "Microsoft Authentication Broker"})},
		{"code redeemed elsewhere", func(s *story) {
			code := record{"appId": "aebc6443-996d-45c2-90f0-388ff96faa56", "appDisplayName": "Visual Studio Code", "resourceId": graphAPI, "resourceDisplayName": "Microsoft Graph"}
			s.victim.session = s.guid()
			s.signIn(s.victim, s.victim.home, s.at, "interactiveUser", code)
			code["deviceDetail"] = unknownDevice
			s.signIn(s.victim, s.from, s.later(3), "nonInteractiveUser", code)
		}},
		{"first-party tool", phish(record{"appId": "04b07795-8ddb-461a-bbee-02f9e1bf7b46", "appDisplayName": "Microsoft Azure CLI", "userAgent": "python-requests/2.32.3"})},
	}
}

func appTales() []tale {
	grant := func(permission, id, api string) func(*story) {
		return func(s *story) {
			s.enter(s.admin, nil)
			s.administer("Add app role assignment to service principal", "ApplicationManagement", target{s.guid(), "ServicePrincipal", api, ""},
				"AppRole.Id", `"`+id+`"`, "AppRole.Value", `"`+permission+`"`, "ServicePrincipal.ObjectID", `"`+s.app.principal+`"`, "ServicePrincipal.DisplayName", `"`+s.app.name+`"`, "ServicePrincipal.AppId", `"`+s.app.app+`"`)
			s.appSignIn(s.app, s.later(20))
			s.byApp(s.victim)
		}
	}
	consent := func(name, scopes, admin string) func(*story) {
		return func(s *story) {
			if name != "" {
				s.app.name = name
			}
			s.direct(s.later(4), "Consent to application", "ApplicationManagement", s.victim, s.victim.office.ip, target{s.app.principal, "ServicePrincipal", s.app.name, ""},
				"ConsentContext.IsAdminConsent", `"`+admin+`"`, "ConsentContext.OnBehalfOfAll", `"`+admin+`"`,
				"ConsentAction.Permissions", `"[] => [[Id: x, ClientId: `+s.app.principal+`, PrincipalId: `+s.victim.id+`, ResourceId: r, ConsentType: Principal, Scope: `+scopes+`, CreatedDateTime: , Conditions: , ExpiryTime: ]]; "`,
				"TargetId.ServicePrincipalNames", `"`+s.app.app+`"`)
			s.byApp(s.victim)
		}
	}
	key := func(kind string) func(*story) {
		return func(s *story) {
			s.enter(s.admin, nil)
			s.administer("Update application – Certificates and secrets management ", "ApplicationManagement", target{s.app.principal, "Application", s.app.name, ""},
				"KeyDescription", fmt.Sprintf(`["[KeyIdentifier=%s,KeyType=%s,KeyUsage=Verify,DisplayName=x]"]`, s.app.key, kind))
			s.appSignIn(s.app, s.later(30))
			s.byApp(s.victim)
		}
	}
	return []tale{
		{"mail permission", grant("Mail.Read", "810c84a8-4a9e-49e6-bf7d-12d183f40d01", "Microsoft Graph")},
		{"mail write permission", grant("Mail.ReadWrite", "e2a3a72e-5f79-4c64-b1b1-878b674786c9", "Microsoft Graph")},
		{"full access as app", grant("full_access_as_app", "dc890d15-9560-4a4c-9b7f-a736ec74ec40", "Office 365 Exchange Online")},
		{"role management permission", grant("RoleManagement.ReadWrite.Directory", "9e3f62cf-ca93-4989-b6ce-bf83c28f9fe8", "Microsoft Graph")},
		{"secret added", key("Password")},
		{"certificate added", key("AsymmetricX509Cert")},
		{"user consents to mail", consent("", "Mail.Read offline_access User.Read", "False")},
		{"tenant-wide consent", consent("", "Mail.ReadWrite Mail.Send offline_access", "True")},
		{"known rogue app", consent("PERFECTDATA SOFTWARE", "EWS.AccessAsUser.All offline_access", "False")},
		{"key by another app", func(s *story) {
			s.direct(s.at, "Add service principal credentials", "ApplicationManagement", &worker{id: s.guid(), name: "Deployer"}, "", target{s.app.principal, "ServicePrincipal", s.app.name, ""},
				"KeyDescription", fmt.Sprintf(`["[KeyIdentifier=%s,KeyType=Password,KeyUsage=Verify,DisplayName=]"]`, s.app.key))
			s.appSignIn(s.app, s.later(30))
		}},
	}
}
