package stripe_test

import (
	"bufio"
	"context"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/acuerdo/acuerdo/db/dbtest"
	"github.com/acuerdo/acuerdo/payments"
	"github.com/acuerdo/acuerdo/payments/stripe"
)

// witness keeps what went over the wire.
type witness struct {
	mu    sync.Mutex
	calls []call
}

type call struct {
	method, path, body string
	header             http.Header
	status             int
}

func (w *witness) RoundTrip(r *http.Request) (*http.Response, error) {
	c := call{method: r.Method, path: r.URL.Path, header: r.Header.Clone(), body: r.URL.RawQuery}
	if r.GetBody != nil {
		if body, err := r.GetBody(); err == nil {
			raw, _ := io.ReadAll(body)
			c.body = string(raw)
		}
	}
	resp, err := http.DefaultTransport.RoundTrip(r)
	if err == nil {
		c.status = resp.StatusCode
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.calls = append(w.calls, c)
	return resp, err
}

// stripeMock is where the official, stateless double is installed:
//
//	go install github.com/stripe/stripe-mock@v0.190.0
func stripeMock(t *testing.T) string {
	t.Helper()
	if named := os.Getenv("ACUERDO_STRIPE_MOCK"); named != "" {
		return named
	}
	if found, err := exec.LookPath("stripe-mock"); err == nil {
		return found
	}
	out, err := exec.Command("go", "env", "GOBIN", "GOPATH").Output()
	if err == nil {
		lines := strings.Split(string(out), "\n")
		for _, dir := range []string{lines[0], filepath.Join(lines[1], "bin")} {
			if path := filepath.Join(dir, "stripe-mock"); dir != "" && isFile(path) {
				return path
			}
		}
	}
	dbtest.Missing(t, "stripe-mock", "go install github.com/stripe/stripe-mock@v0.190.0, or name it in ACUERDO_STRIPE_MOCK")
	return ""
}

func isFile(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular()
}

var listening = regexp.MustCompile(`HTTP at address: (\S+)`)

// startMock runs stripe-mock on a port that the system chooses.
func startMock(t *testing.T) (url string) {
	t.Helper()
	cmd := exec.Command(stripeMock(t), "-http-addr", "127.0.0.1:0", "-https-addr", "127.0.0.1:0")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stderr = cmd.Stdout
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	var said strings.Builder
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		said.WriteString(lines.Text() + "\n")
		if m := listening.FindStringSubmatch(lines.Text()); m != nil {
			go func() { _, _ = io.Copy(io.Discard, out) }()
			return "http://" + m[1]
		}
	}
	t.Fatalf("stripe-mock did not start:\n%s", said.String())
	return ""
}

func TestEveryRequestHasTheShapeThatStripeKnows(t *testing.T) {
	seen := &witness{}
	g, err := stripe.New(stripe.Config{Key: "sk_test_123", BaseURL: startMock(t), HTTPClient: &http.Client{Transport: seen, Timeout: 20 * time.Second}})
	if err != nil {
		t.Fatal(err)
	}
	guest := payments.CheckoutRequest{Key: "key-1", PaymentID: "0192", CaseRef: "7KQX-3M9P", AmountMinor: 1234, Currency: "EUR", Description: "Taller Norte · 7KQX-3M9P",
		Language: "es", Email: "ana@example.com", SuccessURL: "https://pay.example/back", CancelURL: "https://pay.example/cancel"}
	saving := guest
	saving.Key, saving.Email, saving.Customer, saving.SaveCard, saving.Account = "key-2", "", "cus_123", true, "acct_123"
	saving.ExpiresAt = time.Now().Add(time.Hour)
	ctx, account := context.Background(), "acct_123"
	each := map[string][]func() error{
		"CreateCheckout": {
			func() error { _, err := g.CreateCheckout(ctx, guest); return err },
			func() error { _, err := g.CreateCheckout(ctx, saving); return err },
		},
		"Checkout":       {func() error { _, err := g.Checkout(ctx, account, "cs_test_123"); return err }},
		"FindCheckout":   {func() error { _, _, err := g.FindCheckout(ctx, account, "0192", time.Now()); return err }},
		"ExpireCheckout": {func() error { return g.ExpireCheckout(ctx, account, "cs_test_123", "key-3") }},
		"PaymentIntent":  {func() error { _, err := g.PaymentIntent(ctx, account, "pi_123"); return err }},
		"CreateCustomer": {
			func() error {
				_, err := g.CreateCustomer(ctx, payments.CustomerRequest{Account: account, Key: "key-4", Email: "ana@example.com", Language: "pt-BR", CaseRef: "7KQX-3M9P"})
				return err
			},
			func() error {
				_, err := g.CreateCustomer(ctx, payments.CustomerRequest{Key: "key-5", Language: "fr"})
				return err
			},
		},
		"Events":        {func() error { _, err := g.Events(ctx, account, time.Now()); return err }},
		"VerifyWebhook": {}, // asks nothing of Stripe
	}
	for m := range reflect.TypeFor[payments.Gateway]().Methods() {
		calls, known := each[m.Name]
		if !known {
			t.Errorf("%s is not tried", m.Name)
		}
		for _, do := range calls {
			if err := do(); err != nil {
				t.Errorf("%s: %v", m.Name, err)
			}
		}
	}
	for _, c := range seen.calls {
		if c.status != http.StatusOK {
			t.Errorf("%s %s: %d for %s", c.method, c.path, c.status, c.body)
		}
		if key := c.header.Get("Idempotency-Key"); (c.method == http.MethodPost) != strings.HasPrefix(key, "key-") {
			t.Errorf("%s %s: idempotency key %q", c.method, c.path, key)
		}
		if v := c.header.Get("Stripe-Version"); v != "2024-06-20" {
			t.Errorf("%s %s: version %q", c.method, c.path, v)
		}
	}
	if len(seen.calls) < 9 {
		t.Errorf("only %d requests were seen", len(seen.calls))
	}
}

func TestTheMockJudgesShapes(t *testing.T) {
	base := startMock(t)
	req, err := http.NewRequest(http.MethodPost, base+"/v1/checkout/sessions", strings.NewReader("mode=payment&made_up=1"))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer sk_test_123")
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != http.StatusBadRequest {
		t.Errorf("a made-up parameter was taken: %d", resp.StatusCode)
	}
}
