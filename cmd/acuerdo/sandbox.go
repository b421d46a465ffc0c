package main

import (
	"context"
	"fmt"
	"time"

	"github.com/acuerdo/acuerdo/clock"
	"github.com/acuerdo/acuerdo/payments/sandbox"
	"github.com/acuerdo/acuerdo/web"
)

// StripeSandboxCmd runs the sandbox on its own, for trying `serve` without Stripe.
type StripeSandboxCmd struct {
	Addr          string `default:"127.0.0.1:12111" help:"Where to listen."`
	Key           string `default:"sk_test_sandbox" help:"The secret key that the API demands."`
	WebhookSecret string `default:"whsec_sandbox" help:"What events are signed with."`
	WebhookURL    string `placeholder:"URL" help:"Where events are sent, for example http://127.0.0.1:8080/webhooks/stripe."`
}

// Run serves until it is told to stop.
func (cmd *StripeSandboxCmd) Run(ctx context.Context) error {
	ln, err := listen(cmd.Addr)
	if err != nil {
		return err
	}
	base := "http://" + addressOf(ln)
	box, err := sandbox.New(sandbox.Options{
		Clock: clock.System{}, BaseURL: base, SecretKey: cmd.Key, WebhookSecret: cmd.WebhookSecret, WebhookURL: cmd.WebhookURL, Logger: newLogger("warn"),
	})
	if err != nil {
		return err
	}
	defer box.Close()
	fmt.Printf("The Stripe sandbox is at %s. Use it with STRIPE_API_URL=%s STRIPE_SECRET_KEY=%s STRIPE_WEBHOOK_SECRET=%s.\n",
		base, base, cmd.Key, cmd.WebhookSecret)
	return web.Serve(ctx, ln, box.Handler(), func() {}, 5*time.Second)
}
