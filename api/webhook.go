package api

import (
	"errors"
	"io"
	"log/slog"
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/acuerdo/acuerdo/fault"
)

// stripeWebhook is POST /webhooks/stripe and /webhooks/stripe/{account}. The
// signature is over the bytes as they came, so they are not parsed here. Stripe
// tries again after anything but 2xx: only what may then succeed answers 5xx.
func (d *Door) stripeWebhook(c *gin.Context) {
	payload, err := io.ReadAll(c.Request.Body)
	if err != nil {
		var large *http.MaxBytesError
		if errors.As(err, &large) {
			c.String(fault.TooLarge.HTTPStatus(), "too large\n")
			return
		}
		c.String(http.StatusBadRequest, "unreadable\n")
		return
	}
	err = d.Events.ReceiveEvent(c.Request.Context(), payload, c.GetHeader("Stripe-Signature"), c.Param("account"))
	switch code := fault.CodeOf(err); {
	case err == nil:
		c.String(http.StatusOK, "ok\n")
	case code == fault.Invalid:
		// What is signed wrongly is no request of Stripe's: 400, as its own guide has it.
		d.log().WarnContext(c.Request.Context(), "webhook refused", slog.String("reason", fault.As(err).Key))
		c.String(http.StatusBadRequest, "refused\n")
	case code.HTTPStatus() < http.StatusInternalServerError:
		d.log().WarnContext(c.Request.Context(), "webhook refused", slog.String("reason", fault.As(err).Key))
		c.String(code.HTTPStatus(), "refused\n")
	default:
		_ = c.Error(err)
		c.String(code.HTTPStatus(), "try again\n")
	}
}
