// Package graphtest is a Microsoft 365 tenant that does not exist: a generated
// company with known truth, behind a Microsoft Graph and an Entra that answer
// over HTTP as the documentation says and, when told to, misbehave as users
// report.
//
// A [Tenant] is what is true; a [Server] is its http.Handler. It knows nothing
// of the collector that it is used to test.
package graphtest
