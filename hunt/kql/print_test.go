package kql_test

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"sort"
	"strings"
	"testing"

	"github.com/hunt365/hunt365/hunt/kql"
)

// dump renders a tree without places and spellings, so that two trees are the
// same query if their dumps are equal.
func dump(v reflect.Value, b *strings.Builder) {
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		if v.IsNil() {
			b.WriteString("nil")
			return
		}
		dump(v.Elem(), b)
	case reflect.Slice:
		b.WriteByte('[')
		for i := range v.Len() {
			dump(v.Index(i), b)
			b.WriteByte(' ')
		}
		b.WriteByte(']')
	case reflect.Struct:
		fmt.Fprintf(b, "%s{", v.Type().Name())
		for i := range v.NumField() {
			f := v.Type().Field(i)
			if f.Name == "Raw" || f.Name == "Comments" || !f.IsExported() || f.Type == reflect.TypeOf(kql.Span{}) {
				continue
			}
			fmt.Fprintf(b, "%s:", f.Name)
			dump(v.Field(i), b)
			b.WriteByte(' ')
		}
		b.WriteByte('}')
	case reflect.Float64:
		fmt.Fprintf(b, "%x", math.Float64bits(v.Float()))
	default:
		fmt.Fprintf(b, "%#v", v.Interface())
	}
}

func dumpScript(s *kql.Script) string {
	var b strings.Builder
	dump(reflect.ValueOf(s), &b)
	return b.String()
}

// stripRaw forgets how literals were written, so that the printer builds them.
func stripRaw(v reflect.Value) {
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		if !v.IsNil() {
			stripRaw(v.Elem())
		}
	case reflect.Slice:
		for i := range v.Len() {
			stripRaw(v.Index(i))
		}
	case reflect.Struct:
		if f := v.FieldByName("Raw"); f.IsValid() {
			f.SetString("")
		}
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				stripRaw(v.Field(i))
			}
		}
	}
}

func comments(s *kql.Script) []string {
	var list []string
	for _, c := range s.Comments {
		list = append(list, c.Text)
	}
	sort.Strings(list)
	return list
}

// checkPrint proves that printing keeps the query, its comments and, once
// printed, its layout.
func checkPrint(t testing.TB, src string) {
	t.Helper()
	first, err := kql.Parse(src)
	if err != nil {
		return
	}
	want := dumpScript(first)
	out := kql.Print(first)
	second, err := kql.Parse(out)
	if err != nil {
		t.Fatalf("printed text does not parse\n%s\n--- printed\n%s\n%s", src, out, kql.FormatError("out", out, err))
	}
	if got := dumpScript(second); got != want {
		t.Fatalf("printing changed the query\n%s\n--- printed\n%s\nwant %s\ngot  %s", src, out, want, got)
	}
	if a, b := comments(first), comments(second); !reflect.DeepEqual(a, b) {
		t.Fatalf("printing lost comments\n%s\n--- printed\n%s\n%q\n%q", src, out, a, b)
	}
	stripRaw(reflect.ValueOf(second))
	built := kql.Print(second)
	third, err := kql.Parse(built)
	if err != nil {
		t.Fatalf("built text does not parse\n%s\n%s", built, kql.FormatError("built", built, err))
	}
	if got := dumpScript(third); got != want {
		t.Fatalf("building changed the query\n%s\n--- built\n%s\nwant %s\ngot  %s", src, built, want, got)
	}
}

func snippets(t testing.TB) map[string]string {
	files, err := filepath.Glob("testdata/print/*.kql")
	if err != nil || len(files) == 0 {
		t.Fatalf("no snippets: %v", err)
	}
	out := map[string]string{}
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		out[f] = string(b)
	}
	return out
}

// TestPrint compares the canonical layout of every testdata/print/*.kql with
// the .out beside it, and checks that printing it again changes nothing.
func TestPrint(t *testing.T) {
	for file, src := range snippets(t) {
		t.Run(filepath.Base(file), func(t *testing.T) {
			s, err := kql.Parse(src)
			if err != nil {
				t.Fatal(kql.FormatError(file, src, err))
			}
			got := kql.Print(s)
			golden(t, strings.TrimSuffix(file, ".kql")+".out", got)
			checkPrint(t, src)
			again, err := kql.Parse(got)
			if err != nil {
				t.Fatal(kql.FormatError(file, got, err))
			}
			if twice := kql.Print(again); twice != got {
				t.Errorf("printing twice differs\n--- once\n%s--- twice\n%s", got, twice)
			}
		})
	}
}

func FuzzPrint(f *testing.F) {
	for _, src := range snippets(f) {
		f.Add(src)
		for _, q := range strings.Split(src, ";\n") {
			f.Add(q)
		}
	}
	f.Fuzz(func(t *testing.T, src string) {
		if len(src) < 4096 {
			checkPrint(t, src)
		}
	})
}

// BenchmarkParse parses a query of about 50 lines.
func BenchmarkParse(b *testing.B) {
	src, err := os.ReadFile("testdata/print/pipeline.out")
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(len(src)))
	for b.Loop() {
		if _, err := kql.Parse(string(src)); err != nil {
			b.Fatal(err)
		}
	}
}
