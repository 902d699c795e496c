package graph

import (
	"encoding/base64"
	"net/http"
	"regexp"
)

var claimsRE = regexp.MustCompile(`claims="([^"]+)"`)

// staleToken asks the token source for a fresh token when the service gave no
// challenge of its own.
const staleToken = "{}"

// challengeOf returns the claims that a refusal asks for (continuous access
// evaluation), decoded.
func challengeOf(header http.Header) string {
	for _, value := range header.Values("WWW-Authenticate") {
		m := claimsRE.FindStringSubmatch(value)
		if m == nil {
			continue
		}
		for _, enc := range []*base64.Encoding{base64.StdEncoding, base64.RawURLEncoding, base64.RawStdEncoding} {
			if text, err := enc.DecodeString(m[1]); err == nil {
				return string(text)
			}
		}
	}
	return staleToken
}
