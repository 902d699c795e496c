package graphtest

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"
)

// Config says what tenant to make. The same config gives the same tenant.
type Config struct {
	Seed       uint64
	Now        time.Time // end of the generated history
	Days       int       // its length; 0 is 30
	Users      int       // 0 is 40
	Daily      int       // sign-ins per day over all kinds; 0 is 200
	Audits     int       // audit records per day; 0 is 150
	Intrusions []string  // names from [Intrusions]
	LateShare  float64   // share of events that become visible late
	LateBy     time.Duration
}

// Item is one record of the truth.
type Item struct {
	ID      string
	At      time.Time
	Visible time.Time // when the service starts to show it
	Kind    string    // what filters tell apart: sign-in kind, record type
	Raw     []byte
}

// Tenant is a generated tenant: lists by Graph path, single objects by path.
type Tenant struct {
	ID      string
	Name    string
	Domain  string
	Plans   []string // service plans
	Group   string   // id of a group of some people
	Lists   map[string][]Item
	Singles map[string][]byte

	cfg    Config
	rand   *rand.Rand
	people []Person
	apps   []App
}

// Person is a user of the tenant.
type Person struct {
	ID, UPN, Name string
	IP            string
	Guest         bool
	Mailbox       bool
	Disabled      bool
}

// App is an application of the tenant.
type App struct {
	ID, AppID, Name, SPID string
	Own                   bool
}

// NewTenant generates a tenant.
func NewTenant(cfg Config) *Tenant {
	orInt(&cfg.Days, 30)
	orInt(&cfg.Users, 40)
	orInt(&cfg.Daily, 200)
	orInt(&cfg.Audits, 150)
	if cfg.Now.IsZero() {
		cfg.Now = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)
	}
	t := &Tenant{
		Name: "Kestrel Instruments", Domain: "kestrel.example", cfg: cfg,
		Plans: []string{"AAD_PREMIUM", "AAD_PREMIUM_P2", "EXCHANGE_S_ENTERPRISE", "M365_ADVANCED_AUDITING", "AAD_WRKLDID_P2", "MTP"},
		Lists: map[string][]Item{}, Singles: map[string][]byte{},
		rand: rand.New(rand.NewPCG(cfg.Seed, 4)),
	}
	t.ID = t.guid()
	t.makePeople()
	t.makeApps()
	t.makeState()
	t.makeSignIns()
	t.makeAudits()
	t.makeRisk()
	t.makeHunting()
	t.makeDailyReads()
	t.makeGroups()
	for _, name := range cfg.Intrusions {
		if intrude := intrusions[name]; intrude != nil {
			intrude(t)
		}
	}
	t.finish()
	return t
}

func orInt(n *int, value int) {
	if *n == 0 {
		*n = value
	}
}

// People returns the tenant's users.
func (t *Tenant) People() []Person { return slices.Clone(t.people) }

// finish sorts every log, newest first as the service does, and makes some
// records late.
func (t *Tenant) finish() {
	for _, path := range sortedKeys(t.Lists) {
		list := t.Lists[path]
		for i := range list {
			if list[i].At.IsZero() {
				continue
			}
			list[i].Visible = list[i].At
			if t.cfg.LateShare > 0 && t.rand.Float64() < t.cfg.LateShare {
				list[i].Visible = list[i].At.Add(time.Duration(t.rand.Float64() * float64(t.cfg.LateBy)))
			}
		}
		slices.SortStableFunc(list, func(a, b Item) int { return b.At.Compare(a.At) })
	}
}

// Add puts a record into the list at path, as happening at a time.
func (t *Tenant) add(path, kind string, at time.Time, id string, object map[string]any) {
	raw, err := json.Marshal(object)
	if err != nil {
		panic(err) // only maps of plain values are made here
	}
	t.Lists[path] = append(t.Lists[path], Item{ID: id, At: at, Kind: kind, Raw: raw})
}

func (t *Tenant) addState(path, id string, object map[string]any) {
	t.add(path, "", time.Time{}, id, object)
}

// onlyState adds an object unless the list already has it.
func (t *Tenant) onlyState(path, id string, object map[string]any) {
	if !slices.ContainsFunc(t.Lists[path], func(i Item) bool { return i.ID == id }) {
		t.addState(path, id, object)
	}
}

func (t *Tenant) single(path string, object map[string]any) {
	raw, err := json.Marshal(object)
	if err != nil {
		panic(err)
	}
	t.Singles[path] = raw
}

// guid is a random version 4 identifier from the tenant's own sequence.
func (t *Tenant) guid() string {
	a, b := t.rand.Uint64(), t.rand.Uint64()
	return fmt.Sprintf("%08x-%04x-4%03x-a%03x-%012x", uint32(a), uint16(a>>32), (a>>48)&0xfff, b&0xfff, b>>16&0xffffffffffff)
}

// moment is a random time within the history, mostly in office hours.
func (t *Tenant) moment() time.Time {
	start := t.cfg.Now.AddDate(0, 0, -t.cfg.Days)
	at := start.Add(time.Duration(t.rand.Float64() * float64(t.cfg.Now.Sub(start))))
	if h := at.Hour(); (h < 6 || h > 18) && t.rand.Float64() < 0.8 {
		at = time.Date(at.Year(), at.Month(), at.Day(), 7+t.rand.IntN(10), at.Minute(), at.Second(), at.Nanosecond(), time.UTC)
		if at.After(t.cfg.Now) {
			at = at.Add(-24 * time.Hour)
		}
	}
	return at
}

func (t *Tenant) person() Person { return t.people[t.rand.IntN(len(t.people))] }

func sortedKeys[V any](m map[string]V) []string {
	names := make([]string, 0, len(m))
	for name := range m {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

var (
	givenNames  = []string{"Ada", "Bela", "Carl", "Dora", "Emil", "Fay", "Gus", "Hana", "Ivo", "Jana", "Kai", "Lena", "Max", "Nora", "Ola", "Pia", "Quin", "Rosa", "Sven", "Tess", "Udo", "Vera", "Wim", "Xena", "Yara", "Zeno"}
	familyNames = []string{"Abel", "Brandt", "Castro", "Dietz", "Ekman", "Falk", "Greco", "Holm", "Ilves", "Jung", "Kovar", "Lund", "Moreau", "Novak", "Orban", "Petrov", "Quist", "Rossi", "Sand", "Toth"}
)

func (t *Tenant) makePeople() {
	for i := range t.cfg.Users {
		given, family := givenNames[t.rand.IntN(len(givenNames))], familyNames[t.rand.IntN(len(familyNames))]
		p := Person{
			ID: t.guid(), Name: given + " " + family, UPN: fmt.Sprintf("%s.%s%d@%s", lower(given), lower(family), i, t.Domain),
			IP: fmt.Sprintf("198.51.100.%d", 1+i%250), Mailbox: i%9 != 8, Guest: i%17 == 16, Disabled: i%23 == 22,
		}
		if p.Guest {
			p.UPN = fmt.Sprintf("%s.%s_partner.example#EXT#@%s", lower(given), lower(family), t.Domain)
		}
		t.people = append(t.people, p)
	}
}

func lower(s string) string {
	b := []byte(s)
	for i := range b {
		if b[i] >= 'A' && b[i] <= 'Z' {
			b[i] += 'a' - 'A'
		}
	}
	return string(b)
}

func (t *Tenant) makeApps() {
	names := []string{"Office 365 Exchange Online", "Microsoft Graph", "Outlook Mobile", "Kestrel Intranet", "Backup Robot", "Ticket Desk", "Survey Tool", "CI Deploy"}
	for i, name := range names {
		t.apps = append(t.apps, App{ID: t.guid(), AppID: t.guid(), SPID: t.guid(), Name: name, Own: i >= 3})
	}
	t.apps[0].AppID = "00000002-0000-0ff1-ce00-000000000000"
	t.apps[1].AppID = "00000003-0000-0000-c000-000000000000"
}
