package api

import (
	"context"
	"strings"
	"time"

	"github.com/acuerdo/acuerdo/access"
	"github.com/acuerdo/acuerdo/fault"
)

// Credentials are where a key may stand. The document describes them as its
// security schemes, so they are no parameters there.
type Credentials struct {
	Authorization string `header:"Authorization" hidden:"true"`
	Key           string `header:"X-API-Key" hidden:"true"`
}

func (c Credentials) presented() string {
	if scheme, key, ok := strings.Cut(c.Authorization, " "); ok && strings.EqualFold(scheme, "Bearer") {
		return strings.TrimSpace(key)
	}
	return strings.TrimSpace(c.Key)
}

// authorise tells whose a key is. A key that is known but lacks the scope is
// told so; each counts its requests in a minute that all replicas share.
func (d *Door) authorise(ctx context.Context, c Credentials, scope string) (access.APIKeyInfo, error) {
	key, err := d.Access.APIKey(ctx, c.presented())
	if err != nil {
		return key, err
	}
	limit := d.RatePerMinute
	if limit == 0 {
		limit = defaultRate
	}
	if err := d.Access.Allow(ctx, "api:"+key.ID.String(), limit, time.Minute); err != nil {
		return key, err
	}
	if !key.Allows(scope) {
		return key, fault.New(fault.Forbidden, "api_scope_missing")
	}
	return key, nil
}
