package graph

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// batchesAtOnce is how many $batch requests of a class are in flight. Exchange
// works on four requests of an app at a time, and one batch already asks for
// that much.
var batchesAtOnce = map[Class]int{Directory: 4, Outlook: 1}

// rounds is how often what a batch refused is asked for again.
const rounds = 8

// answer is what asking for one object came to.
type answer struct {
	rows [][]byte
	err  error
}

// sweep reads s for each object of its parent.
func (r *run) sweep(ctx context.Context, s *Source, out *spool) error {
	st := r.journal.of(s.Name)
	switch {
	case st.whole != nil:
		return nil
	case !st.listed:
		r.addGap(s, orphan(s))
		return nil
	}
	t := st.tally
	for int(t.Done) < len(st.objects) {
		ids := st.objects[t.Done:min(int(t.Done)+r.stride(s), len(st.objects))]
		answers, err := r.ask(ctx, s, ids)
		if err != nil {
			return err
		}
		if t.Done == 0 && allRefused(answers) {
			r.addGap(s, gapFor(s, span{}, answers[0].err))
			return nil
		}
		for i, a := range answers {
			r.keep(s, ids[i], a, &t, out)
		}
		t.Done += int64(len(ids))
		now := t
		out.mark(event{Kind: evDone, Source: s.Name, Reads: &now})
		if err := out.breathe(ctx); err != nil {
			return err
		}
		r.tell(s, func(p *Progress) { p.Done, p.Objects = t.Done, int64(len(st.objects)) })
	}
	out.mark(read{At: r.now(), Records: t.Records, Duplicates: t.Dups, Expected: -1}.event(evWhole, s.Name))
	return nil
}

// stride is how many objects are asked for before the checkpoint moves.
func (r *run) stride(s *Source) int {
	return max(r.plan.Batch, 1) * max(batchesAtOnce[s.Class], 1)
}

// allRefused reports whether no object at all could be read for a reason that
// is the source's: then none is asked for any more.
func allRefused(answers []answer) bool {
	return !slices.ContainsFunc(answers, func(a answer) bool { return a.err == nil || !refused(faultOf(a.err), len(answers)) })
}

func refused(f Fault, of int) bool {
	switch f {
	case FaultPermission, FaultLicence, FaultRole:
		return true
	case FaultMailbox, FaultNotFound, FaultUnsupported:
		return of > 1
	}
	return false
}

// keep adds one object's rows and counts what came of it.
func (r *run) keep(s *Source, id string, a answer, t *tally, out *spool) {
	known := newSeen()
	for _, row := range a.rows {
		rec := r.snapshotRecord(s, id, row)
		if !known.add(keyOf(rec)) {
			t.Dups++
			continue
		}
		t.Records++
		if string(field(row, "isReadOnly")) == "true" {
			t.Hidden++
		}
		out.add(rec)
	}
	if a.err == nil {
		return
	}
	switch faultOf(a.err) {
	case FaultNoMailbox, FaultNotFound:
		t.None++
	case FaultMailbox, FaultPermission, FaultRole, FaultLicence:
		t.Refused++
	default:
		t.Failed++
	}
}

// ask asks for all ids and returns their answers in that order. Only what ends
// the run is an error.
func (r *run) ask(ctx context.Context, s *Source, ids []string) ([]answer, error) {
	answers := make([]answer, len(ids))
	if r.plan.Batch <= 1 {
		for i, id := range ids {
			rows, err := r.one(ctx, s, id, "")
			answers[i] = answer{rows, err}
		}
		return answers, firstFatal(answers)
	}
	var wg sync.WaitGroup
	for from := 0; from < len(ids); from += r.plan.Batch {
		to := min(from+r.plan.Batch, len(ids))
		wg.Go(func() { r.batch(ctx, s, ids[from:to], answers[from:to]) })
	}
	wg.Wait()
	return answers, firstFatal(answers)
}

func firstFatal(answers []answer) error {
	for _, a := range answers {
		if a.err != nil && fatal(a.err) {
			return a.err
		}
	}
	return nil
}

// one reads one object by itself, from the start or from a link.
func (r *run) one(ctx context.Context, s *Source, id, link string) ([][]byte, error) {
	req := r.request(s, span{})
	req.Path = objectPath(s, id)
	req.URL = link
	l := r.listing(s, req)
	if s.Single {
		l.rowsKey = ""
	}
	var rows [][]byte
	err := l.each(ctx, func(p page) error {
		rows = append(rows, p.rows...)
		return nil
	})
	return rows, err
}

func objectPath(s *Source, id string) string {
	return strings.Replace(s.Path, "{id}", escapeSegment(id), 1)
}

func escapeSegment(id string) string { return url.PathEscape(id) }

// inner is one request of a batch, and outer the whole.
type inner struct {
	ID      string            `json:"id"`
	Method  string            `json:"method"`
	URL     string            `json:"url"`
	Headers map[string]string `json:"headers,omitempty"`
}

type outer struct {
	Requests []inner `json:"requests"`
}

// batch asks for up to twenty objects at once. Every answer has a status of its
// own, and what was throttled or broke is asked for again.
func (r *run) batch(ctx context.Context, s *Source, ids []string, answers []answer) {
	open := make([]int, len(ids))
	for i := range ids {
		open[i] = i
	}
	for round := 0; len(open) > 0; round++ {
		if round > 0 {
			if err := r.c.Clock.Sleep(ctx, batchWait(answers, open, round)); err != nil {
				fail(answers, open, err)
				return
			}
		}
		if rows, err := r.post(ctx, s, ids, open); err != nil {
			fail(answers, open, err)
		} else {
			r.place(ctx, s, ids, open, rows, answers)
		}
		open = slices.DeleteFunc(open, func(i int) bool { return !again(answers[i].err) || round >= rounds })
	}
}

func fail(answers []answer, open []int, err error) {
	for _, i := range open {
		answers[i].err = err
	}
}

// again reports whether an inner answer is worth asking for once more.
func again(err error) bool {
	if err == nil || fatal(err) {
		return false
	}
	switch faultOf(err) {
	case FaultTransient, FaultThrottled, faultBroken, faultNetwork, FaultSkipToken:
		return true
	}
	return false
}

// batchWait is the longest wait that an inner answer asked for, else a growing one.
func batchWait(answers []answer, open []int, round int) time.Duration {
	wait := min(time.Second<<round, 2*time.Minute)
	for _, i := range open {
		var api *APIError
		if errors.As(answers[i].err, &api) {
			wait = max(wait, api.after)
		}
	}
	return wait
}

// post sends one batch and returns the raw inner answers.
func (r *run) post(ctx context.Context, s *Source, ids []string, open []int) ([][]byte, error) {
	request := r.request(s, span{})
	var all outer
	for _, i := range open {
		all.Requests = append(all.Requests, inner{
			ID: strconv.Itoa(i), Method: http.MethodGet, URL: objectPath(s, ids[i]) + EncodeQuery(request.Query),
			Headers: map[string]string{"Prefer": "include-unknown-enum-members"},
		})
	}
	body, err := json.Marshal(all)
	if err != nil {
		return nil, fmt.Errorf("make batch: %w", err)
	}
	p, err := r.page(ctx, &Request{
		Method: http.MethodPost, Version: request.Version, Path: "/$batch", Header: request.Header, Body: body,
		Class: s.Class, Cost: s.Cost * float64(len(open)),
	}, "responses")
	return p.rows, err
}

// place puts a batch's answers where they belong. An answer that is missing is
// an error of its object.
func (r *run) place(ctx context.Context, s *Source, ids []string, open []int, rows [][]byte, answers []answer) {
	for _, i := range open {
		answers[i] = answer{err: &APIError{Status: 504, Code: "NoAnswer", Fault: FaultTransient}}
	}
	for _, row := range rows {
		i, err := strconv.Atoi(textField(row, "id"))
		if err != nil || !slices.Contains(open, i) {
			continue
		}
		answers[i] = r.unpack(ctx, s, ids[i], row)
	}
}

// unpack reads one inner answer and follows its further pages.
func (r *run) unpack(ctx context.Context, s *Source, id string, row []byte) answer {
	status, _ := strconv.Atoi(string(field(row, "status")))
	body := field(row, "body")
	if status/100 != 2 {
		e := newAPIError(status, innerHeader(row), body)
		return answer{err: e}
	}
	rowsKey := "value"
	if s.Single {
		rowsKey = ""
	}
	p, err := parsePage(body, rowsKey)
	if err != nil {
		return answer{err: &BodyError{Err: err}}
	}
	if p.next == "" {
		return answer{rows: p.rows}
	}
	if !strings.HasPrefix(p.next, r.c.Root+"/") {
		return answer{err: fmt.Errorf("%w: the next page is on another host", errLoop)}
	}
	rest, err := r.one(ctx, s, id, p.next)
	return answer{rows: append(p.rows, rest...), err: err}
}

// innerHeader reads the headers of an inner answer.
func innerHeader(row []byte) http.Header {
	h := http.Header{}
	var values map[string]string
	if json.Unmarshal(field(row, "headers"), &values) == nil {
		for name, value := range values {
			h.Set(name, value)
		}
	}
	return h
}
