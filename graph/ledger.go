package graph

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/hunt365/hunt365/hunt"
)

// sentence says how a fault looks in the ledger. %s is the source's title and
// then what the rule's needs gives.
type sentence struct {
	fault  Fault
	state  hunt.CoverageState
	reason string
	fix    string
}

// sentences are looked up by fault. {title}, {permission}, {plan} and {error}
// are filled in.
var sentences = []sentence{
	{FaultLicence, hunt.NotLicensed, "the tenant lacks the licence that {title} needs ({plan})", "assign a licence with {plan}, or import an export from where the logs go"},
	{FaultNoTable, hunt.NotLicensed, "advanced hunting in this tenant has no such table ({title})", "it comes with the Defender product that fills it"},
	{FaultPermission, hunt.NotPermitted, "the sign-in lacks {permission} for {title} ({error})", "grant and consent {permission}, then run the same line again"},
	{FaultRole, hunt.NotPermitted, "the signed-in user has no directory role that may read {title}", "give the user the role Security Reader, or sign in as an application"},
	{FaultMailbox, hunt.NotPermitted, "Exchange refuses access to {title}; delegated sign-in reads only the user's own mailbox", "sign in as an application with {permission} that no access policy restricts"},
	{FaultToken, hunt.Failed, "Microsoft Graph refuses the access token for {title} ({error})", "sign in again"},
	{FaultNotLogged, hunt.NotLogged, "auditing is off in this tenant, so there is no {title}", "turn auditing on; what was not logged is lost"},
	{FaultNotFound, hunt.Failed, "the service does not offer {title} here ({error})", "import an export of it"},
	{FaultUnsupported, hunt.Failed, "the service does not offer {title} here ({error})", "import an export of it"},
	{FaultRequest, hunt.Failed, "the service refuses the question for {title} ({error})", "run again with --verbose and report the request id"},
	{FaultThrottled, hunt.Throttled, "the service kept throttling {title} ({error})", "run the same line again later, or with a longer --stop-after"},
	{FaultSkipToken, hunt.Truncated, "the service lost its place in {title} every time ({error})", "run the same line again, or import an export of this window"},
	{faultBroken, hunt.Failed, "the service's answer for {title} breaks off every time ({error})", "run the same line again, or import an export of this window"},
	{FaultTransient, hunt.Failed, "the service fails for {title} every time ({error})", "run the same line again"},
	{faultNetwork, hunt.Failed, "no answer came for {title} ({error})", "check the network, then run the same line again"},
}

// gapFor explains err for s and window w.
func gapFor(s *Source, w span, err error) gap {
	fault := faultOf(err)
	g := gap{span: w, State: hunt.Failed, Reason: oneLine(err.Error()), Fix: "run the same line again"}
	i := slices.IndexFunc(sentences, func(x sentence) bool { return x.fault == fault })
	if i < 0 {
		return g
	}
	x := sentences[i]
	fill := strings.NewReplacer(
		"{title}", s.Title, "{permission}", strings.Join(s.Permits[:min(1, len(s.Permits))], ""),
		"{plan}", planTitle(s.Plan), "{error}", shortError(err),
	)
	g.State, g.Reason, g.Fix = x.state, fill.Replace(x.reason), fill.Replace(x.fix)
	return g
}

// shortError is an error without what every such error says.
func shortError(err error) string {
	var api *APIError
	if !errors.As(err, &api) {
		return oneLine(err.Error())
	}
	text := fmt.Sprintf("%d %s", api.Status, api.Code)
	if api.Wait != "" {
		text += ", wait of " + api.Wait + " would outlast the run"
	}
	if api.RequestID != "" {
		text += ", request-id " + api.RequestID
	}
	return text
}

var planTitles = map[string]string{
	"":                     "a licence that includes it",
	"AAD_PREMIUM":          "Microsoft Entra ID P1",
	"AAD_PREMIUM_P2":       "Microsoft Entra ID P2",
	"AAD_WRKLDID_P2":       "Workload ID Premium",
	"ADALLOM_S_STANDALONE": "Microsoft Defender for Cloud Apps",
	"ATP_ENTERPRISE":       "Microsoft Defender for Office 365",
	"MTP":                  "Microsoft Defender XDR",
}

func planTitle(plan string) string {
	if title := planTitles[plan]; title != "" {
		return title
	}
	return plan
}

// orphan is the gap of a source whose objects could not be listed.
func orphan(s *Source) gap {
	return gap{
		State: hunt.NotCollected, Reason: s.Title + " could not be read because " + s.Each + " could not be listed",
		Fix: "close the gap of " + s.Each + ", then run the same line again",
	}
}

// cover gives the sink the whole ledger.
func (r *run) cover(ctx context.Context) ([]Entry, error) {
	var all []Entry
	for _, s := range r.plan.Sources {
		all = append(all, r.entries(s)...)
	}
	if err := r.c.Sink.Coverage(ctx, all); err != nil {
		return nil, &SinkError{Err: err}
	}
	return all, nil
}

// entries is s's part of the ledger as things stand.
func (r *run) entries(s *Source) []Entry {
	r.mu.Lock()
	gaps := slices.Clone(r.gaps[s.Name])
	r.mu.Unlock()
	var entries []Entry
	if s.IsLog() {
		entries = r.logEntries(s, gaps)
	} else {
		entries = r.snapshotEntries(s, gaps)
	}
	for i := range entries {
		e := &entries[i]
		e.Source, e.Tables = s.Name, s.Tables
		if f := s.Fallback; f != nil && f.Loses != "" && r.version(s) == f.Version && !e.State.IsGap() {
			e.State, e.Reason, e.Fix = hunt.Partial, "read through "+f.Version+": "+f.Loses, "none in this cloud; import the diagnostic settings export of this log"
		}
	}
	return entries
}

// logEntries lists what was read, merged where it says the same, the gaps, and
// what nobody got to.
func (r *run) logEntries(s *Source, gaps []gap) []Entry {
	reads := slices.Clone(r.journal.of(s.Name).reads)
	slices.SortFunc(reads, func(a, b read) int { return a.Start.Compare(b.Start) })
	known := slices.Clone(reads)
	var entries []Entry
	for _, x := range reads {
		entries = append(entries, r.readEntry(s, x))
	}
	for _, g := range gaps {
		entries = append(entries, g.entry())
		known = append(known, read{span: g.span})
	}
	oldest := r.whole(s).Start
	for _, w := range missing(span{r.plan.Since.Truncate(time.Second), r.until}, known) {
		entries = append(entries, r.unread(s, w, oldest)...)
	}
	slices.SortStableFunc(entries, func(a, b Entry) int { return a.Start.Compare(b.Start) })
	return r.suspectEmpty(s, merge(entries))
}

func (r *run) readEntry(s *Source, x read) Entry {
	e := Entry{State: hunt.Fetched, Start: x.Start, End: x.End, Records: x.Records, Duplicates: x.Duplicates, Reason: x.Note}
	e.Expected = max(x.Expected, 0)
	switch {
	case x.Verified:
		e.State = hunt.Verified
	case x.Expected > x.Records:
		e.State = hunt.Partial
		e.Reason = fmt.Sprintf("the service counted %d records and gave %d", x.Expected, x.Records)
		e.Fix = "run the same line again, or import an export of this window"
	case !x.settled(s.Settle) && e.Reason == "":
		e.Reason = fmt.Sprintf("records may still arrive up to %s after the event; run again later to be sure", words(s.Settle))
	}
	return e
}

// merge joins neighbours that say the same.
func merge(entries []Entry) []Entry {
	var merged []Entry
	for _, e := range entries {
		n := len(merged)
		if n == 0 || !merged[n-1].same(e) {
			merged = append(merged, e)
			continue
		}
		last := &merged[n-1]
		last.End = maxTime(last.End, e.End)
		last.Records += e.Records
		last.Duplicates += e.Duplicates
		last.Expected += e.Expected
	}
	return merged
}

func (e Entry) same(next Entry) bool {
	return e.State == next.State && e.Reason == next.Reason && e.Fix == next.Fix && !next.Start.After(e.End) && e.State != hunt.Partial
}

func (g gap) entry() Entry {
	e := Entry{State: g.State, Start: g.Start, End: g.End, Records: g.Records, Reason: g.Reason, Fix: g.Fix}
	return e
}

// unread explains a window that was not read: past retention, or not reached.
func (r *run) unread(s *Source, w span, oldest time.Time) []Entry {
	var entries []Entry
	if w.Start.Before(oldest) {
		entries = append(entries, Entry{
			State: hunt.Expired, Start: w.Start, End: minTime(w.End, oldest),
			Reason: fmt.Sprintf("the service keeps %s for %s only", s.Title, words(s.Retention)),
			Fix:    "import an export from where the logs go (Log Analytics, storage account, SIEM)",
		})
	}
	if start := maxTime(w.Start, oldest); start.Before(w.End) {
		entries = append(entries, Entry{
			State: hunt.NotCollected, Start: start, End: w.End,
			Reason: "the collection has not read this window yet", Fix: "run the same line again",
		})
	}
	return entries
}

// suspectEmpty doubts an audit log without a single record: a tenant that is in
// use has some, unless auditing is off.
func (r *run) suspectEmpty(s *Source, entries []Entry) []Entry {
	if s.Kind != Search || len(s.Types) > 0 {
		return entries
	}
	span := time.Duration(0)
	for _, e := range entries {
		if e.Records > 0 {
			return entries
		}
		if !e.State.IsGap() {
			span += e.End.Sub(e.Start)
		}
	}
	if span < day {
		return entries
	}
	for i := range entries {
		if e := &entries[i]; !e.State.IsGap() {
			e.State = hunt.NotLogged
			e.Reason = "the audit log holds not one record, so auditing is off or the sign-in may not see it"
			e.Fix = "check that auditing is on (UnifiedAuditLogIngestionEnabled), and try a delegated sign-in"
		}
	}
	return entries
}

// snapshotEntries is one line for a snapshot, and one for each thing that is
// wrong with it.
func (r *run) snapshotEntries(s *Source, gaps []gap) []Entry {
	st := r.journal.of(s.Name)
	at := r.journal.snapshot
	var entries []Entry
	for _, g := range gaps {
		e := g.entry()
		e.Start, e.End = at, at
		entries = append(entries, e)
	}
	switch {
	case st.whole != nil:
		e := r.readEntry(s, *st.whole)
		e.Start, e.End, e.Objects = at, at, st.tally.Done
		entries = append(entries, e)
		entries = append(entries, r.tallyEntries(s, st, at)...)
	case len(gaps) == 0:
		entries = append(entries, Entry{
			State: hunt.NotCollected, Start: at, End: at, Records: st.tally.Records, Objects: st.tally.Done,
			Reason: "the collection has not finished reading " + s.Title, Fix: "run the same line again",
		})
	}
	return entries
}

// tallyEntries says what was wrong with some of the objects.
func (r *run) tallyEntries(s *Source, st *progress, at time.Time) []Entry {
	var entries []Entry
	add := func(n int64, state hunt.CoverageState, reason, fix string) {
		if n > 0 {
			entries = append(entries, Entry{State: state, Start: at, End: at, Objects: n, Reason: fmt.Sprintf(reason, n), Fix: fix})
		}
	}
	t := st.tally
	add(t.Refused, hunt.NotPermitted, "access to %d objects was refused for "+s.Title, "allow the application to read them (application access policy, consent), then collect again")
	add(t.Failed, hunt.Failed, s.Title+" of %d objects could not be read", "run again")
	add(t.Hidden, hunt.Partial, "%d inbox rules cannot be expressed by Microsoft Graph, so their conditions and actions are unknown", "read them with Get-InboxRule in Exchange Online PowerShell; their creation is in the unified audit log")
	if n := int64(len(st.absent)); n > 0 {
		entries = append(entries, Entry{
			State: hunt.NotCollected, Start: at, End: at, Objects: n, Fix: "check the names given with --users: user principal names or object ids",
			Reason: s.Title + ": the tenant has no mailbox of " + oneLine(strings.Join(st.absent, ", ")),
		})
	}
	if left := st.of - int64(len(st.objects)); s.Where == "mailbox" && left > 0 {
		add(left, hunt.Partial, "%d mailboxes were not read: only a choice of them was asked for", "collect with --all-users")
	}
	return entries
}

// words writes a duration the way people say it.
func words(d time.Duration) string {
	switch {
	case d%day == 0 && d/day == 1:
		return "1 day"
	case d%day == 0:
		return fmt.Sprintf("%d days", d/day)
	}
	return fmt.Sprintf("%d hours", d/time.Hour)
}
