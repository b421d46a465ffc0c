package main

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"net"
	netmail "net/mail"
	"net/url"
	"slices"
	"strings"
	"time"
)

// Settings is everything the program is told from outside; nothing else reads
// the environment. docs/settings.md is this struct in words.
type Settings struct {
	Database            string        `env:"ACUERDO_DATABASE" placeholder:"URL" help:"postgres://user:password@host/name, or sqlite:FILE."`
	Addr                string        `env:"ACUERDO_ADDR" default:"127.0.0.1:8080" help:"Where to listen."`
	TrustedProxies      string        `env:"ACUERDO_TRUSTED_PROXIES" placeholder:"CIDRS" help:"Reverse proxies in front, for example 10.0.0.0/8,127.0.0.1: their X-Forwarded-For tells the debtor's address."`
	PublicURL           string        `env:"ACUERDO_PUBLIC_URL" placeholder:"URL" help:"How debtors reach it, for example https://pay.example.com. Plain http only on this machine."`
	Secret              string        `env:"ACUERDO_SECRET" placeholder:"TEXT" help:"At least 32 characters that only this installation knows; signs sessions and codes."`
	SecretPrevious      string        `env:"ACUERDO_SECRET_PREVIOUS" placeholder:"TEXT" help:"The secret before the last change, so that sessions survive it."`
	StripeKey           string        `env:"STRIPE_SECRET_KEY" placeholder:"KEY" help:"Stripe's secret or restricted key, sk_… or rk_…."`
	StripeWebhookSecret string        `env:"STRIPE_WEBHOOK_SECRET" placeholder:"KEY" help:"Signing secret of the webhook endpoint PUBLIC_URL/webhooks/stripe, whsec_…."`
	StripeURL           string        `env:"STRIPE_API_URL" placeholder:"URL" help:"Another Stripe, such as the sandbox. Stripe's own when empty."`
	SMTP                string        `env:"ACUERDO_SMTP" placeholder:"URL" help:"smtp://user:password@host:587 (STARTTLS) or smtps://… (TLS from the start)."`
	MailFrom            string        `env:"ACUERDO_MAIL_FROM" placeholder:"ADDRESS" help:"Sender of messages, for example 'Acuerdo <pay@example.com>'."`
	Workers             int           `env:"ACUERDO_WORKERS" default:"8" help:"How many jobs run at once in this process."`
	StopNotice          time.Duration `env:"ACUERDO_STOP_NOTICE" default:"3s" help:"When told to stop: how long /readyz says no before connections are refused, so that a balancer sees it."`
	LogLevel            string        `env:"ACUERDO_LOG" default:"info" help:"How much to log: debug, info, warn or error."`
}

const minSecret = 32

// check names every setting that is missing or wrong, with what to do, in one go.
func (s Settings) check() error {
	var errs []error
	need := func(name, value, example string) {
		if value == "" {
			errs = append(errs, fmt.Errorf("%s is missing: set it, for example %s", name, example))
		}
	}
	need("ACUERDO_DATABASE", s.Database, "postgres://acuerdo:password@localhost/acuerdo")
	need("ACUERDO_PUBLIC_URL", s.PublicURL, "https://pay.example.com")
	need("ACUERDO_SECRET", s.Secret, "the output of: openssl rand -hex 32")
	need("STRIPE_SECRET_KEY", s.StripeKey, "sk_live_… from Stripe's dashboard, Developers, API keys")
	need("STRIPE_WEBHOOK_SECRET", s.StripeWebhookSecret, "whsec_… from Stripe's dashboard, Developers, Webhooks")
	need("ACUERDO_SMTP", s.SMTP, "smtp://user:password@mail.example.com:587")
	need("ACUERDO_MAIL_FROM", s.MailFrom, "pay@example.com")
	if s.Secret != "" && len(s.Secret) < minSecret {
		errs = append(errs, fmt.Errorf("ACUERDO_SECRET is too short: use at least %d characters", minSecret))
	}
	if s.StripeKey != "" && !strings.HasPrefix(s.StripeKey, "sk_") && !strings.HasPrefix(s.StripeKey, "rk_") {
		errs = append(errs, errors.New("STRIPE_SECRET_KEY must start with sk_ or rk_; a publishable key (pk_) can't take payments"))
	}
	for _, secret := range s.webhookSecrets() {
		if !strings.HasPrefix(secret, "whsec_") {
			errs = append(errs, errors.New("STRIPE_WEBHOOK_SECRET must start with whsec_; several, while one is changed, are parted by commas"))
		}
	}
	if s.PublicURL != "" {
		errs = append(errs, checkPublicURL(s.PublicURL))
	}
	return errors.Join(append(errs, s.checkOthers())...)
}

// checkOthers looks at the form of what only the servers that it names can tell for certain.
func (s Settings) checkOthers() error {
	var errs []error
	if !slices.Contains([]string{"", "debug", "info", "warn", "error"}, s.LogLevel) {
		errs = append(errs, fmt.Errorf("ACUERDO_LOG %q is not a level: write debug, info, warn or error", s.LogLevel))
	}
	if s.Database != "" && !strings.HasPrefix(s.Database, "sqlite:") && !strings.HasPrefix(s.Database, "postgres://") && !strings.HasPrefix(s.Database, "postgresql://") {
		errs = append(errs, errors.New("ACUERDO_DATABASE can't be read: write it as postgres://user:password@host/name or sqlite:FILE"))
	}
	if s.StripeURL != "" && !strings.HasPrefix(origin(s.StripeURL), "http") {
		errs = append(errs, fmt.Errorf("STRIPE_API_URL %q can't be used: leave it empty for Stripe, or write it as http://127.0.0.1:12111", s.StripeURL))
	}
	if s.SMTP != "" {
		_, err := mailServer(s.SMTP, s.MailFrom)
		errs = append(errs, err)
	}
	if _, err := netmail.ParseAddress(s.MailFrom); err != nil && s.MailFrom != "" {
		errs = append(errs, fmt.Errorf("ACUERDO_MAIL_FROM %q can't be read: write it as pay@example.com or 'Acuerdo <pay@example.com>'", s.MailFrom))
	}
	if _, err := s.proxies(); err != nil {
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

func checkPublicURL(raw string) error {
	u, err := url.Parse(raw)
	if err != nil || u.Host == "" || (u.Scheme != "https" && u.Scheme != "http") || strings.Trim(u.Path, "/") != "" {
		return fmt.Errorf("ACUERDO_PUBLIC_URL %q can't be used: write it as https://pay.example.com, without a path", raw)
	}
	if u.Scheme == "http" && !loopback(u.Hostname()) {
		return fmt.Errorf("ACUERDO_PUBLIC_URL %q must be https: debtors' sessions would travel in the open", raw)
	}
	return nil
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || (ip != nil && ip.IsLoopback())
}

// proxies are the addresses whose word on where a request came from counts.
func (s Settings) proxies() ([]string, error) {
	var out []string
	for _, p := range strings.FieldsFunc(s.TrustedProxies, func(r rune) bool { return r == ',' || r == ' ' }) {
		if _, _, err := net.ParseCIDR(p); err != nil && net.ParseIP(p) == nil {
			return nil, fmt.Errorf("ACUERDO_TRUSTED_PROXIES: %q is no address, write for example 10.0.0.0/8 or 127.0.0.1", p)
		}
		out = append(out, p)
	}
	return out, nil
}

// webhookSecrets are the signing secrets that count: two while one is changed.
func (s Settings) webhookSecrets() []string {
	return strings.FieldsFunc(s.StripeWebhookSecret, func(r rune) bool { return r == ',' || r == ' ' })
}

// live tells whether the key moves real money.
func (s Settings) live() bool {
	return strings.HasPrefix(s.StripeKey, "sk_live_") || strings.HasPrefix(s.StripeKey, "rk_live_")
}

// derive makes a key for one purpose from a secret, so that one secret serves
// all and no purpose can be mistaken for another.
func derive(secret, purpose string) []byte {
	sum := sha256.Sum256([]byte("acuerdo " + purpose + "\x00" + secret))
	return sum[:]
}
