package graph

// Class is a throttle class: requests of one class share a limit.
type Class string

// The classes. The letters are those of Microsoft's documentation tables as the
// README cites them.
const (
	Reports   Class = "reports"    // Entra logs and reports: 5 requests per 10 s, per app and tenant
	Directory Class = "directory"  // resource units per 10 s; the smallest tenant's allowance is used
	Protect   Class = "protection" // Identity Protection, conditional access: 1 per s for all apps together
	Outlook   Class = "outlook"    // 10,000 per 10 min, 4 at a time
	Alerts    Class = "alerts"     // 150 per min
	Hunting   Class = "hunting"    // 1,500 per h and 45 per min
	Audit     Class = "audit"      // audit search: unpublished, so modest
	Trace     Class = "trace"      // message trace: 100 per 5 min
	Activity  Class = "activity"   // Management Activity API: 2,000 per min
)

// limit is what a class allows: units per second, and how many units may be
// spent at once after a pause.
type limit struct {
	class Class
	rate  float64
	burst float64
}

// limits keeps a little below what is documented only where the documented
// figure is shared with other apps; the rest is used whole.
var limits = []limit{
	{Reports, 5.0 / 10, 1},
	{Directory, 3500.0 / 10, 350},
	{Protect, 1, 1},
	{Outlook, 10000.0 / 600, 100},
	{Alerts, 150.0 / 60, 5},
	{Hunting, 1500.0 / 3600, 1},
	{Audit, 1, 1},
	{Trace, 100.0 / 300, 1},
	{Activity, 2000.0 / 60, 10},
}
