package entra

import (
	"bytes"
	"io"
	"net/http"
	"sync"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
)

// refusals keeps what Entra said last when it refused. Errors do not always
// carry it: while it polls for a device code, MSAL reads the answer away.
type refusals struct {
	mu   sync.Mutex
	last string
}

// maxRefusal bounds what is kept of an answer.
const maxRefusal = 64 << 10

// Do is a step of azidentity's pipeline.
func (r *refusals) Do(req *policy.Request) (*http.Response, error) {
	res, err := req.Next()
	if err != nil || res.StatusCode < http.StatusBadRequest {
		return res, err
	}
	body, err := io.ReadAll(io.LimitReader(res.Body, maxRefusal))
	_ = res.Body.Close()
	if err != nil {
		return nil, err
	}
	res.Body = io.NopCloser(bytes.NewReader(body))
	r.mu.Lock()
	r.last = string(body)
	r.mu.Unlock()
	return res, nil
}

// said returns what was said last.
func (r *refusals) said() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.last
}
