package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"
)

// genOptions are the options of `hunt365 bench gen`.
type genOptions struct {
	*program
	users, days, intrusions int
	seed                    uint64
	out                     string
}

func newBenchGen(p *program) *cobra.Command {
	o := &genOptions{program: p}
	cmd := &cobra.Command{
		Use:   "gen --out DIR",
		Short: "Write the logs of an invented tenant, with labelled intrusions if asked",
		Long: `Gen writes what a tenant of office workers logs: sign-ins, directory audits and
unified audit records, with travel, helpdesk, and automation. With
--intrusions it tells that many intrusions, of six families in turn, and
truth.json names the records of each. The same seed gives the same bytes.`,
		Example: "  hunt365 bench gen --users 300 --days 30 --intrusions 60 --out tenant\n  hunt365 import tenant/logs --case t\n  hunt365 hunt --case t --format jsonl > findings.jsonl\n  hunt365 bench recall tenant/truth.json findings.jsonl",
		Args:    cobra.NoArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return o.run(cmd.Context()) },
	}
	f := cmd.Flags()
	f.IntVar(&o.users, "users", 300, "how many people")
	f.IntVar(&o.days, "days", 30, "how many days")
	f.IntVar(&o.intrusions, "intrusions", 0, "how many intrusions")
	f.Uint64Var(&o.seed, "seed", 1, "seed")
	f.StringVar(&o.out, "out", "", "folder for the files")
	_ = cmd.MarkFlagRequired("out")
	return cmd
}

func (o *genOptions) run(ctx context.Context) (err error) {
	if o.users < 50 || o.days < 10 {
		return errors.New("a tenant needs 50 people and 10 days")
	}
	logs := filepath.Join(o.out, "logs")
	if err := os.MkdirAll(logs, 0o700); err != nil {
		return err
	}
	w := newWorld(o.seed, o.users, o.days)
	for _, f := range []struct {
		name string
		to   **bufio.Writer
	}{{"audit.jsonl", &w.audit}, {"sign-ins.jsonl", &w.signIns}, {"directory.jsonl", &w.directory}} {
		file, createErr := os.Create(filepath.Join(logs, f.name))
		if createErr != nil {
			return createErr
		}
		*f.to = bufio.NewWriterSize(file, 1<<20)
		defer func() { err = errors.Join(err, (*f.to).Flush(), file.Close()) }()
	}
	for d := range o.days {
		if err := ctx.Err(); err != nil {
			return err
		}
		w.day(d)
	}
	truth := w.intrude(o.intrusions)
	text, err := json.MarshalIndent(truth, "", " ")
	if err != nil {
		return err
	}
	fmt.Fprintf(o.program.out, "%d records, %d intrusions\n", w.records, len(truth))
	return errors.Join(os.WriteFile(filepath.Join(o.out, "truth.json"), text, 0o600), w.err)
}

// told is the truth about one intrusion.
type told struct {
	Family  string   `json:"family"`
	Variant string   `json:"variant"`
	Records []string `json:"records"`
}

// world is an invented tenant and where its logs go.
type world struct {
	*rand.Rand
	tenant    string
	start     time.Time
	days      int
	people    []*worker
	admins    []*worker
	backup    *service
	services  []*service
	audit     *bufio.Writer
	signIns   *bufio.Writer
	directory *bufio.Writer
	records   int
	noted     []string // ids of records since the last intrusion began
	err       error
}

// origin is where a sign-in comes from.
type origin struct {
	ip, country string
	asn         int
	lat, lon    float64
}

// worker is one person with the device and the places that they work from.
type worker struct {
	name, upn, id, device, agent string
	office, home, mobile         origin
	session, token               string
	away                         *origin // while travelling
	back                         int     // day on which the journey ends
}

// service is an application that runs by itself.
type service struct {
	name, app, principal, key string
	at                        origin
}

const (
	graphAPI   = "00000003-0000-0000-c000-000000000000"
	exchange   = "00000002-0000-0ff1-ce00-000000000000"
	outlookApp = "d3590ed6-52b3-4102-aeff-aad2292ab01c" // Microsoft Office
	edgeAgent  = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/138.0.0.0 Safari/537.36 Edg/138.0.0.0"
	macAgent   = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Safari/605.1.15"
)

var (
	countries = []origin{{"", "AT", 64500, 47.07, 15.44}, {"", "DE", 64501, 52.52, 13.40}, {"", "NL", 64502, 52.37, 4.90}}
	abroad    = []origin{{"", "US", 64601, 40.71, -74.0}, {"", "ES", 64602, 40.41, -3.70}, {"", "JP", 64603, 35.68, 139.69}}
	hostile   = []string{"NG", "RU", "BR", "VN", "IN", "ID", "TR", "UA", "RO", "BG", "MA", "ZA", "KE", "AR", "CO", "MX", "TH", "MY", "PK", "BD", "EG", "GH", "CL", "PE", "KZ", "GE", "RS", "MD"}
)

func newWorld(seed uint64, users, days int) *world {
	w := &world{Rand: rand.New(rand.NewPCG(seed, 2026)), start: time.Date(2026, 5, 4, 0, 0, 0, 0, time.UTC), days: days}
	w.tenant = w.guid()
	for i := range users {
		from := countries[i%len(countries)]
		p := &worker{name: fmt.Sprintf("Person %d", i), upn: fmt.Sprintf("p%05d@fabrikam.example", i), id: w.guid(), device: w.guid(), agent: edgeAgent}
		if i%5 == 0 {
			p.agent = macAgent
		}
		p.office, p.home, p.mobile = from, from, from
		p.office.ip = fmt.Sprintf("198.51.100.%d", 10+i%3)
		p.home.ip = fmt.Sprintf("100.%d.%d.%d", 64+i>>14, i>>6&255, 1+i&63*4)
		p.home.asn += 10
		p.mobile.ip = fmt.Sprintf("203.0.113.%d", 1+i%200)
		p.mobile.asn += 20
		w.people = append(w.people, p)
	}
	w.admins = w.people[:4]
	for i := range 6 {
		w.services = append(w.services, &service{fmt.Sprintf("Line of business %d", i), w.guid(), w.guid(), w.guid(), origin{fmt.Sprintf("192.0.2.%d", 10+i), "IE", 64510, 53.3, -6.2}})
	}
	w.backup = w.services[0]
	return w
}

func (w *world) guid() string {
	hi, lo := w.Uint64(), w.Uint64()
	return fmt.Sprintf("%08x-%04x-4%03x-a%03x-%012x", hi>>32, hi>>16&0xffff, hi&0xfff, lo>>52, lo&0xffffffffffff)
}

func (w *world) tokenID() string { return fmt.Sprintf("%016xGw%04x", w.Uint64(), w.IntN(1<<16)) }
