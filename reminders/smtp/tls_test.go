package smtp_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/acuerdo/acuerdo/reminders/smtp"
)

// certificate is one for 127.0.0.1, and a client's trust in it.
func certificate(t *testing.T) (server, client *tls.Config) {
	t.Helper()
	web := httptest.NewTLSServer(nil)
	t.Cleanup(web.Close)
	pool := x509.NewCertPool()
	pool.AddCert(web.Certificate())
	return &tls.Config{Certificates: web.TLS.Certificates}, &tls.Config{RootCAs: pool, ServerName: "127.0.0.1", MinVersion: tls.VersionTLS12}
}

func TestTLSFromTheFirstByteAndSigningIn(t *testing.T) {
	t.Parallel()
	serverTLS, clientTLS := certificate(t)
	s := serveTLS(t, map[string]string{"EHLO": "250-test\r\n250 AUTH PLAIN", "AUTH": "235 welcome"}, serverTLS)
	c := smtp.Config{Host: "127.0.0.1", Port: s.port(), Encryption: smtp.TLS, From: "a@pay.example", Username: "u", Password: "pw", Timeout: 5 * time.Second, TLSConfig: clientTLS}
	out, err := smtp.New(c)
	if err != nil {
		t.Fatal(err)
	}
	if err := out.Send(context.Background(), letter()); err != nil {
		t.Fatal(err)
	}
	if want := "AUTH PLAIN " + base64.StdEncoding.EncodeToString([]byte("\x00u\x00pw")); !strings.Contains(strings.Join(s.all(), "\n"), want) {
		t.Errorf("never signed in: %q", s.all())
	}
	c.TLSConfig = nil // a certificate that nobody vouches for
	if out, err = smtp.New(c); err != nil {
		t.Fatal(err)
	}
	if err := out.Send(context.Background(), letter()); err == nil {
		t.Error("an unknown certificate was accepted")
	}
}

func TestStartTLSAndSigningIn(t *testing.T) {
	t.Parallel()
	serverTLS, clientTLS := certificate(t)
	s := serve(t, map[string]string{"EHLO": "250-test\r\n250-STARTTLS\r\n250 AUTH PLAIN LOGIN", "AUTH": "235 welcome"})
	s.upgrade = serverTLS
	out, err := smtp.New(smtp.Config{Host: "127.0.0.1", Port: s.port(), From: "a@pay.example", Username: "u", Password: "pw", Timeout: 5 * time.Second, TLSConfig: clientTLS})
	if err != nil {
		t.Fatal(err)
	}
	if err := out.Send(context.Background(), letter()); err != nil {
		t.Fatal(err)
	}
	all := strings.Join(s.all(), "\n")
	if strings.Index(all, "STARTTLS") > strings.Index(all, "AUTH") || !strings.Contains(all, "Subject:") {
		t.Errorf("said %q", all)
	}
}
