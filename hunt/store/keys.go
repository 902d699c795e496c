package store

import (
	"crypto/sha256"
	"encoding/binary"
)

// key identifies a record in the case: the first half of the SHA-256 of its
// kind and id. It is cryptographic because who writes the records could
// otherwise make one vanish behind another.
type key [16]byte

func keyOf(buf []byte, kind, id string) (key, []byte) {
	buf = append(append(append(buf[:0], kind...), 0), id...)
	sum := sha256.Sum256(buf)
	return key(sum[:16]), buf
}

// keySet is a set of keys in 256 open-addressing tables, which grow one at a
// time. It takes 22 to 43 bytes per key.
type keySet struct {
	shards [256]shard
	n      int
}

type shard struct {
	slots []key // a zero key is an empty slot
	used  int
}

// add puts k in and reports whether it was new.
func (s *keySet) add(k key) bool {
	if k == (key{}) {
		k[15] = 1 // the zero key marks empty slots
	}
	sh := &s.shards[k[0]]
	if 4*sh.used >= 3*len(sh.slots) {
		sh.grow()
	}
	if !sh.put(k) {
		return false
	}
	s.n++
	return true
}

func (sh *shard) grow() {
	old := sh.slots
	sh.slots, sh.used = make([]key, max(16, 2*len(old))), 0
	for _, k := range old {
		if k != (key{}) {
			sh.put(k)
		}
	}
}

func (sh *shard) put(k key) bool {
	mask := uint64(len(sh.slots) - 1)
	for i := binary.LittleEndian.Uint64(k[8:]) & mask; ; i = (i + 1) & mask {
		switch sh.slots[i] {
		case k:
			return false
		case key{}:
			sh.slots[i] = k
			sh.used++
			return true
		}
	}
}
