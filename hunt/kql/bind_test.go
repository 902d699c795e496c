package kql_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/hunt365/hunt365/hunt/kql"
	"github.com/hunt365/hunt365/hunt/schema"
)

// testEnv is a small world for the golden tests.
func testEnv() *kql.Env {
	tables := map[string]*schema.Table{}
	env := &kql.Env{Now: time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)}
	for _, def := range []string{
		"Signins Time:datetime User:string Ip:string Result:int Real:real Device:dynamic Groups:dynamic",
		"Devices Ip:string Name:string User:string Seen:datetime",
	} {
		f := strings.Fields(def)
		tb := &schema.Table{Name: f[0]}
		for _, c := range f[1:] {
			name, typ, _ := strings.Cut(c, ":")
			t, _ := schema.ParseType(typ)
			tb.Columns = append(tb.Columns, schema.Column{Name: name, Type: t})
		}
		tables[f[0]] = tb
		env.TableNames = append(env.TableNames, f[0])
	}
	env.Tables = func(n string) (*schema.Table, bool) { t, ok := tables[n]; return t, ok }
	env.Watchlist = func(alias string) (*kql.DataSet, error) {
		if alias == "unknown" {
			return nil, nil
		}
		if alias != "vip" {
			return nil, errors.New("no such file")
		}
		return &kql.DataSet{Columns: []kql.Column{{"SearchKey", schema.String}, {"Role", schema.String}}, Rows: [][]any{{"ana", "ceo"}}}, nil
	}
	return env
}

func TestBind(t *testing.T) {
	files, err := filepath.Glob("testdata/bind/*.kql")
	if err != nil || len(files) == 0 {
		t.Fatal("no cases", err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			src, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			var out strings.Builder
			for _, q := range strings.Split(strings.TrimSpace(string(src)), "\n\n") {
				fmt.Fprintf(&out, "%s\n%s\n", q, bindGolden(q))
			}
			golden(t, strings.TrimSuffix(file, ".kql")+".txt", out.String())
		})
	}
}

func bindGolden(q string) string {
	env := testEnv()
	if strings.Contains(q, "externaldata(a:string, b:long)") {
		env.External = func(x kql.External) (*kql.DataSet, error) {
			return &kql.DataSet{Columns: x.Columns, Rows: [][]any{{x.URIs[0], int64(len(x.Props))}}}, nil
		}
	}
	if strings.Contains(q, "d_") || strings.Contains(q, "max(Result), User") || strings.Contains(q, "nothing_") {
		env.Discover = func(p *kql.Plan) ([][]string, error) {
			if strings.Contains(q, "nothing_") {
				return nil, nil
			}
			if len(p.Columns) == 1 {
				return [][]string{{"10.0.0.1"}, {"10.0.0.2"}}, nil
			}
			return [][]string{{"n", "double"}, {"n", "long"}, {"os", "string"}, {"x", "null"}}, nil
		}
	}
	s, err := kql.Parse(q)
	if err != nil {
		return kql.FormatError("query", q, err)
	}
	p, err := kql.Bind(s, env)
	if err != nil {
		return kql.FormatError("query", q, err)
	}
	var d dumper
	for _, s := range p.Shared {
		fmt.Fprintf(&d, "  shared %d %s materialize=%t\n", s.ID, s.Name, s.Materialize)
		d.node(reflect.ValueOf(s.Rel), 2)
	}
	d.node(reflect.ValueOf(p.Root), 1)
	fmt.Fprintf(&d, "  = %s ordered=%t", schemaText(p), p.Ordered)
	if p.Render != nil {
		fmt.Fprintf(&d, " render=%v", *p.Render)
	}
	for _, n := range p.Notes {
		fmt.Fprintf(&d, "\n  note: %s", n)
	}
	return d.String() + "\n"
}

// dumper writes a plan as text, by reflection: every field counts.
type dumper struct{ strings.Builder }

func (d *dumper) node(v reflect.Value, depth int) {
	if v.Kind() == reflect.Interface {
		v = v.Elem()
	}
	s := v.Elem()
	fmt.Fprintf(d, "%s%s", strings.Repeat("  ", depth), strings.TrimSuffix(s.Type().Name(), "Rel"))
	var inputs []reflect.Value
	for i := range s.NumField() {
		f := s.Field(i)
		if _, ok := f.Interface().(kql.Rel); ok && f.Kind() == reflect.Interface {
			inputs = append(inputs, f)
			continue
		}
		if list, ok := f.Interface().([]kql.UnionBranch); ok {
			for _, br := range list {
				inputs = append(inputs, reflect.ValueOf(&br.Input).Elem())
			}
		}
		if text := dumpValue(f); text != "" {
			fmt.Fprintf(d, " %s=%s", s.Type().Field(i).Name, text)
		}
	}
	d.WriteByte('\n')
	for _, in := range inputs {
		d.node(in, depth+1)
	}
}

func dumpValue(v reflect.Value) string {
	if v.IsZero() {
		return ""
	}
	switch x := v.Interface().(type) {
	case *kql.Col:
		return fmt.Sprintf("%s#%d:%s", x.Name, x.ID, x.Type)
	case kql.Item:
		if ref, ok := x.X.(*kql.ColRef); ok && ref.Col == x.Col {
			return fmt.Sprintf("#%d", x.Col.ID)
		}
		return dumpValue(reflect.ValueOf(x.Col)) + "=" + dumpScalar(x.X)
	case *schema.Table:
		return x.Name
	case *kql.Shared:
		return fmt.Sprint(x.ID)
	case kql.Scalar:
		return dumpScalar(x)
	}
	switch v.Kind() {
	case reflect.Slice:
		var parts []string
		for i := range v.Len() {
			parts = append(parts, dumpValue(v.Index(i)))
		}
		return "[" + strings.Join(parts, " ") + "]"
	case reflect.Pointer:
		return dumpValue(v.Elem())
	case reflect.Struct:
		var parts []string
		for i := range v.NumField() {
			if v.Field(i).Type() == reflect.TypeFor[kql.Rel]() {
				continue
			}
			if s := dumpValue(v.Field(i)); s != "" {
				parts = append(parts, v.Type().Field(i).Name+"="+s)
			}
		}
		return "{" + strings.Join(parts, " ") + "}"
	case reflect.String:
		return fmt.Sprintf("%q", v.String())
	}
	return fmt.Sprint(v.Interface())
}

func dumpScalar(x kql.Scalar) string {
	list := func(xs []kql.Scalar) string {
		var parts []string
		for _, x := range xs {
			parts = append(parts, dumpScalar(x))
		}
		return strings.Join(parts, ", ")
	}
	switch x := x.(type) {
	case *kql.Lit:
		return fmt.Sprintf("%s(%v)", x.T, x.Value)
	case *kql.ColRef:
		return fmt.Sprintf("%s#%d", x.Col.Name, x.Col.ID)
	case *kql.Apply:
		return fmt.Sprintf("%s(%s):%s", x.Fn, list(x.Args), x.T)
	case *kql.Cast:
		return fmt.Sprintf("%s<-%s", x.T, dumpScalar(x.X))
	case *kql.Path:
		out := dumpScalar(x.X)
		for _, s := range x.Steps {
			if s.Index != nil {
				out += "[" + dumpScalar(s.Index) + "]"
			} else {
				out += fmt.Sprintf("[%q]", s.Name)
			}
		}
		return out
	case *kql.InList:
		return fmt.Sprintf("%s %s (%s)", dumpScalar(x.X), x.Op, list(x.List))
	case *kql.InRel:
		var d dumper
		d.node(reflect.ValueOf(x.Rel), 0)
		return fmt.Sprintf("%s %s {%s}", dumpScalar(x.X), x.Op, strings.ReplaceAll(strings.TrimSpace(d.String()), "\n", " <-"))
	case *kql.ToScalar:
		return "toscalar " + dumpValue(reflect.ValueOf(x.Rel.(*kql.RefRel)))
	case *kql.PackCols:
		return fmt.Sprintf("pack%v", x.Names)
	case *kql.StateRef:
		return fmt.Sprintf("step%d.%s#%d", x.Step, x.Col.Name, x.Col.ID)
	}
	return fmt.Sprintf("%T", x)
}

// TestReference keeps the language reference in step with the signature table.
func TestReference(t *testing.T) {
	golden(t, "REFERENCE.md", kql.Reference())
}

// FuzzBind checks that no query makes the binder panic, and that what it binds
// has distinct column names.
func FuzzBind(f *testing.F) {
	files, _ := filepath.Glob("testdata/bind/*.kql")
	for _, file := range files {
		src, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		for _, q := range strings.Split(string(src), "\n\n") {
			f.Add(q)
		}
	}
	f.Fuzz(func(t *testing.T, q string) {
		s, err := kql.Parse(q)
		if err != nil {
			return
		}
		p, err := kql.Bind(s, testEnv())
		if err != nil {
			return
		}
		seen := map[string]bool{}
		for _, c := range p.Columns {
			if seen[c.Name] || c.Name == "" || c.Type == schema.Unknown {
				t.Errorf("column %q of type %s in %v", c.Name, c.Type, p.Columns)
			}
			seen[c.Name] = true
		}
	})
}

func TestLargeUnionsLeaveOutEmptyTables(t *testing.T) {
	env := &kql.Env{Empty: func(name string) bool { return name != "T07" && name != "T11" }}
	tables := map[string]*schema.Table{}
	for i := range 20 {
		name := fmt.Sprintf("T%02d", i)
		tables[name] = &schema.Table{Name: name, Columns: []schema.Column{{Name: "a", Type: schema.String}, {Name: name, Type: schema.Long}}}
		env.TableNames = append(env.TableNames, name)
	}
	env.Tables = func(n string) (*schema.Table, bool) { tb, ok := tables[n]; return tb, ok }
	for query, want := range map[string]int{`search "x"`: 2, "union *": 2, "union T0*": 10, "T00 | where a == '1'": 0} {
		s, err := kql.Parse(query)
		if err != nil {
			t.Fatal(err)
		}
		plan, err := kql.Bind(s, env)
		if err != nil {
			t.Fatal(err)
		}
		got := 0
		if u, ok := plan.Root.(*kql.UnionRel); ok {
			got = len(u.Branches)
		}
		if got != want {
			t.Errorf("%s reads %d tables, want %d", query, got, want)
		}
		if query == "union *" && len(plan.Columns) != 21 {
			t.Errorf("union * has %d columns, want all 21", len(plan.Columns))
		}
	}
}
