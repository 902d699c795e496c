package duck

import (
	"fmt"
	"strings"

	"github.com/hunt365/hunt365/hunt/kql"
	"github.com/hunt365/hunt365/hunt/schema"
)

// plugin lowers the evaluate plugins that have no simpler form.
func (l *lowerer) plugin(n *kql.PluginRel) (*rel, error) {
	lower, ok := map[string]func(n *kql.PluginRel, in *rel) (*rel, error){
		"ipv4_lookup": l.ipLookup, "ipv6_lookup": l.ipLookup, "activity_counts_metrics": l.activityCounts,
		"rolling_percentile": l.rollingPercentile,
	}[n.Name]
	if !ok || n.Input == nil {
		return nil, fmt.Errorf("%s is not supported", n.Name)
	}
	in, err := l.rel(n.Input, 0)
	if err != nil {
		return nil, err
	}
	return lower(n, in)
}

// output spells a plugin's result: sqls[i] becomes Outputs[i].
func (l *lowerer) output(n *kql.PluginRel, sqls []string, from string) (*rel, error) {
	if len(sqls) != len(n.Outputs) {
		return nil, fmt.Errorf("%s gives %d columns, not %d", n.Name, len(sqls), len(n.Outputs))
	}
	null := map[int]bool{}
	var cols []string
	for i, c := range n.Outputs {
		null[c.ID] = c.Type != schema.String
		sql := sqls[i]
		if c.Type == schema.String {
			sql = "coalesce(" + sql + ", '')"
		}
		cols = append(cols, sql+" AS "+colName(c))
	}
	r := l.step(nil, "SELECT "+strings.Join(cols, ", ")+"\n  FROM "+from)
	r.null = null
	return r, nil
}

// ipLookup joins addresses with the networks that hold them. IPv4 networks are
// number ranges, which DuckDB joins by sorting.
func (l *lowerer) ipLookup(n *kql.PluginRel, in *rel) (*rel, error) {
	right, err := l.rel(n.Right, 0)
	if err != nil {
		return nil, err
	}
	address, err := l.scalar(n.Args[0], in)
	if err != nil {
		return nil, err
	}
	network, err := l.scalar(n.Args[1], right)
	if err != nil {
		return nil, err
	}
	unmatched := false
	var extra []string
	for _, x := range n.Args[2:] {
		if lit, ok := x.(*kql.Lit); ok {
			unmatched = lit.Value == true
			continue
		}
		return nil, fmt.Errorf("%s with extra keys is not supported", n.Name)
	}
	left := l.step(in, fmt.Sprintf("SELECT *, kql_go_parse_ipv4(%s) AS ip FROM %s", address.sql, in.name))
	nets := l.step(right, fmt.Sprintf("SELECT *, kql_go_parse_ipv4(%[1]s) AS lo, kql_go_parse_ipv4(%[1]s) + (1::BIGINT << (32 - kql_go_ipv4_netmask_suffix(%[1]s))) - 1 AS hi FROM %[2]s", network.sql, right.name))
	on := "l.ip >= r.lo AND l.ip <= r.hi"
	if n.Name == "ipv6_lookup" {
		on = fmt.Sprintf("kql_go_ipv6_in_range(l.%s, r.%s)", address.sql, network.sql)
	}
	var sqls []string
	for _, c := range n.Input.Output() {
		sqls = append(sqls, "l."+colName(c))
	}
	for _, c := range n.Right.Output() {
		sqls = append(sqls, "r."+colName(c))
	}
	kind := "JOIN"
	if unmatched {
		kind = "LEFT JOIN"
	}
	return l.output(n, sqls, fmt.Sprintf("%s AS l %s %s AS r ON %s", left.name, kind, nets.name, strings.Join(append(extra, on), " AND ")))
}

// activityCounts counts, per step of time, rows and distinct ids, the ids new
// since the start, and all ids so far.
func (l *lowerer) activityCounts(n *kql.PluginRel, in *rel) (*rel, error) {
	a, err := l.scalars(n.Args, in)
	if err != nil {
		return nil, err
	}
	id, at, start, end, step := a[0].sql, a[1].sql, a[2].sql, a[3].sql, a[4].sql
	dims, names := "", ""
	var dimCols []string
	for i, d := range a[5:] {
		dims += fmt.Sprintf(", %s AS d%d", d.sql, i)
		names += fmt.Sprintf(", d%d", i)
		dimCols = append(dimCols, fmt.Sprintf("d%d", i))
	}
	per := l.stored(nil, fmt.Sprintf("SELECT kql_bin_at(%s, %s, %s) AS bin, %s AS id%s, count(*) AS n\n  FROM %s WHERE %s >= %s AND %s <= %s GROUP BY ALL", at, step, start, id, dims, in.name, at, start, at, end))
	fresh := l.step(nil, fmt.Sprintf("SELECT *, min(bin) OVER (PARTITION BY id%s) = bin AS fresh FROM %s", names, per.name))
	bins := l.step(nil, fmt.Sprintf("SELECT bin%s, sum(n)::BIGINT AS n, count(*) AS ids, count(*) FILTER (WHERE fresh) AS news FROM %s GROUP BY ALL", names, fresh.name))
	part := ""
	if len(dimCols) > 0 {
		part = "PARTITION BY " + strings.Join(dimCols, ", ") + " "
	}
	sqls := append([]string{"bin"}, dimCols...)
	sqls = append(sqls, "n", "ids", "news", "(sum(news) OVER ("+part+"ORDER BY bin))::BIGINT")
	return l.output(n, sqls, bins.name)
}

// rollingPercentile takes, for each bin, the percentile of the values in that
// bin and those before it that a window spans.
func (l *lowerer) rollingPercentile(n *kql.PluginRel, in *rel) (*rel, error) {
	a, err := l.scalars(n.Args, in)
	if err != nil {
		return nil, err
	}
	value, index, size, count := a[0], a[2].sql, a[3].sql, a[4].sql
	dims, match := "", ""
	var dimCols []string
	for i, d := range a[5:] {
		dims += fmt.Sprintf(", %s AS d%d", d.sql, i)
		match += fmt.Sprintf(" AND v.d%d IS NOT DISTINCT FROM b.d%d", i, i)
		dimCols = append(dimCols, fmt.Sprintf("d%d", i))
	}
	values := l.step(nil, fmt.Sprintf("SELECT kql_bin_long(%s, %s) AS bin, %s AS v%s FROM %s", index, size, value.sql, dims, in.name))
	by := strings.Join(append([]string{"bin"}, dimCols...), ", ")
	bins := l.step(nil, fmt.Sprintf("SELECT DISTINCT %s FROM %s", by, values.name))
	group := "b.bin"
	sqls := []string{"b.bin"}
	for _, d := range dimCols {
		group += ", b." + d
		sqls = append(sqls, "b."+d)
	}
	sqls = append(sqls, percentile(expr{sql: "v.v"}, a[1], ""))
	return l.output(n, sqls, fmt.Sprintf("%s AS b JOIN %s AS v ON v.bin <= b.bin AND v.bin > b.bin - %s * %s%s GROUP BY %s", bins.name, values.name, count, size, match, group))
}
