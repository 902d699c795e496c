package entra

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity/cache"
)

// store is the system's key store (the kernel's keyring, Keychain, DPAPI) when
// the user asked for it, else memory: tokens that read a whole tenant should not
// outlive the run by themselves.
func (o Options) store() (azidentity.Cache, error) {
	if !o.Cache {
		return azidentity.Cache{}, nil
	}
	c, err := cache.New(&cache.Options{Name: "hunt365"})
	if err != nil {
		return c, &SignInError{"this system offers no key store to keep the sign-in in", "run without --token-cache", err}
	}
	return c, nil
}

// recordFile is where it is noted who signed in: the key store is asked by that.
// It holds names and ids, no secret.
func (o Options) recordFile() (string, error) {
	dir := o.RecordDir
	if dir == "" {
		config, err := os.UserConfigDir()
		if err != nil {
			return "", fmt.Errorf("note who signed in: %w", err)
		}
		dir = filepath.Join(config, "hunt365")
	}
	sum := sha256.Sum256([]byte(strings.ToLower(o.Cloud.Login + "\n" + o.Tenant + "\n" + o.Client)))
	return filepath.Join(dir, "sign-in-"+hex.EncodeToString(sum[:8])+".json"), nil
}

// record reads who signed in last time, if anybody did.
func (o Options) record() (azidentity.AuthenticationRecord, error) {
	var r azidentity.AuthenticationRecord
	if !o.Cache {
		return r, nil
	}
	name, err := o.recordFile()
	if err != nil {
		return r, err
	}
	data, err := os.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		return r, nil
	}
	if err == nil {
		err = json.Unmarshal(data, &r)
	}
	if err != nil {
		return r, fmt.Errorf("read who signed in: %w", err)
	}
	return r, nil
}

// person is a credential whose sign-in asks somebody.
type person interface {
	azcore.TokenCredential
	Authenticate(context.Context, *policy.TokenRequestOptions) (azidentity.AuthenticationRecord, error)
}

// remembered notes who signs in the first time.
type remembered struct {
	person
	options Options
	known   bool
}

// GetToken asks the person unless the key store knows them.
func (r *remembered) GetToken(ctx context.Context, o policy.TokenRequestOptions) (azcore.AccessToken, error) {
	if !r.known {
		record, err := r.Authenticate(ctx, &o)
		if err != nil {
			return azcore.AccessToken{}, err
		}
		if err := r.options.note(record); err != nil {
			return azcore.AccessToken{}, err
		}
		r.known = true
	}
	return r.person.GetToken(ctx, o)
}

func (o Options) note(record azidentity.AuthenticationRecord) error {
	name, err := o.recordFile()
	if err != nil {
		return err
	}
	data, err := json.Marshal(record)
	if err == nil {
		err = os.MkdirAll(filepath.Dir(name), 0o700)
	}
	if err == nil {
		err = os.WriteFile(name, data, 0o600)
	}
	if err != nil {
		return fmt.Errorf("note who signed in: %w", err)
	}
	return nil
}

// remember wraps a person's credential when the sign-in is to be kept.
func (o Options) remember(p person, record azidentity.AuthenticationRecord) azcore.TokenCredential {
	if !o.Cache {
		return p
	}
	return &remembered{person: p, options: o, known: record != (azidentity.AuthenticationRecord{})}
}
