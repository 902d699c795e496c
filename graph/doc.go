// Package graph collects a Microsoft 365 tenant through Microsoft Graph and
// proves how complete the collection is.
//
// Everything that can be asked for is a [Source]: data, not code. A [Collector]
// runs chosen sources against a [Fetcher], one lane per throttle [Class], and
// hands raw records to a [Sink]. What a sink has acknowledged is written to a
// journal in the case folder, so that a run that was killed goes on where it
// was. At the end, and also when it is interrupted, a ledger of [Entry] values
// says for each source and time window whether it is verified, fetched or a gap
// and why.
//
// Records are never decoded into typed models: pages are framed as bytes, so
// that unknown enum values, large numbers and members stay as they were sent.
// The HTTP side ([NewClient]) is a fixed chain of layers: retry, pacing,
// authorization, recording and whole-body reading. The package builds without
// Microsoft's SDK; graph/sdk plugs it in.
package graph
