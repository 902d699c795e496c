package store

import (
	"crypto/sha256"
	"encoding/binary"
	"math/bits"
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
// time. It takes 20 to 25 bytes per key.
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
	if 5*sh.used >= 4*len(sh.slots) {
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
	sh.slots, sh.used = make([]key, max(16, len(old)*5/4)), 0
	for _, k := range old {
		if k != (key{}) {
			sh.put(k)
		}
	}
}

func (sh *shard) put(k key) bool {
	size := uint64(len(sh.slots))
	i, _ := bits.Mul64(binary.LittleEndian.Uint64(k[8:]), size) // evenly below size, which is no power of two
	for ; ; i++ {
		if i == size {
			i = 0
		}
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
