package graph

import (
	"fmt"
	"strings"
)

// Cloud is one of Microsoft's national clouds.
type Cloud struct {
	Name     string // as in --cloud
	Graph    string // root of Microsoft Graph, without version
	Login    string // authority host
	Activity string // root of the Management Activity API
}

// Scope is what a token for the cloud's Graph is asked for with.
func (c Cloud) Scope() string { return c.Graph + "/.default" }

var clouds = []Cloud{
	{"global", "https://graph.microsoft.com", "https://login.microsoftonline.com/", "https://manage.office.com"},
	{"gcch", "https://graph.microsoft.us", "https://login.microsoftonline.us/", "https://manage.office365.us"},
	{"dod", "https://dod-graph.microsoft.us", "https://login.microsoftonline.us/", "https://manage.protection.apps.mil"},
	{"china", "https://microsoftgraph.chinacloudapi.cn", "https://login.chinacloudapi.cn/", "https://manage.office365.cn"},
}

// Clouds lists the clouds in the order in which help shows them.
func Clouds() []Cloud { return append([]Cloud(nil), clouds...) }

// CloudByName returns the cloud called name; the empty name is the global one.
func CloudByName(name string) (Cloud, error) {
	if name == "" {
		return clouds[0], nil
	}
	names := make([]string, len(clouds))
	for i, c := range clouds {
		if strings.EqualFold(c.Name, name) {
			return c, nil
		}
		names[i] = c.Name
	}
	return Cloud{}, fmt.Errorf("unknown cloud %q: it is one of %s", name, strings.Join(names, ", "))
}
