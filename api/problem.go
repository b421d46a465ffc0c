package api

import (
	"context"
	"log/slog"
	"math"
	"net/http"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/acuerdo/acuerdo/fault"
	"github.com/acuerdo/acuerdo/frontend"
	"github.com/acuerdo/acuerdo/locale"
)

// problem turns any error of a room into a problem document: the status of its
// code, its key as the type, and the English text of that key. The cause is for
// the log, and so is every error that isn't one of ours.
func (d *Door) problem(ctx context.Context, err error) error {
	f := fault.As(err)
	status := f.Code.HTTPStatus()
	if status >= http.StatusInternalServerError {
		d.log().ErrorContext(ctx, "api", slog.String("error", err.Error()))
	}
	var problem error = &huma.ErrorModel{
		Type: "urn:acuerdo:" + f.Key, Title: http.StatusText(status), Status: status,
		Detail: frontend.FaultText(locale.Locale{Language: locale.English}, f),
	}
	headers := http.Header{}
	switch f.Code {
	case fault.Unauthorized:
		headers.Set("WWW-Authenticate", `Bearer realm="acuerdo"`)
	case fault.RateLimited:
		if until, ok := f.Params["until"].(time.Time); ok {
			headers.Set("Retry-After", strconv.Itoa(max(1, int(math.Ceil(until.Sub(d.Access.Clock.Now()).Seconds())))))
		}
	}
	if len(headers) > 0 {
		problem = huma.ErrorWithHeaders(problem, headers)
	}
	return problem
}
