package graph

import (
	"fmt"
	"slices"
	"strings"
)

// The APIs that permissions belong to, by application id.
const (
	graphAPI    = "00000003-0000-0000-c000-000000000000"
	activityAPI = "c5393580-f805-4401-95e8-94b7a6ef2fc2" // Office 365 Management APIs
)

// SetupScript prints the commands that register an application with exactly the
// permissions that sources need. hunt365 runs none of them.
func SetupScript(cloud Cloud, sources []*Source) string {
	var b strings.Builder
	b.WriteString(`#!/bin/sh
# Registers an application that may read what hunt365 collects, and nothing else.
# Run it with the Azure CLI as a Privileged Role Administrator; read it first.
set -eu
app=$(az ad app create --display-name hunt365 --sign-in-audience AzureADMyOrg --query appId --output tsv)
az ad sp create --id "$app" --output none
allow() { # API PERMISSION...
  api=$1
  shift
  for permission; do
    role=$(az ad sp show --id "$api" --query "appRoles[?value=='$permission'].id | [0]" --output tsv)
    [ -n "$role" ] || { echo "this cloud has no permission $permission" >&2; continue; }
    az ad app permission add --id "$app" --api "$api" --api-permissions "$role=Role" --output none
  done
}
`)
	var feed, mine []*Source
	for _, s := range sources {
		switch {
		case s.Kind == Feed:
			feed = append(feed, s)
		case s.UserOnly:
			fmt.Fprintf(&b, "# not here: %s, which only a signed-in user can read (%s)\n", s.Title, s.Permits[0])
		default:
			mine = append(mine, s)
		}
	}
	allow(&b, graphAPI, Permissions(mine))
	if len(feed) > 0 {
		allow(&b, activityAPI, feed[0].Permits)
	}
	fmt.Fprintf(&b, `tenant=$(az account show --query tenantId --output tsv)
echo "an administrator consents here: %s$tenant/adminconsent?client_id=$app"
echo "then give it a certificate: az ad app credential reset --id $app --cert @hunt365.pem --append"
echo "and collect: hunt365 collect --tenant $tenant --auth certificate --client-id $app --certificate hunt365.pem --case CASE"
`, cloud.Login)
	return b.String()
}

func allow(b *strings.Builder, api string, permissions []string) {
	if len(permissions) == 0 {
		return
	}
	fmt.Fprintf(b, "allow %s", api)
	for _, p := range slices.Sorted(slices.Values(permissions)) {
		fmt.Fprintf(b, " \\\n  %s", p)
	}
	b.WriteByte('\n')
}
