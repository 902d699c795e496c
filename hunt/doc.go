// Package hunt is the domain: what a detection [Query] is, what a [Finding]
// says, which [Coverage] an answer rests on, and the [Runner] that turns queries
// and an [Engine] into findings.
//
// It knows no database, no network and no terminal. The engine that runs KQL is
// an interface declared here; hunt/store satisfies it over a case folder and
// others may over a remote workspace.
package hunt
