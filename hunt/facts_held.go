package hunt

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Span is how much of a table belongs to one tenant.
type Span struct {
	Records    int64
	Start, End time.Time // of its first and last record
}

// held measures each table for each tenant. Records that name no tenant are
// under the empty name.
func (r *factReader) held() map[string]map[string]Span {
	out := map[string]map[string]Span{}
	for _, c := range tenantColumns {
		r.each(fmt.Sprintf("%s | summarize Records = count(), First = min(TimeGenerated), Last = max(TimeGenerated) by Tenant = tolower(%s)", c.table, c.column), func(v []string) {
			if out[c.table] == nil {
				out[c.table] = map[string]Span{}
			}
			tenant := tenantID(v[0])
			first, _ := time.Parse(time.RFC3339Nano, v[2]) // records may have no time
			last, _ := time.Parse(time.RFC3339Nano, v[3])
			out[c.table][tenant] = out[c.table][tenant].with(Span{int64(atoi(v[1])), first, last})
		})
	}
	return out
}

// with adds another stretch of the same tenant: several spellings mean none.
func (s Span) with(o Span) Span {
	s.Records += o.Records
	if s.Start.IsZero() || !o.Start.IsZero() && o.Start.Before(s.Start) {
		s.Start = o.Start
	}
	if o.End.After(s.End) {
		s.End = o.End
	}
	return s
}

// tenantsOf lists the tenants of which something is held. Records that name none
// may be of any.
func tenantsOf(held map[string]map[string]Span) []string {
	seen := map[string]bool{}
	for _, tenants := range held {
		for t := range tenants {
			if t != "" {
				seen[t] = true
			}
		}
	}
	return sortedKeys(seen)
}

// coverage is what is known about tables as far as one tenant goes. What one
// tenant's logs show says nothing of another's, so that in a case of several a
// table without records of this one is not held. A gap does not say whose it is,
// and counts for all.
func (f Facts) coverage(tenant string, tables []string, known []Coverage) Answer {
	if len(tenantsOf(f.Held)) < 2 {
		return Inherit(tables, known)
	}
	var own []Coverage
	for _, c := range known {
		if c.State.IsGap() || !slices.ContainsFunc(tenantColumns, func(t tenantColumn) bool { return t.table == c.Table }) {
			own = append(own, c)
		}
	}
	for _, t := range tenantColumns {
		if s := f.Held[t.table][tenant]; s.Records > 0 {
			own = append(own, Coverage{Table: t.table, State: Fetched, Start: s.Start, End: s.End, Records: s.Records})
		}
	}
	answer := Inherit(tables, own)
	for n, g := range answer.Gaps {
		if g == notCollected(g.Table) {
			answer.Gaps[n].Reason = fmt.Sprintf("the case holds no %s records of tenant %s", g.Table, cmp.Or(tenant, "(none named)"))
		}
	}
	return answer
}

// window is the time that all of the tables cover for a tenant. A bound that is
// not known is zero. It reports false where they have no time in common.
func (f Facts) window(tenant string, tables []string, known []Coverage) (start, end time.Time, ok bool) {
	several := len(tenantsOf(f.Held)) > 1
	for _, table := range tables {
		var s Span
		for _, c := range known {
			if c.Table == table && !c.State.IsGap() {
				s = s.with(Span{c.Records, c.Start, c.End})
			}
		}
		if several {
			s = f.Held[table][tenant]
		}
		if s.Start.After(start) {
			start = s.Start
		}
		if !s.End.IsZero() && (end.IsZero() || s.End.Before(end)) {
			end = s.End
		}
	}
	return start, end, start.IsZero() || end.IsZero() || !end.Before(start)
}

// silent reports whether no record tells what is read in a tenant's mailbox.
func (f Facts) silent(box, tenant string) bool {
	told := f.Reading[strings.ToLower(box)]
	return strings.Contains(box, "@") && !slices.Contains(told, tenant) && !slices.Contains(told, "") && (tenant != "" || len(told) == 0)
}

// silentMailboxes lists the tenant's mailboxes that have audit records, but none
// that tell what is read.
func (f Facts) silentMailboxes(tenant string) []string {
	var out []string
	for _, id := range f.Roster {
		if id.Type == Mailbox && (id.Tenant == tenant || tenant == "") && f.silent(id.ID, id.Tenant) {
			out = append(out, id.ID)
		}
	}
	return out
}
