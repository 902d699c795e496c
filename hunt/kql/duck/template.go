package duck

import (
	_ "embed"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"sync"

	"github.com/hunt365/hunt365/hunt/schema"
)

//go:embed scalar.txt
var scalarSource string

// rule is one line of scalar.txt.
type rule struct {
	params   []param
	template string
}

type param struct {
	code             byte
	optional, repeat bool
}

var rulePattern = regexp.MustCompile(`^(\w+)\(([^)]*)\) (.+)$`)

// scalarRules reads scalar.txt once.
var scalarRules = sync.OnceValue(func() map[string][]rule {
	out := map[string][]rule{}
	for _, line := range strings.Split(scalarSource, "\n") {
		m := rulePattern.FindStringSubmatch(line)
		if m == nil || strings.HasPrefix(line, "#") {
			continue
		}
		r := rule{template: m[3]}
		for _, p := range strings.Split(m[2], ",") {
			if p != "" {
				r.params = append(r.params, param{p[0], strings.HasSuffix(p, "?"), strings.HasSuffix(p, "*")})
			}
		}
		out[m[1]] = append(out[m[1]], r)
	}
	return out
})

var codeTypes = map[byte]schema.Type{
	'b': schema.Bool, 'i': schema.Int, 'l': schema.Long, 'r': schema.Real, 'd': schema.Decimal, 's': schema.String,
	't': schema.DateTime, 'T': schema.TimeSpan, 'g': schema.GUID, 'y': schema.Dynamic,
}

// fit says how well e suits a parameter: 2 as it is, 1 by a widening that KQL
// makes by itself, 0 by another conversion, -1 not at all.
func fit(code byte, e expr) int {
	switch code {
	case 'a', 'x', 'j':
		return 2
	case 'n':
		if e.typ.IsNumeric() {
			return 2
		}
		return -1
	}
	want := codeTypes[code]
	switch {
	case e.typ == want:
		return 2
	case want == schema.Long && e.typ == schema.Int, want == schema.Real && e.typ.IsNumeric(), want == schema.Decimal && (e.typ == schema.Int || e.typ == schema.Long):
		return 1
	case want == schema.Dynamic, e.typ == schema.Dynamic, want == schema.String && e.typ == schema.GUID:
		return 0
	case want == schema.Long && e.typ == schema.Bool:
		return 0
	}
	return -1
}

func (r rule) score(args []expr) int {
	total := 0
	for i, a := range args {
		p, ok := r.param(i)
		if !ok {
			return -1
		}
		f := fit(p.code, a)
		if f < 0 {
			return -1
		}
		total += 2 - f
	}
	for i := len(args); i < len(r.params); i++ {
		if !r.params[i].optional && !(r.params[i].repeat && i > 0) {
			return -1
		}
	}
	return total
}

func (r rule) param(i int) (param, bool) {
	if i < len(r.params) {
		return r.params[i], true
	}
	if n := len(r.params); n > 0 && r.params[n-1].repeat {
		return r.params[n-1], true
	}
	return param{}, false
}

var slotPattern = regexp.MustCompile(`\{(\*|\d+)(?:\|([^}]*))?\}`)

// render fills the template with the converted arguments.
func (r rule) render(args []expr) string {
	var sqls []string
	for i, a := range args {
		p, _ := r.param(i)
		switch p.code {
		case 'a', 'n':
		case 'x':
			a = asText(a)
		case 'j':
			a = asJSON(a)
		default:
			a = cast(a, codeTypes[p.code])
		}
		sqls = append(sqls, a.sql)
	}
	return slotPattern.ReplaceAllStringFunc(r.template, func(slot string) string {
		m := slotPattern.FindStringSubmatch(slot)
		if m[1] == "*" {
			return strings.Join(sqls[min(len(r.params)-1, len(sqls)):], ", ")
		}
		if i, _ := strconv.Atoi(m[1]); i < len(sqls) {
			return sqls[i]
		}
		return m[2]
	})
}

// scalar lowers a call of a function that scalar.txt knows.
func scalar(name string, args []expr, result schema.Type) (expr, error) {
	rules, ok := scalarRules()[name]
	if !ok {
		return expr{}, fmt.Errorf("function %s() is not supported", name)
	}
	best, bestScore := -1, 0
	for i, r := range rules {
		if s := r.score(args); s >= 0 && (best < 0 || s < bestScore) {
			best, bestScore = i, s
		}
	}
	if best < 0 {
		return expr{}, fmt.Errorf("function %s() is not supported with these arguments", name)
	}
	return expr{typ: result, sql: rules[best].render(args), null: true}, nil
}
