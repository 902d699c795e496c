package duck_test

import (
	"testing"

	"github.com/hunt365/hunt365/hunt/kql"
	"github.com/hunt365/hunt365/hunt/kql/duck"
	"github.com/hunt365/hunt365/hunt/schema"
)

// fiftyLines is a query of the usual shape and of fifty lines.
const fiftyLines = `let lookback = 14d;
let threshold = 10;
let quiet = dynamic(["Microsoft Office", "Windows Sign In", "Microsoft Teams"]);
let risky = dynamic(["203.0.113.0/24", "198.51.100.0/24"]);
let failures = (tableName:string) {
    table(tableName)
    | where TimeGenerated > ago(lookback)
    | where ResultType in ("50126", "50053", "50055", "50056")
    | extend Country = tostring(LocationDetails.countryOrRegion), City = tostring(LocationDetails.city)
    | project TimeGenerated, UserPrincipalName, IPAddress, AppDisplayName, Country, City, UserAgent, ResultType
};
let sprays = failures("SigninLogs")
| summarize
    Attempts = count(),
    Users = dcount(UserPrincipalName),
    Names = make_set(UserPrincipalName, 50),
    Apps = make_set(AppDisplayName, 20),
    First = min(TimeGenerated),
    Last = max(TimeGenerated)
    by IPAddress, Country, bin(TimeGenerated, 1h)
| where Users >= threshold and Attempts > Users
| extend Minutes = datetime_diff("minute", Last, First);
let successes = SigninLogs
| where TimeGenerated > ago(lookback)
| where ResultType == "0"
| where AppDisplayName !in~ (quiet)
| where not(ipv4_is_in_any_range(IPAddress, risky))
| extend Device = tostring(DeviceDetail.displayName), Trust = tostring(DeviceDetail.trustType)
| summarize arg_max(TimeGenerated, AppDisplayName, Device, Trust, UserAgent) by UserPrincipalName, IPAddress;
let rules = OfficeActivity
| where TimeGenerated > ago(lookback)
| where Operation in~ ("New-InboxRule", "Set-InboxRule", "UpdateInboxRules")
| mv-apply p = parse_json(Parameters) on (
    where tostring(p.Name) in ("ForwardTo", "RedirectTo", "DeleteMessage")
    | summarize Settings = make_bag(bag_pack(tostring(p.Name), tostring(p.Value)))
)
| extend User = tolower(UserId), Address = extract(@"^\[?([^\]]+?)\]?(:\d+)?$", 1, ClientIP)
| project RuleTime = TimeGenerated, User, Address, Settings, Operation;
sprays
| mv-expand Name = Names to typeof(string)
| extend User = tolower(Name)
| join kind=inner (successes | extend User = tolower(UserPrincipalName)) on User, IPAddress
| extend Delay = TimeGenerated1 - Last
| where Delay between (0min .. 2d)
| join kind=leftouter rules on User
| extend Severity = case(
    isnotempty(Operation) and RuleTime > TimeGenerated1, "High",
    Trust == "" and UserAgent has_any ("python", "curl"), "Medium",
    "Low")
| project TimeGenerated1, User, IPAddress, Country, Attempts, Users, Minutes, Delay, AppDisplayName, Device, Operation, Settings, Severity
| sort by Severity asc, TimeGenerated1 desc`

func BenchmarkCompile(b *testing.B) {
	env := &kql.Env{Now: clock, Tables: schema.Lookup, TableNames: schema.TableNames()}
	for b.Loop() {
		script, err := kql.Parse(fiftyLines)
		if err != nil {
			b.Fatal(err)
		}
		plan, err := kql.Bind(script, env)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := duck.Lower(plan); err != nil {
			b.Fatal(err)
		}
	}
}
