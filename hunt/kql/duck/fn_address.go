package duck

import (
	"math"
	"net/netip"
	"regexp"
	"strconv"
	"strings"

	"github.com/hunt365/hunt365/hunt/schema"
)

var addressFunctions = []Function{
	{Name: "kql_go_parse_ipv4", Params: []schema.Type{schema.String}, Result: schema.Long, Eval: evalParseIPv4},
	{Name: "kql_go_parse_ipv4_mask", Params: []schema.Type{schema.String, schema.Long}, Result: schema.Long, Eval: evalParseIPv4Mask},
	{Name: "kql_go_format_ipv4", Params: []schema.Type{schema.String, schema.Long, schema.Bool}, Result: schema.String, Nulls: true, Eval: evalFormatIPv4},
	{Name: "kql_go_ipv4_compare", Params: []schema.Type{schema.String, schema.String, schema.Long}, Result: schema.Long, Eval: evalIPv4Compare},
	{Name: "kql_go_ipv4_in_range", Params: []schema.Type{schema.String, schema.String}, Result: schema.Bool, Eval: evalIPv4InRange},
	{Name: "kql_go_ip_in_any_range", Params: []schema.Type{schema.String, schema.Dynamic, schema.Bool}, Result: schema.Bool, Nulls: true, Eval: evalIPInAnyRange},
	{Name: "kql_go_ipv4_is_private", Params: []schema.Type{schema.String}, Result: schema.Bool, Eval: evalIPv4IsPrivate},
	{Name: "kql_go_ipv4_netmask_suffix", Params: []schema.Type{schema.String}, Result: schema.Long, Eval: evalNetmaskSuffix},
	{Name: "kql_go_ipv4_range_to_cidr", Params: []schema.Type{schema.String, schema.String}, Result: schema.Dynamic, Eval: evalRangeToCIDR},
	{Name: "kql_go_parse_ipv6", Params: []schema.Type{schema.String, schema.Long}, Result: schema.String, Eval: evalParseIPv6},
	{Name: "kql_go_ipv6_compare", Params: []schema.Type{schema.String, schema.String, schema.Long}, Result: schema.Long, Eval: evalIPv6Compare},
	{Name: "kql_go_ipv6_in_range", Params: []schema.Type{schema.String, schema.String}, Result: schema.Bool, Eval: evalIPv6InRange},
	{Name: "kql_go_has_ipv4", Params: []schema.Type{schema.String, schema.Dynamic, schema.Bool}, Result: schema.Bool, Nulls: true, Eval: evalHasIPv4},
	{Name: "kql_go_geo_distance", Params: []schema.Type{schema.Real, schema.Real, schema.Real, schema.Real}, Result: schema.Real, Eval: evalGeoDistance},
}

// ipv4Net reads a.b.c.d or a.b.c.d/n.
func ipv4Net(s string) (addr uint32, prefix int, ok bool) {
	s = strings.TrimSpace(s)
	host, bits, cidr := strings.Cut(s, "/")
	prefix = 32
	if cidr {
		n, err := strconv.Atoi(bits)
		if err != nil || n < 0 || n > 32 {
			return 0, 0, false
		}
		prefix = n
	}
	parts := strings.Split(host, ".")
	if len(parts) != 4 {
		return 0, 0, false
	}
	for _, p := range parts {
		n, err := strconv.ParseUint(p, 10, 8)
		if err != nil || len(p) > 3 {
			return 0, 0, false
		}
		addr = addr<<8 | uint32(n)
	}
	return addr, prefix, true
}

func maskIPv4(addr uint32, prefix int) uint32 {
	if prefix <= 0 {
		return 0
	}
	return addr &^ (1<<(32-prefix) - 1)
}

func evalParseIPv4(args []any) (any, error) {
	if a, p, ok := ipv4Net(args[0].(string)); ok {
		return int64(maskIPv4(a, p)), nil
	}
	return nil, nil
}

func evalParseIPv4Mask(args []any) (any, error) {
	a, p, ok := ipv4Net(args[0].(string))
	if n := args[1].(int64); ok && n >= 0 && n <= 32 {
		return int64(maskIPv4(a, min(p, int(n)))), nil
	}
	return nil, nil
}

func dottedIPv4(a uint32) string {
	return netip.AddrFrom4([4]byte{byte(a >> 24), byte(a >> 16), byte(a >> 8), byte(a)}).String()
}

// evalFormatIPv4 takes an address or a number as text, a prefix (-1 for none)
// and whether to append the prefix.
func evalFormatIPv4(args []any) (any, error) {
	s, _ := args[0].(string)
	a, p, ok := ipv4Net(s)
	if n, err := strconv.ParseInt(s, 10, 64); err == nil && n >= 0 && n <= math.MaxUint32 {
		a, p, ok = uint32(n), 32, true
	}
	prefix, isLong := args[1].(int64)
	if !ok || !isLong || prefix > 32 || prefix < 0 {
		return "", nil
	}
	p = min(p, int(prefix))
	text := dottedIPv4(maskIPv4(a, p))
	if args[2] == true {
		text += "/" + strconv.Itoa(p)
	}
	return text, nil
}

func evalIPv4Compare(args []any) (any, error) {
	a, p, ok := ipv4Net(args[0].(string))
	b, q, okB := ipv4Net(args[1].(string))
	n := args[2].(int64)
	if !ok || !okB || n < 0 || n > 32 {
		return nil, nil
	}
	p = min(p, q, int(n))
	return compare(maskIPv4(a, p), maskIPv4(b, p)), nil
}

func compare(a, b uint32) int64 {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

func evalIPv4InRange(args []any) (any, error) {
	a, _, ok := ipv4Net(args[0].(string))
	b, q, okB := ipv4Net(args[1].(string))
	if !ok || !okB {
		return nil, nil
	}
	return maskIPv4(a, q) == maskIPv4(b, q), nil
}

// evalIPInAnyRange takes an array of ranges, or an array of arrays of them; the
// last argument says whether addresses are IPv6.
func evalIPInAnyRange(args []any) (any, error) {
	s, ok := args[0].(string)
	ranges, okList := listArg(args[1])
	in := evalIPv4InRange
	if args[2] == true {
		in = evalIPv6InRange
	}
	if !ok || !okList {
		return nil, nil
	}
	var all any
	for _, r := range flatten(ranges) {
		hit, err := in([]any{s, dynString(r)})
		if err != nil || hit == true {
			return hit, err
		}
		if hit == false {
			all = false
		}
	}
	return all, nil
}

func flatten(l []any) []any {
	var out []any
	for _, v := range l {
		if inner, ok := v.([]any); ok {
			out = append(out, flatten(inner)...)
			continue
		}
		if s, ok := v.(string); ok && strings.HasPrefix(s, "[") { // an array given as text
			if inner, ok := listArg(s); ok {
				out = append(out, flatten(inner)...)
				continue
			}
		}
		out = append(out, v)
	}
	return out
}

var privateNets = []netip.Prefix{
	netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("172.16.0.0/12"), netip.MustParsePrefix("192.168.0.0/16"),
}

func evalIPv4IsPrivate(args []any) (any, error) {
	a, p, ok := ipv4Net(args[0].(string))
	if !ok {
		return nil, nil
	}
	m := maskIPv4(a, p)
	addr := netip.AddrFrom4([4]byte{byte(m >> 24), byte(m >> 16), byte(m >> 8), byte(m)})
	for _, n := range privateNets {
		if n.Contains(addr) && p >= n.Bits() {
			return true, nil
		}
	}
	return false, nil
}

func evalNetmaskSuffix(args []any) (any, error) {
	if _, p, ok := ipv4Net(args[0].(string)); ok {
		return int64(p), nil
	}
	return nil, nil
}

func evalRangeToCIDR(args []any) (any, error) {
	from, _, ok := ipv4Net(args[0].(string))
	to, _, okTo := ipv4Net(args[1].(string))
	if !ok || !okTo || from > to {
		return nil, nil
	}
	out := []any{}
	for at, end := uint64(from), uint64(to); at <= end; {
		p := 32
		for p > 0 && at&(1<<(32-p+1)-1) == 0 && at+1<<(32-p+1)-1 <= end {
			p--
		}
		out = append(out, dottedIPv4(uint32(at))+"/"+strconv.Itoa(p))
		at += 1 << (32 - p)
	}
	return writeDynamic(out), nil
}

// ipv6Net reads an IPv6 or IPv4 address with an optional prefix, as IPv6.
func ipv6Net(s string) (netip.Prefix, bool) {
	s = strings.TrimSpace(s)
	// ::192.0.2.1 stands for the IPv4 address too.
	if a, p, ok := ipv4Net(strings.TrimPrefix(s, "::")); ok {
		addr := netip.AddrFrom4([4]byte{byte(a >> 24), byte(a >> 16), byte(a >> 8), byte(a)})
		return netip.PrefixFrom(netip.AddrFrom16(addr.As16()), 96+p), true
	}
	host, bits, cidr := strings.Cut(s, "/")
	addr, err := netip.ParseAddr(host)
	if err != nil || addr.Zone() != "" {
		return netip.Prefix{}, false
	}
	n := 128
	if cidr {
		if n, err = strconv.Atoi(bits); err != nil || n < 0 || n > 128 {
			return netip.Prefix{}, false
		}
	}
	return netip.PrefixFrom(netip.AddrFrom16(addr.As16()), n), true
}

func maskedIPv6(p netip.Prefix, bits int) [16]byte {
	b := p.Addr().As16()
	for i := range b {
		keep := min(max(bits-8*i, 0), 8)
		b[i] &= byte(0xff << (8 - keep))
	}
	return b
}

// evalParseIPv6 prints the full form with leading zeros.
func evalParseIPv6(args []any) (any, error) {
	p, ok := ipv6Net(args[0].(string))
	n := args[1].(int64)
	if !ok || n < 0 || n > 128 {
		return "", nil
	}
	return expandIPv6(maskedIPv6(p, min(p.Bits(), int(n)))), nil
}

func evalIPv6Compare(args []any) (any, error) {
	a, ok := ipv6Net(args[0].(string))
	b, okB := ipv6Net(args[1].(string))
	n := args[2].(int64)
	if !ok || !okB || n < 0 || n > 128 {
		return nil, nil
	}
	bits := min(a.Bits(), b.Bits(), int(n))
	x, y := maskedIPv6(a, bits), maskedIPv6(b, bits)
	return int64(strings.Compare(string(x[:]), string(y[:]))), nil
}

func evalIPv6InRange(args []any) (any, error) {
	a, ok := ipv6Net(args[0].(string))
	r, okR := ipv6Net(args[1].(string))
	if !ok || !okR {
		return nil, nil
	}
	return maskedIPv6(a, r.Bits()) == maskedIPv6(r, r.Bits()), nil
}

var ipv4InText = regexp.MustCompile(`\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}`)

// evalHasIPv4 looks for whole addresses, or prefixes that end in a dot, in text.
func evalHasIPv4(args []any) (any, error) {
	s, _ := args[0].(string)
	wanted, ok := listArg(args[1])
	if !ok {
		wanted = []any{dynArg(args[1])}
	}
	wanted = flatten(wanted)
	prefix := args[2] == true
	for _, loc := range ipv4InText.FindAllStringIndex(s, -1) {
		from, to := loc[0], loc[1]
		if from > 0 && termRune(rune(s[from-1])) || to < len(s) && termRune(rune(s[to])) {
			continue
		}
		addr := s[from:to]
		if _, _, ok := ipv4Net(addr); !ok {
			continue
		}
		for _, w := range wanted {
			want := dynString(w)
			if addr == want || prefix && want != "" && strings.HasPrefix(addr, want) && strings.HasSuffix(want, ".") {
				return true, nil
			}
		}
	}
	return false, nil
}

// earthRadius, in metres, is that of the sphere on which Kusto measures.
const earthRadius = 6371010

// evalGeoDistance is the way along the great circle, in metres.
func evalGeoDistance(args []any) (any, error) {
	lon1, lat1, lon2, lat2 := args[0].(float64), args[1].(float64), args[2].(float64), args[3].(float64)
	if !(math.Abs(lon1) <= 180 && math.Abs(lon2) <= 180 && math.Abs(lat1) <= 90 && math.Abs(lat2) <= 90) {
		return nil, nil
	}
	half := func(a, b float64) float64 { return math.Pow(math.Sin((b-a)*math.Pi/360), 2) }
	flat := math.Cos(lat1*math.Pi/180) * math.Cos(lat2*math.Pi/180)
	h := half(lat1, lat2) + flat*half(lon1, lon2)
	return 2 * earthRadius * math.Asin(math.Sqrt(min(h, 1))), nil
}

func expandIPv6(b [16]byte) string {
	var s strings.Builder
	for i := 0; i < 16; i += 2 {
		if i > 0 {
			s.WriteByte(':')
		}
		v := strconv.FormatUint(uint64(b[i])<<8|uint64(b[i+1]), 16)
		s.WriteString(strings.Repeat("0", 4-len(v)) + v)
	}
	return s.String()
}
