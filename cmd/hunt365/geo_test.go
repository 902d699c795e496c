package main

import (
	bigendian "encoding/binary"
	"math"
	"net/netip"
	"os"
	"path/filepath"
	"testing"
)

func TestGeoLookup(t *testing.T) {
	names := func(text string) field { return m("names", m("en", s(text))) }
	data := m(
		"city", names("Springfield"), "country", names("Freedonia"), "subdivisions", list(names("North")),
		"location", m("latitude", double(26.25), "longitude", double(-80.5)),
	)
	file := filepath.Join(t.TempDir(), "city.mmdb")
	if err := os.WriteFile(file, addressDatabase(netip.MustParsePrefix("203.0.113.0/24"), data), 0o600); err != nil {
		t.Fatal(err)
	}
	lookup, err := openGeo(file)
	if err != nil {
		t.Fatal(err)
	}
	want := `{"country":"Freedonia","state":"North","city":"Springfield","latitude":26.25,"longitude":-80.5}`
	if got, ok := lookup(netip.MustParseAddr("203.0.113.7")); !ok || got != want {
		t.Errorf("203.0.113.7 is at %s, %t, want %s", got, ok, want)
	}
	if got, ok := lookup(netip.MustParseAddr("198.51.100.1")); ok {
		t.Errorf("198.51.100.1 is at %s, want nowhere", got)
	}
	if _, err := openGeo(filepath.Join(t.TempDir(), "none.mmdb")); err == nil {
		t.Error("no error for a file that is not there")
	}
}

// field is a value in MaxMind's encoding: a control byte, and the rest.
type field []byte

func control(kind, size byte) field {
	if kind > 7 {
		return field{size, kind - 7}
	}
	return field{kind<<5 | size}
}

func s(text string) field { return append(control(2, byte(len(text))), text...) }

func double(x float64) field {
	return bigendian.BigEndian.AppendUint64(control(3, 8), math.Float64bits(x))
}

func number(n uint32) field { return bigendian.BigEndian.AppendUint32(control(6, 4), n) }

func list(items ...field) field {
	out := control(11, byte(len(items)))
	for _, it := range items {
		out = append(out, it...)
	}
	return out
}

// m is a map of names and values in turn.
func m(pairs ...any) field {
	out := control(7, byte(len(pairs)/2))
	for _, p := range pairs {
		if name, ok := p.(string); ok {
			p = s(name)
		}
		out = append(out, p.(field)...)
	}
	return out
}

// addressDatabase knows one network and what data says about it: a chain of nodes,
// one a bit, whose other side leads nowhere.
func addressDatabase(network netip.Prefix, data field) []byte {
	addr := network.Addr().As4()
	nodes := network.Bits()
	var out []byte
	record := func(n int) { out = append(out, byte(n>>16), byte(n>>8), byte(n)) }
	for i := range nodes {
		next := i + 1
		if next == nodes {
			next += 16 // past the gap: the first byte of data
		}
		if addr[i/8]>>(7-i%8)&1 == 0 {
			record(next)
			record(nodes)
		} else {
			record(nodes)
			record(next)
		}
	}
	out = append(append(out, make([]byte, 16)...), data...)
	return append(append(out, "\xab\xcd\xefMaxMind.com"...), m(
		"binary_format_major_version", number(2), "binary_format_minor_version", number(0), "build_epoch", number(0),
		"database_type", s("Test-City"), "ip_version", number(4), "node_count", number(uint32(nodes)), "record_size", number(24),
	)...)
}
