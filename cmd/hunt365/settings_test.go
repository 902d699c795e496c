package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// setting runs permissions, which says in its list for which sources it was asked.
func setting(t *testing.T, file, env string, args ...string) (int, string) {
	t.Helper()
	dir := t.TempDir()
	t.Setenv("XDG_CONFIG_HOME", dir)
	t.Setenv("HOME", dir)
	if file != "" {
		config, err := os.UserConfigDir()
		if err != nil {
			t.Fatal(err)
		}
		if err := os.MkdirAll(filepath.Join(config, "hunt365"), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(config, "hunt365", "config.yaml"), []byte(file), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if env != "" {
		t.Setenv("HUNT365_SOURCES", env)
	}
	var out bytes.Buffer
	code := Run(append([]string{"permissions"}, args...), strings.NewReader(""), &out, &out)
	return code, out.String()
}

// The command line is stronger than the environment, which is stronger than the
// file.
func TestOrderOfSettings(t *testing.T) {
	const file = "sources: alerts\nsince: 30d\ncloud: dod\n"
	tests := []struct {
		name, file, env string
		args            []string
		want            string
	}{
		{"file", file, "", nil, "SecurityAlert.Read.All"},
		{"environment over file", file, "devices", nil, "Device.Read.All"},
		{"command line over both", file, "devices", []string{"--sources", "domains"}, "Domain.Read.All"},
		{"command line over environment", "", "devices", []string{"--sources", "domains"}, "Domain.Read.All"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			code, text := setting(t, test.file, test.env, test.args...)
			if code != exitClean || strings.Count(text, "\n") != 3 || !strings.Contains(text, test.want) {
				t.Errorf("exit code %d, want only %s:\n%s", code, test.want, text)
			}
		})
	}
}

// Secrets come from the environment or a file of their own, and nowhere else.
func TestSecretsAreRefused(t *testing.T) {
	tests := []struct {
		name, file string
		args       []string
		want       string
	}{
		{"secret as an option", "", []string{"--client-secret", "hunter2"}, "secrets are not taken from the command line"},
		{"secret as an option with =", "", []string{"--client-secret=hunter2"}, "secrets are not taken from the command line"},
		{"password as an option", "", []string{"--certificate-password", "hunter2"}, "secrets are not taken from the command line"},
		{"secret in settings", "client-secret: hunter2\n", nil, "secrets are not kept in settings"},
		{"password in settings", "certificate-password: hunter2\n", nil, "secrets are not kept in settings"},
		{"unknown setting", "tenent: contoso.example\n", nil, `no command has an option "tenent"`},
		{"unknown option", "", []string{"--tenent", "x"}, "unknown flag: --tenent"},
		{"not a value", "since: yesterday\n", nil, ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			code, text := setting(t, test.file, "", test.args...)
			if test.want == "" { // another command's option is not this one's business
				if code != exitClean {
					t.Errorf("exit code %d:\n%s", code, text)
				}
				return
			}
			if code != exitFailed || !strings.Contains(text, test.want) || !strings.Contains(text, "\nhint: ") || strings.Contains(text, "hunter2") {
				t.Errorf("exit code %d:\n%s", code, text)
			}
		})
	}
}

// The name of a secret's file may be a setting.
func TestSecretFileFromSettings(t *testing.T) {
	code, text := setting(t, "client-secret-file: /absent\ntenant: contoso.example\nauth: secret\nclient-id: app\n", "")
	if code != exitFailed || !strings.Contains(text, "read client secret: open /absent") {
		t.Errorf("exit code %d:\n%s", code, text)
	}
}
