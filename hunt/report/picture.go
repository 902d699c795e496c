package report

import (
	"fmt"
	"html/template"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/hunt365/hunt365/hunt"
)

// A picture is plain SVG. Texts pass through Safe and the HTML escaper; all else
// is numbers of ours.
const (
	pictureWide   = 720.0
	laneHigh      = 26.0
	labelWide     = 170.0
	mostInPicture = 14
)

var severityColour = map[hunt.Severity]string{hunt.Low: "#8c959f", hunt.Medium: "#bf8700", hunt.High: "#cf222e", hunt.Critical: "#82071e", hunt.Informational: "#d0d7de"}

type drawing struct{ b strings.Builder }

func (d *drawing) open(wide, high float64, title string) {
	fmt.Fprintf(&d.b, `<svg viewBox="0 0 %.0f %.0f" role="img" aria-label="%s">`, wide, high, template.HTMLEscapeString(title))
}

func (d *drawing) text(x, y float64, size int, anchor, s string) {
	fmt.Fprintf(&d.b, `<text x="%.1f" y="%.1f" font-size="%d" text-anchor="%s" fill="#1b1f24">%s</text>`, x, y, size, anchor, template.HTMLEscapeString(s))
}

func (d *drawing) done() template.HTML {
	d.b.WriteString("</svg>")
	return template.HTML(d.b.String()) //nolint:gosec // every text was escaped above
}

// timelinePicture draws one lane a stage with a mark for each finding.
func timelinePicture(i *hunt.Incident) template.HTML {
	d := &drawing{}
	high := laneHigh*float64(len(i.Stages)) + 34
	d.open(pictureWide, high, "course of the incident")
	span := i.End.Sub(i.Start)
	x := func(t time.Time) float64 {
		if span <= 0 || t.IsZero() {
			return labelWide + 10
		}
		return labelWide + 10 + float64(t.Sub(i.Start))/float64(span)*(pictureWide-labelWide-30)
	}
	byID := map[string]*hunt.Finding{}
	for _, f := range i.Findings() {
		byID[f.ID] = f
	}
	for n, s := range i.Stages {
		y := laneHigh*float64(n) + 18
		d.text(0, y+4, 13, "start", s.Tactic)
		fmt.Fprintf(&d.b, `<line x1="%.0f" x2="%.0f" y1="%.1f" y2="%.1f" stroke="#d0d7de"/>`, labelWide, pictureWide-10, y, y)
		for _, id := range s.Findings {
			f := byID[id]
			if from, to := x(f.Start), x(f.End); to > from+2 {
				fmt.Fprintf(&d.b, `<line x1="%.1f" x2="%.1f" y1="%.1f" y2="%.1f" stroke="%s" stroke-width="4" stroke-opacity=".4"/>`, from, to, y, y, severityColour[f.Severity])
			}
			fmt.Fprintf(&d.b, `<circle cx="%.1f" cy="%.1f" r="6" fill="%s"><title>%s</title></circle>`, x(f.Start), y, severityColour[f.Severity],
				template.HTMLEscapeString(moment(f.Start)+" "+cut(Safe(f.Why))))
		}
	}
	d.text(labelWide, high-6, 11, "start", moment(i.Start))
	d.text(pictureWide-10, high-6, 11, "end", moment(i.End))
	return d.done()
}

// graphPicture draws the identities on the left that acted and on the right what
// they acted on, with a line for each finding that names both.
func graphPicture(i *hunt.Incident) template.HTML {
	left, right := sides(i)
	lines := map[[2]int]hunt.Severity{}
	for _, f := range i.Findings() {
		for a, from := range left {
			for b, to := range right {
				if names(f, from) && names(f, to) {
					lines[[2]int{a, b}] = max(lines[[2]int{a, b}], f.Severity)
				}
			}
		}
	}
	d := &drawing{}
	rows := float64(max(len(left), len(right), 1))
	d.open(pictureWide, rows*laneHigh+24, "who did what to whom")
	const leftX, rightX = 290.0, 430.0
	y := func(n, of int) float64 {
		return 20 + (float64(n)+0.5)*rows*laneHigh/math.Max(float64(of), 1)
	}
	for a := range left {
		for b := range right {
			if s, ok := lines[[2]int{a, b}]; ok {
				fmt.Fprintf(&d.b, `<line x1="%.0f" y1="%.1f" x2="%.0f" y2="%.1f" stroke="%s" stroke-width="1.5"/>`, leftX+8, y(a, len(left)), rightX-8, y(b, len(right)), severityColour[s])
			}
		}
	}
	for n, e := range left {
		d.node(leftX, y(n, len(left)), "end", e)
	}
	for n, e := range right {
		d.node(rightX, y(n, len(right)), "start", e)
	}
	return d.done()
}

func (d *drawing) node(x, y float64, anchor string, e hunt.Entity) {
	colour := map[hunt.EntityType]string{hunt.Account: "#0969da", hunt.App: "#8250df", hunt.ServicePrincipal: "#8250df", hunt.Mailbox: "#1a7f37", hunt.IP: "#57606a"}[e.Type]
	if colour == "" {
		colour = "#bf8700"
	}
	fmt.Fprintf(&d.b, `<circle cx="%.1f" cy="%.1f" r="5" fill="%s"/>`, x, y, colour)
	shift := 10.0
	if anchor == "end" {
		shift = -10
	}
	label := string(e.Type) + " " + Safe(e.ID)
	if r := []rune(label); len(r) > 38 {
		label = string(r[:37]) + "…"
	}
	d.text(x+shift, y+4, 12, anchor, label)
}

// sides splits the entities into who acted and what was acted on. Addresses and
// accounts act; mailboxes, apps and the rest are acted on.
func sides(i *hunt.Incident) (left, right []hunt.Entity) {
	for _, e := range i.Entities {
		acts := e.Role == hunt.Acted && (e.Type == hunt.Account || e.Type == hunt.IP)
		switch {
		case e.Role == hunt.Tried:
		case acts && len(left) < mostInPicture:
			left = append(left, e)
		case !acts && len(right) < mostInPicture:
			right = append(right, e)
		}
	}
	return left, right
}

func names(f *hunt.Finding, e hunt.Entity) bool {
	return slices.ContainsFunc(f.Entities, func(x hunt.Entity) bool { return x.Type == e.Type && x.ID == e.ID })
}
