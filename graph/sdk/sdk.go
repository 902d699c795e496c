// Package sdk sends a collector's requests through Microsoft's Graph SDK. It is
// the only package that imports it: its models take minutes and 4.4 GiB to
// compile, so nothing else should have to wait for them.
//
// The SDK's request builders make the URLs where they exist; beta, audit
// searches, batches, message traces and links to further pages, for which there
// are none, are requests made by hand. Answers are always taken as bytes.
package sdk

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"

	abstractions "github.com/microsoft/kiota-abstractions-go"
	"github.com/microsoft/kiota-abstractions-go/authentication"
	msgraph "github.com/microsoftgraph/msgraph-sdk-go"
	"github.com/microsoftgraph/msgraph-sdk-go/models/odataerrors"

	"github.com/hunt365/hunt365/graph"
)

// Fetcher is a graph.Fetcher over the SDK.
type Fetcher struct {
	adapter *msgraph.GraphRequestAdapter
	client  *msgraph.GraphServiceClient
	base    string
}

// making keeps clients from being made at the same time: the SDK registers its
// serializers in variables of the package.
var making sync.Mutex

// New returns a fetcher for the Graph at base, without version. The layers of
// [graph.NewClient] authorize, pace and retry, not the SDK's own, which do so in
// random order and with waits cut short.
func New(base string, o graph.ClientOptions) (*Fetcher, error) {
	making.Lock()
	defer making.Unlock()
	adapter, err := msgraph.NewGraphRequestAdapterWithParseNodeFactoryAndSerializationWriterFactoryAndHttpClient(
		&authentication.AnonymousAuthenticationProvider{}, nil, nil, graph.NewClient(o))
	if err != nil {
		return nil, fmt.Errorf("make Graph client: %w", err)
	}
	adapter.SetBaseUrl(base + "/v1.0") // before the client, which fills only an empty one
	return &Fetcher{adapter: adapter, client: msgraph.NewGraphServiceClient(adapter), base: base}, nil
}

// errorTypes lets the SDK know every error answer, so that it reads them.
var errorTypes = abstractions.ErrorMappings{"XXX": odataerrors.CreateODataErrorFromDiscriminatorValue}

// Fetch sends req and returns the whole answer.
func (f *Fetcher) Fetch(ctx context.Context, req *graph.Request) (*graph.Response, error) {
	info, err := f.information(ctx, req)
	if err != nil {
		return nil, fmt.Errorf("make request for %s: %w", req.Path, err)
	}
	for name, values := range req.Header {
		for _, value := range values {
			info.Headers.TryAdd(name, value)
		}
	}
	info.Headers.TryAdd("Accept", "application/json")
	if req.Body != nil {
		info.SetStreamContentAndContentType(req.Body, "application/json")
	}
	ctx, call := graph.Carry(ctx, req)
	_, err = f.adapter.SendPrimitive(ctx, info, "[]byte", errorTypes)
	return call.Result(err)
}

// information is the SDK's form of req: from a builder, or by hand.
func (f *Fetcher) information(ctx context.Context, req *graph.Request) (*abstractions.RequestInformation, error) {
	if build, id := builderFor(req); build != nil {
		info, err := build(ctx, f.client, id)
		if err != nil {
			return nil, err
		}
		for _, p := range req.Query {
			info.QueryParametersAny[strings.Replace(p.Name, "$", "%24", 1)] = p.Value
		}
		return info, nil
	}
	target := req.URL
	if target == "" {
		target = f.base + "/" + req.Version + req.Path + graph.EncodeQuery(req.Query)
	}
	return byHand(req.Method, target)
}

func byHand(method, target string) (*abstractions.RequestInformation, error) {
	info := abstractions.NewRequestInformation()
	switch method {
	case http.MethodGet:
		info.Method = abstractions.GET
	case http.MethodPost:
		info.Method = abstractions.POST
	default:
		return nil, fmt.Errorf("no request is made with %s", method)
	}
	// the URI is set as a template without variables, because parsing it would
	// write the opaque parts of a link anew
	info.UrlTemplate = "{+request-raw-url}"
	info.PathParameters = map[string]string{"request-raw-url": target}
	return info, nil
}
