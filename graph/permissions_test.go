package graph_test

import (
	"bufio"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/hunt365/hunt365/graph"
)

// opens is what Microsoft says about one path: permissions, the least privileged
// with a star.
type opens struct{ application, delegated []string }

func microsoftsPermissions(t *testing.T) map[string]opens {
	t.Helper()
	f, err := os.Open("testdata/permissions.tsv")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	all := map[string]opens{}
	for sc := bufio.NewScanner(f); sc.Scan(); {
		if cells := strings.Split(sc.Text(), "\t"); len(cells) == 4 && !strings.HasPrefix(cells[0], "#") {
			all[cells[1]] = opens{strings.Fields(cells[2]), strings.Fields(cells[3])}
		}
	}
	return all
}

// notLeast are the sources for which Microsoft's least privileged permission
// does not do, and why.
var notLeast = map[string]string{
	"ual":            "it asks for every workload",
	"ual-exchange":   "Microsoft stars one workload of several for the path",
	"ual-sharepoint": "Microsoft stars one workload of several for the path",
	"organization":   "Microsoft stars a permission over devices",
	"users":          "the starred one hides most properties",
	"user-activity":  "the activity needs AuditLog.Read.All beside the user's own",
	"groups":         "the starred one is younger than most tenants' consent screens",
}

// Every source asks for the permission that Microsoft calls the least privileged,
// and what it takes instead opens the path too.
func TestPermissionsAreMicrosoftsLeast(t *testing.T) {
	said := microsoftsPermissions(t)
	for _, s := range append(graph.Sources(), graph.GroupMembers) {
		o, ok := said[s.Path]
		if !ok {
			if s.Kind != graph.Feed && !strings.HasPrefix(s.Path, "/directory/deletedItems/") { // not in Microsoft's file
				t.Errorf("%s: no word of Microsoft on %s", s.Name, s.Path)
			}
			continue
		}
		for scheme, list := range map[string][]string{"application": o.application, "delegated": o.delegated} {
			if s.UserOnly && scheme == "application" {
				if !slices.Equal(list, []string{"-"}) {
					t.Errorf("%s: an application may read it with %v", s.Name, list)
				}
				continue
			}
			checkPermits(t, s, scheme, list)
		}
	}
}

func checkPermits(t *testing.T, s *graph.Source, scheme string, list []string) {
	t.Helper()
	permits := s.Permits
	if len(s.Also) > 0 {
		permits = s.Also
	}
	starred := slices.ContainsFunc(list, func(p string) bool { return strings.HasSuffix(p, "*") })
	if starred && notLeast[s.Name] == "" && !slices.Contains(list, permits[0]+"*") {
		t.Errorf("%s: %s is not the least privileged for %s: %v", s.Name, permits[0], scheme, list)
	}
	for _, p := range permits {
		if !slices.Contains(list, p) && !slices.Contains(list, p+"*") {
			t.Errorf("%s: %s does not open %s for %s: %v", s.Name, p, s.Path, scheme, list)
		}
	}
}

// No source may ask for a permission that changes anything.
func TestNoSourceAsksToWrite(t *testing.T) {
	var id graph.Identity
	for _, s := range append(graph.Sources(), graph.GroupMembers) {
		id.Scopes = append(id.Scopes, append(slices.Clone(s.Permits), s.Also...)...)
	}
	if p := graph.CheckPermissions(graph.Sources(), id); len(p.Writes) != 0 {
		t.Errorf("these permissions write: %v", p.Writes)
	}
}

func TestWriteScopesAreNamed(t *testing.T) {
	tests := map[string]bool{
		"Mail.ReadWrite": true, "Mail.Send": true, "Directory.ReadWrite.All": true, "full_access_as_app": true, "Directory.AccessAsUser.All": true,
		"Exchange.ManageAsApp": true, "RoleManagement.ReadWrite.Directory": true, "AppRoleAssignment.ReadWrite.All": true, "User.Invite.All": true,
		"Sites.FullControl.All": true, "User.EnableDisableAccount.All": true, "Files.ReadWrite": true, "Group.Create": true, "Policy.ReadWrite.Authorization": true,
		"UserAuthenticationMethod.ReadWrite.All": true, "User.RevokeSessions.All": true, "User.Export.All": false, "Mail.Read": false, "AuditLog.Read.All": false,
		"RoleManagement.Read.Directory": false, "Directory.Read.All": false, "offline_access": false, "openid": false, "User.Read": false,
		"Domain-InternalFederation.Read.All": false, "MailboxSettings.Read": false, "User-PasswordProfile.ReadWrite.All": true, "SecurityActions.ReadWrite.All": true,
		"User.DeleteRestore.All": true, "BitlockerKey.Read.All": false, "IMAP.AccessAsUser.All": true,
		"AppRoleAssignment.Everything": true, "RoleAssignmentSchedule.Remove.Directory": true, "Device.Command": true, "Sites.Selected": true,
		"AuditLogsQuery-CRM.Read.All": false, "ActivityFeed.ReadDlp": false, "Calendars.ReadBasic": false, "Member.Read.Hidden": false, "EWS.AccessAsUser.All": true,
	}
	for scope, want := range tests {
		p := graph.CheckPermissions(nil, graph.Identity{Scopes: []string{scope}})
		if got := len(p.Writes) > 0; got != want {
			t.Errorf("%s: writes is %v, want %v", scope, got, want)
		}
	}
}

// A broader permission that opens only some of the sources is not enough.
func TestBroaderPermissionMustOpenAll(t *testing.T) {
	sources, err := graph.Select([]string{"applications", "federated-credentials"}, "global")
	if err != nil {
		t.Fatal(err)
	}
	for scope, want := range map[string]bool{"Application.Read.All": true, "Directory.Read.All": false} {
		p := graph.CheckPermissions(sources, graph.Identity{App: "a", Scopes: []string{scope}})
		if len(p.Needs) != 1 || p.Needs[0].Granted != want || p.Needs[0].Through != "" {
			t.Errorf("with %s: %+v", scope, p.Needs)
		}
	}
}

// The script is run with an az that only writes down what it is asked for.
func TestSetupScript(t *testing.T) {
	dir := t.TempDir()
	az := `#!/bin/sh
echo "$*" >>"$LOG"
case "$*" in
"ad app create"*) echo app-id ;;
*Read.All\'*|*.Read*) echo role-of-permission ;;
"account show"*) echo tenant-id ;;
esac
`
	if err := os.WriteFile(dir+"/az", []byte(az), 0o700); err != nil { //nolint:gosec // it has to run
		t.Fatal(err)
	}
	sources, err := graph.Select([]string{"default", "activity-feed", "directory-sync"}, "gcch")
	if err != nil {
		t.Fatal(err)
	}
	cloud, _ := graph.CloudByName("gcch")
	cmd := exec.Command("sh")
	cmd.Stdin = strings.NewReader(graph.SetupScript(cloud, sources))
	cmd.Env = append(os.Environ(), "PATH="+dir+":"+os.Getenv("PATH"), "LOG="+dir+"/log")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	log, err := os.ReadFile(dir + "/log")
	if err != nil {
		t.Fatal(err)
	}
	asked := strings.Count(string(log), "ad sp show --id 00000003-0000-0000-c000-000000000000")
	if want := len(graph.Permissions(slices.DeleteFunc(sources, func(s *graph.Source) bool { return s.UserOnly }))); asked != want {
		t.Errorf("%d permissions of Graph, want %d:\n%s", asked, want, log)
	}
	if added := strings.Count(string(log), "permission add"); added != asked+1 || !strings.Contains(string(log), "--api c5393580-f805-4401-95e8-94b7a6ef2fc2") {
		t.Errorf("%d permissions were added, want %d and the activity feed's:\n%s", added, asked+1, log)
	}
	if strings.Contains(string(log), "Write") || strings.Contains(string(log), "OnPremDirectorySynchronization") {
		t.Errorf("too much is asked for:\n%s", log)
	}
	if !strings.Contains(string(out), "https://login.microsoftonline.us/tenant-id/adminconsent?client_id=app-id") || !strings.Contains(string(out), "--auth certificate") {
		t.Errorf("it ends with:\n%s", out)
	}
}
