package hunt

import (
	"fmt"
	"slices"
)

// takeMail carries compromise over from those who act to the mail that they
// reach: to the mailboxes of compromised owners, to those that someone
// compromised read, redirected or wrote from, and to the owners in whose name
// mail was sent that way.
func takeMail(verdicts []Verdict, incidents []*Incident, facts Facts) {
	judged := map[Identity]Judgement{}
	for _, v := range verdicts {
		judged[v.Identity] = v.Verdict
	}
	reason := map[Identity]string{}
	for _, i := range incidents {
		for n, f := range i.findings {
			if hasTechnique(f, "T1114", "T1098.002", "T1564.008", "T1534") {
				i.reach(n, facts, judged, reason)
			}
		}
	}
	for n := range verdicts {
		v := &verdicts[n]
		owner := Identity{Account, v.Identity.ID, v.Identity.Tenant}
		switch why := reason[v.Identity]; {
		case v.Identity.Type == Mailbox && judged[owner] == Compromised:
			v.raise(Compromised, "its owner's account is compromised")
		case why != "":
			v.raise(Compromised, why)
		case v.Identity.Type == Mailbox && judged[owner] == Suspicious:
			v.raise(Suspicious, "its owner's account is suspicious")
		}
	}
}

// raise makes a verdict worse, and says why. What was said for a better one goes.
func (v *Verdict) raise(to Judgement, why string) {
	if slices.Index(Judgements(), to) >= slices.Index(Judgements(), v.Verdict) {
		return
	}
	if v.Verdict == NoSign || v.Verdict == CannotTell {
		v.Reasons = v.Reasons[1:] // that there was no sign
	}
	v.Verdict = to
	v.Reasons = append([]string{why}, v.Reasons...)
}

// reach notes why the mailboxes of the incident's n-th finding are compromised,
// if someone in it is.
func (i *Incident) reach(n int, facts Facts, judged map[Identity]Judgement, reason map[Identity]string) {
	f, members := i.findings[n], i.members(n, facts)
	who := ""
	for _, by := range members {
		owner := Identity{Account, by.ID, i.Tenant}
		switch {
		case by.Role == Acted && by.Type != Mailbox && judged[Identity{by.Type, by.ID, i.Tenant}] == Compromised:
			who = fmt.Sprintf("%s %s, which is compromised, reached it (%s)", by.Type, by.ID, f.Rule)
		case who == "" && by.Type == Mailbox && judged[owner] == Compromised:
			who = fmt.Sprintf("it was reached together with the mailbox of %s, whose account is compromised (%s)", by.ID, f.Rule)
		}
	}
	if who == "" {
		return
	}
	for _, box := range members {
		if box.Type != Mailbox {
			continue
		}
		reason[Identity{Mailbox, box.ID, i.Tenant}] = who
		if hasTechnique(f, "T1534") {
			reason[Identity{Account, box.ID, i.Tenant}] = fmt.Sprintf("mail was sent in its name: its mailbox is compromised (%s)", f.Rule)
		}
	}
}
