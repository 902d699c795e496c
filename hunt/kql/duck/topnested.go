package duck

import (
	"fmt"
	"strings"

	"github.com/hunt365/hunt365/hunt/kql"
	"github.com/hunt365/hunt365/hunt/schema"
)

// topNested lowers level by level: the values of a level are ranked within
// those kept of the level above, and the next level reads the rows of the kept.
func (l *lowerer) topNested(n *kql.TopNestedRel) (*rel, error) {
	rows, err := l.rel(n.Input, 0)
	if err != nil {
		return nil, err
	}
	null := map[int]bool{}
	var keys, results []string
	above := ""
	for i, lv := range n.Levels {
		if lv.Others != nil && len(n.Levels) > 1 {
			return nil, fmt.Errorf("top-nested with others is supported on a single level only")
		}
		kept, err := l.level(lv, rows, keys, null)
		if err != nil {
			return nil, err
		}
		of := colName(lv.Of.Col)
		keys = append(keys, of)
		results = append(results, of, colName(lv.ByCol))
		if above != "" {
			kept = l.step(nil, fmt.Sprintf("SELECT * FROM %s JOIN %s USING (%s)", above, kept.name, strings.Join(keys[:i], ", ")))
		}
		above = kept.name
		if i+1 < len(n.Levels) {
			e, err := l.scalar(lv.Of.X, rows)
			if err != nil {
				return nil, err
			}
			tagged := l.step(rows, fmt.Sprintf("SELECT *, %s AS %s FROM %s", e.sql, of, rows.name))
			if e.sql == of {
				tagged = rows
			}
			rows = l.step(rows, fmt.Sprintf("SELECT t.* FROM %s AS t SEMI JOIN %s AS k ON %s", tagged.name, kept.name, sameKeys("t", "k", keys)))
		}
	}
	out := l.step(nil, "SELECT "+strings.Join(results, ", ")+" FROM "+above)
	out.null = null
	return out, nil
}

func sameKeys(a, b string, keys []string) string {
	var parts []string
	for _, k := range keys {
		parts = append(parts, fmt.Sprintf("%s.%s IS NOT DISTINCT FROM %s.%s", a, k, b, k))
	}
	return strings.Join(parts, " AND ")
}

// level aggregates and ranks one level.
func (l *lowerer) level(lv kql.TopNestedLevel, rows *rel, above []string, null map[int]bool) (*rel, error) {
	of, err := l.scalar(lv.Of.X, rows)
	if err != nil {
		return nil, err
	}
	by := *lv.By
	by.Cols = []*kql.Col{lv.ByCol}
	g := grouping{null: null}
	if err := l.addAgg(&g, &by, rows); err != nil {
		return nil, err
	}
	if g.unpack[0] != colName(lv.ByCol) {
		return nil, fmt.Errorf("top-nested by %s() is not supported", lv.By.Fn)
	}
	null[lv.Of.Col.ID] = of.null
	var group []string
	for i := range len(above) + 1 {
		group = append(group, fmt.Sprint(i+1))
	}
	all := l.step(nil, fmt.Sprintf("SELECT %s\n  FROM %s GROUP BY %s", strings.Join(append(append([]string{}, above...), as(of.sql, colName(lv.Of.Col)), g.aggs[0]), ", "), rows.name, strings.Join(group, ", ")))
	if lv.N == nil {
		return all, nil
	}
	count, err := l.scalar(lv.N, &rel{})
	if err != nil {
		return nil, err
	}
	over := "ORDER BY " + orderTerm{col: colName(lv.ByCol), desc: !lv.Asc}.String()
	if len(above) > 0 {
		over = "PARTITION BY " + strings.Join(above, ", ") + " " + over
	}
	kept := l.step(nil, fmt.Sprintf("SELECT * FROM %s\n  QUALIFY row_number() OVER (%s) <= %s", all.name, over, count.sql))
	if lv.Others == nil {
		return kept, nil
	}
	return l.others(lv, rows, kept, of, g.aggs[0])
}

// others adds a row for what was not kept.
func (l *lowerer) others(lv kql.TopNestedLevel, rows, kept *rel, of expr, agg string) (*rel, error) {
	label, err := l.scalar(lv.Others, &rel{})
	if err != nil {
		return nil, err
	}
	col := colName(lv.Of.Col)
	return l.step(nil, fmt.Sprintf("SELECT * FROM %[1]s\n  UNION ALL\n  SELECT %[2]s AS %[3]s, %[4]s FROM %[5]s WHERE NOT EXISTS (SELECT 1 FROM %[1]s AS k WHERE k.%[3]s IS NOT DISTINCT FROM %[6]s) HAVING count(*) > 0",
		kept.name, cast(label, schemaType(lv)).sql, col, agg, rows.name, of.sql)), nil
}

func schemaType(lv kql.TopNestedLevel) schema.Type { return lv.Of.Col.Type }
