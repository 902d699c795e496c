package ingest

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"slices"
)

// contentID is the id of a record without one of its own: the hash of its
// canonical form, in which members are sorted by name at every level.
func contentID(raw []byte) string {
	sum := sha256.Sum256(canonical(nil, raw))
	return "sha256:" + hex.EncodeToString(sum[:16])
}

// canonical appends the compact form of valid JSON with sorted members.
func canonical(dst, b []byte) []byte {
	b = bytes.TrimSpace(b)
	switch {
	case len(b) == 0:
		return dst
	case b[0] == '{':
		var s scanner
		if _, err := s.scan(b); err != nil {
			return append(dst, b...)
		}
		members := s.fields
		slices.SortStableFunc(members, func(a, b field) int { return bytes.Compare(a.key, b.key) })
		dst = append(dst, '{')
		for i, m := range members {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = append(append(append(dst, '"'), m.key...), '"', ':')
			dst = canonical(dst, m.val)
		}
		return append(dst, '}')
	case b[0] == '[':
		var s scanner
		dst = append(dst, '[')
		for i, n := s.skip(b, 1), 0; i < len(b) && b[i] != ']'; n++ {
			end, err := s.value(b, i, 1)
			if err != nil {
				return append(dst, b[i:]...)
			}
			if n > 0 {
				dst = append(dst, ',')
			}
			dst = canonical(dst, b[i:end])
			i = s.skip(b, end)
			if i < len(b) && b[i] == ',' {
				i = s.skip(b, i+1)
			}
		}
		return append(dst, ']')
	}
	return append(dst, b...)
}
