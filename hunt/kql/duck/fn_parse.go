package duck

import (
	"encoding/xml"
	"io"
	"regexp"
	"strings"
	"sync"

	"github.com/ua-parser/uap-go/uaparser"

	"github.com/hunt365/hunt365/hunt/schema"
)

var parseFunctions = []Function{
	{Name: "kql_go_parse_url", Params: []schema.Type{schema.String}, Result: schema.Dynamic, Eval: evalParseURL},
	{Name: "kql_go_parse_urlquery", Params: []schema.Type{schema.String}, Result: schema.Dynamic, Eval: evalParseURLQuery},
	{Name: "kql_go_parse_path", Params: []schema.Type{schema.String}, Result: schema.Dynamic, Eval: evalParsePath},
	{Name: "kql_go_parse_csv", Params: []schema.Type{schema.String}, Result: schema.Dynamic, Eval: evalParseCSV},
	{Name: "kql_go_parse_xml", Params: []schema.Type{schema.String}, Result: schema.Dynamic, Eval: evalParseXML},
	{Name: "kql_go_parse_user_agent", Params: []schema.Type{schema.String, schema.Dynamic}, Result: schema.Dynamic, Eval: evalParseUserAgent},
	{Name: "kql_go_parse_command_line", Params: []schema.Type{schema.String}, Result: schema.Dynamic, Eval: evalParseCommandLine},
}

var urlPattern = regexp.MustCompile(`^([^:/?#]+)://(?:([^:@/?#]*)(?::([^@/?#]*))?@)?(\[[^\]]*\]|[^:/?#]*)(?::(\d*))?([^?#]*)(?:\?([^#]*))?(?:#(.*))?$`)

func evalParseURL(args []any) (any, error) {
	m := urlPattern.FindStringSubmatch(args[0].(string))
	if m == nil {
		m = make([]string, 9)
	}
	out := newBag()
	for i, name := range []string{"Scheme", "Host", "Port", "Path", "Username", "Password"} {
		out.set(name, m[[]int{1, 4, 5, 6, 2, 3}[i]])
	}
	out.set("Query Parameters", queryBag(m[7]))
	out.set("Fragment", m[8])
	return writeDynamic(out), nil
}

func evalParseURLQuery(args []any) (any, error) {
	out := newBag()
	out.set("Query Parameters", queryBag(strings.TrimPrefix(args[0].(string), "?")))
	return writeDynamic(out), nil
}

func evalParsePath(args []any) (any, error) {
	s := args[0].(string)
	scheme, rest := "", s
	if before, after, ok := strings.Cut(s, "://"); ok {
		scheme, rest = before, after
	}
	if scheme != "" {
		if i := strings.IndexAny(rest, "?#"); i >= 0 {
			rest = rest[:i]
		}
	}
	root := ""
	if len(rest) > 2 && rest[1] == ':' {
		root = rest[:2]
	}
	dir, file := "", rest
	if i := strings.LastIndexAny(rest, `/\`); i >= 0 {
		dir, file = rest[:i], rest[i+1:]
	}
	stream := ""
	if i := strings.IndexByte(file, ':'); i >= 0 && root != "" {
		file, stream = file[:i], file[i+1:]
	}
	dirName := dir[strings.LastIndexAny(dir, `/\`)+1:]
	ext := ""
	if i := strings.LastIndexByte(file, '.'); i >= 0 {
		ext = file[i+1:]
	}
	out := newBag()
	for _, kv := range [][2]string{{"Scheme", scheme}, {"RootPath", root}, {"DirectoryPath", dir}, {"DirectoryName", dirName}, {"Filename", file}, {"Extension", ext}, {"AlternateDataStreamName", stream}} {
		out.set(kv[0], kv[1])
	}
	return writeDynamic(out), nil
}

// evalParseCSV splits the first record of s; quotes may enclose a field and are
// doubled inside it.
func evalParseCSV(args []any) (any, error) {
	s := args[0].(string)
	out, field, quoted := []any{}, strings.Builder{}, false
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case quoted && c == '"' && i+1 < len(s) && s[i+1] == '"':
			field.WriteByte('"')
			i++
		case c == '"' && (quoted || field.Len() == 0):
			quoted = !quoted
		case c == ',' && !quoted:
			out = append(out, field.String())
			field.Reset()
		case (c == '\n' || c == '\r') && !quoted:
			return writeDynamic(append(out, field.String())), nil
		default:
			field.WriteByte(c)
		}
	}
	return writeDynamic(append(out, field.String())), nil
}

// evalParseXML turns a document into bags: attributes become @name, text beside
// them #text, repeated elements an array.
func evalParseXML(args []any) (any, error) {
	d := xml.NewDecoder(strings.NewReader(args[0].(string)))
	for {
		t, err := d.Token()
		if err != nil {
			return nil, nil
		}
		if start, ok := t.(xml.StartElement); ok {
			v, err := readElement(d, start, 0)
			if err != nil {
				return nil, nil
			}
			out := newBag()
			out.set(xmlName(start.Name), v)
			return writeDynamic(out), nil
		}
	}
}

func xmlName(n xml.Name) string { return n.Local }

func readElement(d *xml.Decoder, start xml.StartElement, depth int) (any, error) {
	if depth > maxDepth {
		return nil, io.ErrUnexpectedEOF
	}
	out, text := newBag(), strings.Builder{}
	for _, a := range start.Attr {
		name := a.Name.Local
		if a.Name.Space == "xmlns" {
			name = "xmlns:" + name
		}
		out.set("@"+name, a.Value)
	}
	for {
		t, err := d.Token()
		if err != nil {
			return nil, err
		}
		switch x := t.(type) {
		case xml.CharData:
			text.Write(x)
		case xml.StartElement:
			v, err := readElement(d, x, depth+1)
			if err != nil {
				return nil, err
			}
			addElement(out, xmlName(x.Name), v)
		case xml.EndElement:
			return elementValue(out, strings.TrimSpace(text.String())), nil
		}
	}
}

func addElement(b *bag, name string, v any) {
	old, dup := b.vals[name]
	if !dup {
		b.set(name, v)
		return
	}
	if l, ok := old.([]any); ok {
		b.vals[name] = append(l, v)
		return
	}
	b.vals[name] = []any{old, v}
}

func elementValue(b *bag, text string) any {
	if len(b.keys) == 0 {
		if text == "" {
			return nil
		}
		return text
	}
	if text != "" {
		b.set("#text", text)
	}
	return b
}

// userAgents is ua-parser, the grammar that Kusto's own function is built on.
var userAgents = sync.OnceValues(func() (*uaparser.Parser, error) { return uaparser.New() })

func evalParseUserAgent(args []any) (any, error) {
	p, err := userAgents()
	if err != nil {
		return nil, err
	}
	parts, ok := listArg(args[1])
	if !ok {
		parts = []any{dynArg(args[1])}
	}
	c, out := p.Parse(args[0].(string)), newBag()
	for _, part := range parts {
		switch strings.ToLower(dynString(part)) {
		case "browser":
			out.set("Browser", textBag("Family", c.UserAgent.Family, "MajorVersion", c.UserAgent.Major, "MinorVersion", c.UserAgent.Minor, "Patch", c.UserAgent.Patch))
		case "os":
			out.set("OperatingSystem", textBag("Family", c.Os.Family, "MajorVersion", c.Os.Major, "MinorVersion", c.Os.Minor, "Patch", c.Os.Patch, "PatchMinor", c.Os.PatchMinor))
		case "device":
			out.set("Device", textBag("Family", c.Device.Family, "Brand", c.Device.Brand, "Model", c.Device.Model))
		}
	}
	return writeDynamic(out), nil
}

func textBag(kv ...string) *bag {
	b := newBag()
	for i := 0; i < len(kv); i += 2 {
		b.set(kv[i], kv[i+1])
	}
	return b
}

// evalParseCommandLine splits as Windows does.
func evalParseCommandLine(args []any) (any, error) {
	out, field, quoted, started := []any{}, strings.Builder{}, false, false
	for _, r := range args[0].(string) {
		switch {
		case r == '"':
			quoted, started = !quoted, true
		case (r == ' ' || r == '\t') && !quoted:
			if started {
				out = append(out, field.String())
			}
			field.Reset()
			started = false
		default:
			field.WriteRune(r)
			started = true
		}
	}
	if started {
		out = append(out, field.String())
	}
	if len(out) == 0 {
		return nil, nil
	}
	return writeDynamic(out), nil
}
