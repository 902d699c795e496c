package duck

import (
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"io"
	"net/url"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/cespare/xxhash/v2"

	"github.com/hunt365/hunt365/hunt/schema"
)

var encodeFunctions = []Function{
	{Name: "kql_go_hash", Params: []schema.Type{schema.String, schema.String, schema.Long}, Result: schema.Long, Nulls: true, Eval: evalHash},
	{Name: "kql_go_digest", Params: []schema.Type{schema.String, schema.String}, Result: schema.String, Eval: evalDigest},
	{Name: "kql_go_base64_encode", Params: []schema.Type{schema.String}, Result: schema.String, Eval: evalBase64Encode},
	{Name: "kql_go_base64_decode", Params: []schema.Type{schema.String}, Result: schema.String, Eval: evalBase64Decode},
	{Name: "kql_go_base64_bytes", Params: []schema.Type{schema.String}, Result: schema.Dynamic, Eval: evalBase64Bytes},
	{Name: "kql_go_base64_guid", Params: []schema.Type{schema.String}, Result: schema.GUID, Eval: evalBase64GUID},
	{Name: "kql_go_guid_base64", Params: []schema.Type{schema.GUID}, Result: schema.String, Eval: evalGUIDBase64},
	{Name: "kql_go_array_base64", Params: []schema.Type{schema.Dynamic}, Result: schema.String, Nulls: true, Eval: evalArrayBase64},
	{Name: "kql_go_inflate", Params: []schema.Type{schema.String, schema.String}, Result: schema.String, Eval: evalInflate},
	{Name: "kql_go_url_encode", Params: []schema.Type{schema.String, schema.Bool}, Result: schema.String, Eval: evalURLEncode},
	{Name: "kql_go_url_decode", Params: []schema.Type{schema.String}, Result: schema.String, Eval: evalURLDecode},
	{Name: "kql_go_to_hex", Params: []schema.Type{schema.Long, schema.Long}, Result: schema.String, Eval: evalToHex},
}

// evalHash is XXH64 of a value's bytes: UTF-8 text, or eight little-endian
// bytes of a number. Its arguments are the type's kind, the value as text and
// a modulus (0 for none).
func evalHash(args []any) (any, error) {
	kind, _ := args[0].(string)
	text, ok := args[1].(string)
	if !ok {
		return nil, nil
	}
	data := []byte(text)
	if kind == "long" {
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			return nil, err
		}
		data = binary.LittleEndian.AppendUint64(nil, uint64(n))
	}
	h := int64(xxhash.Sum64(data))
	if mod, ok := args[2].(int64); ok && mod != 0 {
		h %= mod
		if h < 0 {
			h += max(mod, -mod)
		}
	}
	return h, nil
}

func evalDigest(args []any) (any, error) {
	data := []byte(args[1].(string))
	switch args[0].(string) {
	case "md5":
		sum := md5.Sum(data)
		return hex.EncodeToString(sum[:]), nil
	case "sha1":
		sum := sha1.Sum(data)
		return hex.EncodeToString(sum[:]), nil
	}
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:]), nil
}

func evalBase64Encode(args []any) (any, error) {
	return base64.StdEncoding.EncodeToString([]byte(args[0].(string))), nil
}

// decodeBase64 wants the padding that the format calls for, as Kusto does.
func decodeBase64(s string) ([]byte, bool) {
	b, err := base64.StdEncoding.DecodeString(strings.TrimSpace(s))
	return b, err == nil
}

func evalBase64Decode(args []any) (any, error) {
	b, ok := decodeBase64(args[0].(string))
	if !ok || !utf8.Valid(b) {
		return "", nil
	}
	return string(b), nil
}

func evalBase64Bytes(args []any) (any, error) {
	b, ok := decodeBase64(args[0].(string))
	if !ok {
		return nil, nil
	}
	out := make([]any, len(b))
	for i, c := range b {
		out[i] = int64(c)
	}
	return writeDynamic(out), nil
}

// swapGUID turns the byte order of a guid's first three fields, which .NET
// keeps in little-endian order.
func swapGUID(b []byte) []byte {
	return []byte{b[3], b[2], b[1], b[0], b[5], b[4], b[7], b[6], b[8], b[9], b[10], b[11], b[12], b[13], b[14], b[15]}
}

func evalBase64GUID(args []any) (any, error) {
	b, ok := decodeBase64(args[0].(string))
	if !ok || len(b) != 16 {
		return nil, nil
	}
	return evalToGUID([]any{hex.EncodeToString(swapGUID(b))})
}

func evalGUIDBase64(args []any) (any, error) {
	b, err := hex.DecodeString(strings.ReplaceAll(args[0].(string), "-", ""))
	if err != nil || len(b) != 16 {
		return "", nil
	}
	return base64.StdEncoding.EncodeToString(swapGUID(b)), nil
}

func evalArrayBase64(args []any) (any, error) {
	l, ok := listArg(args[0])
	if !ok {
		return "", nil
	}
	out := make([]byte, len(l))
	for i, v := range l {
		n, ok := v.(int64)
		if !ok || n < 0 || n > 255 {
			return "", nil
		}
		out[i] = byte(n)
	}
	return base64.StdEncoding.EncodeToString(out), nil
}

// maxInflated bounds what one compressed cell may grow to.
const maxInflated = 1 << 20

func evalInflate(args []any) (any, error) {
	b, ok := decodeBase64(args[1].(string))
	if !ok {
		return "", nil
	}
	var r io.Reader
	var err error
	if args[0] == "gzip" {
		r, err = gzip.NewReader(bytes.NewReader(b))
	} else {
		r, err = zlib.NewReader(bytes.NewReader(b))
	}
	if err != nil {
		return "", nil
	}
	text, err := io.ReadAll(io.LimitReader(r, maxInflated+1))
	if err != nil || len(text) > maxInflated || !utf8.Valid(text) {
		return "", nil
	}
	return string(text), nil
}

// evalURLEncode escapes as Kusto does: lower-case hex; a space is + in
// url_encode and %20 in url_encode_component.
func evalURLEncode(args []any) (any, error) {
	component := args[1].(bool)
	var b strings.Builder
	for _, c := range []byte(args[0].(string)) {
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', strings.IndexByte("-_.!*()", c) >= 0:
			b.WriteByte(c)
		case c == ' ' && !component:
			b.WriteByte('+')
		default:
			b.WriteByte('%')
			b.WriteString(hex.EncodeToString([]byte{c}))
		}
	}
	return b.String(), nil
}

func evalURLDecode(args []any) (any, error) {
	s := args[0].(string)
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '+':
			b.WriteByte(' ')
		case s[i] == '%' && i+2 < len(s):
			if v, err := strconv.ParseUint(s[i+1:i+3], 16, 8); err == nil {
				b.WriteByte(byte(v))
				i += 2
				continue
			}
			b.WriteByte('%')
		default:
			b.WriteByte(s[i])
		}
	}
	return strings.ToValidUTF8(b.String(), "�"), nil
}

func evalToHex(args []any) (any, error) {
	s := strconv.FormatUint(uint64(args[0].(int64)), 16)
	return strings.Repeat("0", max(0, min(64, int(args[1].(int64)))-len(s))) + s, nil
}

// queryBag returns the parameters of a URL query; the first of equal names wins.
func queryBag(query string) *bag {
	out := newBag()
	for _, pair := range strings.Split(query, "&") {
		k, v, _ := strings.Cut(pair, "=")
		if k == "" {
			continue
		}
		if plain, err := url.QueryUnescape(v); err == nil {
			v = plain
		}
		if _, dup := out.vals[k]; !dup {
			out.set(k, v)
		}
	}
	return out
}
