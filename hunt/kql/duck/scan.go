package duck

import (
	"fmt"
	"sort"
	"strings"

	"github.com/hunt365/hunt365/hunt/kql"
	"github.com/hunt365/hunt365/hunt/schema"
)

// scanState says what column references mean while a step of scan is lowered.
type scanState struct {
	cols map[int]string
	ref  func(x *kql.StateRef) string
}

func (l *lowerer) stateRef(x *kql.StateRef) (expr, error) {
	if l.scan == nil {
		return expr{}, fmt.Errorf("a step of scan is read outside of scan")
	}
	return expr{typ: x.Col.Type, null: x.Col.Type != schema.String, sql: l.scan.ref(x)}, nil
}

// scanner lowers one scan operator to a recursive query that takes one row of
// every partition at a time. The state of step k is a flag a<k>, a match number
// id<k> and, for every step j up to k, the values v<k>_<j>_<col> that j last had.
type scanner struct {
	l        *lowerer
	n        *kql.ScanRel
	in       *rel
	defaults map[int]string // of declared columns
	keep     []*kql.StateRef
}

func (l *lowerer) scanRel(n *kql.ScanRel) (*rel, error) {
	in, err := l.rel(n.Input, 1)
	if err != nil {
		return nil, err
	}
	s := &scanner{l: l, n: n, defaults: map[int]string{}}
	if s.in, err = s.numbered(in); err != nil {
		return nil, err
	}
	for _, d := range n.Declare {
		e, err := l.scalar(d.X, &rel{})
		if err != nil {
			return nil, err
		}
		s.defaults[d.Col.ID] = cast(e, d.Col.Type).sql
	}
	s.findRefs()
	body, err := s.iteration()
	if err != nil {
		return nil, err
	}
	name := l.fresh("t")
	body = strings.ReplaceAll(body, "scan_state", name)
	l.recursive = true
	l.steps = append(l.steps, name+" AS (\n  "+s.start()+"\n  UNION ALL\n  "+body+"\n)")
	return s.results(name), nil
}

// numbered gives each row its partition p and its place rn there.
func (s *scanner) numbered(in *rel) (*rel, error) {
	var keys []string
	if s.l.ctx != nil {
		keys = append(keys, s.l.ctx.part...)
	}
	for _, x := range s.n.By {
		e, err := s.l.scalar(x, in)
		if err != nil {
			return nil, err
		}
		keys = append(keys, e.sql)
	}
	part := "0"
	if len(keys) > 0 {
		part = "struct_pack("
		for i, k := range keys {
			if i > 0 {
				part += ", "
			}
			part += fmt.Sprintf("k%d := %s", i, k)
		}
		part += ")"
	}
	order := in.orderBy()
	if len(s.n.OrderBy) > 0 {
		var terms []string
		for _, k := range s.n.OrderBy {
			e, err := s.l.scalar(k.X, in)
			if err != nil {
				return nil, err
			}
			terms = append(terms, orderTerm{e.sql, k.Desc, k.NullsFirst}.String())
		}
		order = strings.Join(terms, ", ")
	}
	over := "PARTITION BY p"
	placed := s.l.placed(in)
	if order == "" {
		order = placed.order[0].col
	}
	tagged := s.l.step(placed, fmt.Sprintf("SELECT *, %s AS p FROM %s", part, placed.name))
	out := s.l.stored(tagged, fmt.Sprintf("SELECT *, row_number() OVER (%s ORDER BY %s) AS rn FROM %s", over, order, tagged.name))
	return out, nil
}

// findRefs collects which values of which steps are read later.
func (s *scanner) findRefs() {
	seen := map[string]*kql.StateRef{}
	var walk func(x kql.Scalar)
	walk = func(x kql.Scalar) {
		switch x := x.(type) {
		case *kql.StateRef:
			seen[fmt.Sprintf("%03d_%06d", x.Step, x.Col.ID)] = x
		case *kql.Apply:
			for _, a := range x.Args {
				walk(a)
			}
		case *kql.Cast:
			walk(x.X)
		case *kql.Path:
			walk(x.X)
		case *kql.InList:
			walk(x.X)
			for _, a := range x.List {
				walk(a)
			}
		}
	}
	for _, st := range s.n.Steps {
		walk(st.Cond)
		for _, a := range st.Assign {
			walk(a.X)
		}
	}
	var keys []string
	for k := range seen {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	for _, k := range keys {
		s.keep = append(s.keep, seen[k])
	}
}

func stateCol(k int, x *kql.StateRef) string { return fmt.Sprintf("v%d_%d_%d", k, x.Step, x.Col.ID) }

// blank is what a step's column reads as before the step has matched.
func (s *scanner) blank(c *kql.Col) string {
	if d, ok := s.defaults[c.ID]; ok {
		return d + "::" + SQLType(c.Type)
	}
	return literal(c.Type, nil).sql
}

func (s *scanner) outputCol(k int, c *kql.Col) string { return fmt.Sprintf("d%d_%d", k, c.ID) }

// start is the row before the first of each partition.
func (s *scanner) start() string {
	cols := []string{"p", "0::BIGINT AS rn", "0::BIGINT AS next_id"}
	for k := range s.n.Steps {
		cols = append(cols, fmt.Sprintf("false AS a%d, 0::BIGINT AS id%d, false AS hit%d, 0::BIGINT AS m%d", k, k, k, k))
		for _, x := range s.keep {
			if x.Step <= k {
				cols = append(cols, s.blank(x.Col)+" AS "+stateCol(k, x))
			}
		}
		for _, d := range s.n.Declare {
			cols = append(cols, s.blank(d.Col)+" AS "+s.outputCol(k, d.Col))
		}
	}
	return "SELECT " + strings.Join(cols, ", ") + " FROM (SELECT DISTINCT p FROM " + s.in.name + ")"
}

// iteration takes the next row of each partition through the steps, from the
// last to the first.
func (s *scanner) iteration() (string, error) {
	from := fmt.Sprintf("(SELECT n.*, r.* EXCLUDE (p, rn) FROM scan_state AS r JOIN %s AS n ON n.p = r.p AND n.rn = r.rn + 1)", s.in.name)
	last := len(s.n.Steps) - 1
	for k := last; k >= 0; k-- {
		active := fmt.Sprintf("a%d", k)
		if k < last {
			active = fmt.Sprintf("(a%d AND NOT up%d)", k, k+1)
		}
		stay, err := s.cond(k, k)
		if err != nil {
			return "", err
		}
		move, err := s.cond(k, k-1)
		if err != nil {
			return "", err
		}
		prior := "true"
		if k > 0 {
			prior = fmt.Sprintf("a%d", k-1)
		}
		from = fmt.Sprintf("(SELECT *, coalesce(%s AND %s, false) AS stay%d FROM %s)", active, stay, k, from)
		from = fmt.Sprintf("(SELECT *, (NOT stay%d AND coalesce(%s AND %s, false)) AS up%d FROM %s)", k, prior, move, k, from)
	}
	cols := []string{"p", "rn", "next_id + CASE WHEN up0 THEN 1 ELSE 0 END AS next_id"}
	for k := range s.n.Steps {
		more, err := s.newState(k)
		if err != nil {
			return "", err
		}
		cols = append(cols, more...)
	}
	return "SELECT " + strings.Join(cols, ", ") + " FROM " + from, nil
}

// with lowers something of step k while the state of step from is in force.
func (s *scanner) with(k, from int, f func() error) error {
	outer := s.l.scan
	s.l.scan = &scanState{cols: map[int]string{}, ref: func(x *kql.StateRef) string {
		if x.Step > from || from < 0 {
			return s.blank(x.Col)
		}
		return stateCol(from, x)
	}}
	for id, d := range s.defaults {
		s.l.scan.cols[id] = d
	}
	defer func() { s.l.scan = outer }()
	return f()
}

func (s *scanner) cond(k, from int) (string, error) {
	sql := ""
	err := s.with(k, from, func() error {
		e, err := s.l.predicate(s.n.Steps[k].Cond, s.in)
		sql = e.sql
		return err
	})
	return sql, err
}

// assigned returns the declared columns' values when step k matches.
func (s *scanner) assigned(k, from int) (map[int]string, error) {
	var out map[int]string
	err := s.with(k, from, func() error {
		for _, a := range s.n.Steps[k].Assign {
			e, err := s.l.scalar(a.X, s.in)
			if err != nil {
				return err
			}
			s.l.scan.cols[a.Col.ID] = "(" + cast(e, a.Col.Type).sql + ")"
		}
		out = s.l.scan.cols
		return nil
	})
	return out, err
}

func (s *scanner) newState(k int) ([]string, error) {
	stay, err := s.assigned(k, k)
	if err != nil {
		return nil, err
	}
	up, err := s.assigned(k, k-1)
	if err != nil {
		return nil, err
	}
	gone := "false"
	if k+1 < len(s.n.Steps) {
		gone = fmt.Sprintf("up%d", k+1)
	}
	id := "next_id"
	if k > 0 {
		id = fmt.Sprintf("id%d", k-1)
	}
	cols := []string{
		fmt.Sprintf("CASE WHEN stay%[1]d OR up%[1]d THEN true WHEN %[2]s THEN false ELSE a%[1]d END", k, gone),
		fmt.Sprintf("CASE WHEN up%d THEN %s ELSE id%d END", k, id, k),
		fmt.Sprintf("(stay%[1]d OR up%[1]d)", k),
		fmt.Sprintf("CASE WHEN up%d THEN %s ELSE id%d END", k, id, k),
	}
	value := func(x *kql.StateRef, vals map[int]string) string {
		if v, ok := vals[x.Col.ID]; ok {
			return v
		}
		return colName(x.Col)
	}
	for _, x := range s.keep {
		switch {
		case x.Step == k:
			cols = append(cols, fmt.Sprintf("(CASE WHEN stay%[1]d THEN %[2]s WHEN up%[1]d THEN %[3]s ELSE %[4]s END)::%[5]s", k, value(x, stay), value(x, up), stateCol(k, x), SQLType(x.Col.Type)))
		case x.Step < k:
			cols = append(cols, fmt.Sprintf("CASE WHEN up%d THEN %s ELSE %s END", k, stateCol(k-1, x), stateCol(k, x)))
		}
	}
	for _, d := range s.n.Declare {
		cols = append(cols, fmt.Sprintf("(CASE WHEN stay%d THEN %s ELSE %s END)::%s", k, stay[d.Col.ID], up[d.Col.ID], SQLType(d.Col.Type)))
	}
	return cols, nil
}

// results joins the matches of every step with their rows.
func (s *scanner) results(name string) *rel {
	var parts []string
	for k, st := range s.n.Steps {
		if st.Output == "none" {
			continue
		}
		var cols []string
		for _, c := range s.n.Input.Output() {
			cols = append(cols, "n."+colName(c))
		}
		for _, d := range s.n.Declare {
			cols = append(cols, fmt.Sprintf("r.%s AS %s", s.outputCol(k, d.Col), colName(d.Col)))
		}
		if s.n.MatchID != nil {
			cols = append(cols, fmt.Sprintf("r.m%d AS %s", k, colName(s.n.MatchID)))
		}
		for _, h := range s.in.hidden(s.l.ctx) {
			cols = append(cols, "n."+h)
		}
		sql := fmt.Sprintf("SELECT %s FROM %s AS r JOIN %s AS n ON n.p = r.p AND n.rn = r.rn WHERE r.hit%d", strings.Join(cols, ", "), name, s.in.name, k)
		if st.Output == "last" {
			sql += fmt.Sprintf(" QUALIFY row_number() OVER (PARTITION BY r.p, r.m%d ORDER BY r.rn DESC) = 1", k)
		}
		parts = append(parts, sql)
	}
	if len(parts) == 0 {
		parts = []string{"SELECT * FROM " + s.in.name + " WHERE false"}
	}
	r := s.l.step(s.in, strings.Join(parts, "\n  UNION ALL\n  "))
	r.null = map[int]bool{}
	for _, c := range s.n.Outputs {
		r.null[c.ID] = c.Type != schema.String
	}
	return r
}
