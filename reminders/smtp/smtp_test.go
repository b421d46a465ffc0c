package smtp_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net"
	"net/mail"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/acuerdo/acuerdo/db"
	"github.com/acuerdo/acuerdo/reminders"
	"github.com/acuerdo/acuerdo/reminders/smtp"
)

// server is an SMTP server that keeps what it is given and answers as it is told.
type server struct {
	net.Listener
	answers map[string]string // by command: MAIL, RCPT, DATA, END
	upgrade *tls.Config       // what STARTTLS leads to
	mu      sync.Mutex
	got     []string // envelopes and data
}

func serve(t *testing.T, answers map[string]string) *server { return serveTLS(t, answers, nil) }

// serveTLS speaks TLS from the first byte, where settings are given.
func serveTLS(t *testing.T, answers map[string]string, settings *tls.Config) *server {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if settings != nil {
		l = tls.NewListener(l, settings)
	}
	s := &server{Listener: l, answers: answers}
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			wg.Go(func() { s.talk(conn) })
		}
	})
	t.Cleanup(func() {
		_ = l.Close()
		wg.Wait()
	})
	return s
}

func (s *server) port() int { return s.Addr().(*net.TCPAddr).Port }

func (s *server) talk(conn net.Conn) {
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(10 * time.Second))
	r := bufio.NewReader(conn)
	say := func(command, usual string) {
		if answer, ok := s.answers[command]; ok {
			usual = answer
		}
		_, _ = fmt.Fprint(conn, usual+"\r\n")
	}
	say("HELLO", "220 test")
	for {
		line, err := r.ReadString('\n')
		if err != nil {
			return
		}
		command, _, _ := strings.Cut(strings.ToUpper(strings.TrimSpace(line)), " ")
		switch command {
		case "EHLO":
			say(command, "250-test\r\n250-8BITMIME\r\n250 SMTPUTF8")
		case "DATA":
			say(command, "354 go on")
			s.keep(s.data(r))
			say("END", "250 taken")
		case "STARTTLS":
			s.keep(command)
			say(command, "220 go on")
			conn = tls.Server(conn, s.upgrade)
			r = bufio.NewReader(conn)
		case "QUIT":
			say(command, "221 bye")
			return
		default:
			s.keep(strings.TrimSpace(line))
			say(command, "250 ok")
		}
	}
}

func (s *server) data(r *bufio.Reader) string {
	var b strings.Builder
	for {
		line, err := r.ReadString('\n')
		if err != nil || line == ".\r\n" {
			return b.String()
		}
		b.WriteString(strings.TrimPrefix(line, "."))
	}
}

func (s *server) keep(what string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.got = append(s.got, what)
}

func (s *server) all() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string(nil), s.got...)
}

func sender(t *testing.T, s *server) *smtp.Sender {
	t.Helper()
	out, err := smtp.New(smtp.Config{Host: "127.0.0.1", Port: s.port(), Encryption: smtp.None, From: "Acuerdo <no-reply@pay.example>", Timeout: 5 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func letter() reminders.Letter {
	return reminders.Letter{
		Message: reminders.Message{
			ID: db.NewID(), Kind: reminders.Reminder, Channel: reminders.Email, Recipient: "maria@example.com", Language: "es",
			Subject: "Luz Clara: un mensaje sobre su cuenta ñ", TextBody: "Hola, María:\n\nhttps://pay.example/l/tok\n", HTMLBody: "<p>Hola, María</p>",
			CreatedAt: time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC),
		},
		FromName: "Luz Clara", ReplyTo: "pagos@luz.example", OptOutURL: "https://pay.example/l/tok/stop",
		Attachments: []reminders.Attachment{{Filename: "acuerdo.pdf", MediaType: "application/pdf", Content: []byte("%PDF-1.7")}},
	}
}

// delivered sends a letter and parses what arrived.
func delivered(t *testing.T, l reminders.Letter) (envelope []string, m *mail.Message) {
	t.Helper()
	s := serve(t, nil)
	if err := sender(t, s).Send(context.Background(), l); err != nil {
		t.Fatal(err)
	}
	got := s.all()
	for _, g := range got {
		if strings.Contains(g, "Subject:") {
			m, err := mail.ReadMessage(strings.NewReader(g))
			if err != nil {
				t.Fatal(err)
			}
			return got, m
		}
	}
	t.Fatalf("no mail in %q", got)
	return nil, nil
}

func TestAMailIsComplete(t *testing.T) {
	t.Parallel()
	l := letter()
	envelope, m := delivered(t, l)
	if !strings.HasPrefix(envelope[0], "MAIL FROM:<no-reply@pay.example>") || !strings.HasPrefix(envelope[1], "RCPT TO:<maria@example.com>") {
		t.Errorf("the envelope is %q", envelope[:2])
	}
	words := new(mime.WordDecoder)
	for name, want := range map[string]string{
		"Subject": l.Subject, "From": `"Luz Clara" <no-reply@pay.example>`, "To": "<maria@example.com>",
		"Reply-To": `"Luz Clara" <pagos@luz.example>`, "Message-Id": "<" + l.ID.String() + "@pay.example>",
		"Auto-Submitted": "auto-generated", "List-Unsubscribe": "<https://pay.example/l/tok/stop>",
		"List-Unsubscribe-Post": "List-Unsubscribe=One-Click", "Content-Language": "es", "Date": "Mon, 02 Mar 2026 09:00:00 +0000",
	} {
		if got, err := words.DecodeHeader(m.Header.Get(name)); err != nil || got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	parts := partsOf(t, m.Header.Get("Content-Type"), m.Body)
	for kind, want := range map[string]string{"text/plain": "María", "text/html": "<p>Hola", "application/pdf": "JVBERi0xLjc"} {
		if !strings.Contains(parts[kind], want) {
			t.Errorf("the %s part is %q", kind, parts[kind])
		}
	}
}

// partsOf reads a multipart body, nested ones too; multipart undoes quoted-printable.
func partsOf(t *testing.T, contentType string, body io.Reader) map[string]string {
	t.Helper()
	parts := map[string]string{}
	kind, params, err := mime.ParseMediaType(contentType)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(kind, "multipart/") {
		data, _ := io.ReadAll(body)
		return map[string]string{kind: string(data)}
	}
	r := multipart.NewReader(body, params["boundary"])
	for {
		p, err := r.NextPart()
		if err != nil {
			return parts
		}
		for k, v := range partsOf(t, p.Header.Get("Content-Type"), p) {
			parts[k] = v
		}
	}
}

func TestNothingAddsAHeader(t *testing.T) {
	t.Parallel()
	l := letter()
	evil := "x\r\nBcc: victim@example.com\r\nX-Evil: 1"
	l.Subject, l.FromName, l.Language, l.ReplyTo, l.OptOutURL = evil, evil, evil, "a@b.example\r\nBcc: victim@example.com", "https://pay.example/\r\nX-Evil: 1"
	l.Attachments[0].Filename, l.Attachments[0].MediaType = "../\"a\r\nX-Evil: 1.pdf", "text/plain\r\nX-Evil: 1"
	envelope, m := delivered(t, l)
	if m.Header.Get("Bcc") != "" || m.Header.Get("X-Evil") != "" {
		t.Errorf("a header was added: %v", m.Header)
	}
	rcpt := 0
	for _, line := range envelope {
		if strings.HasPrefix(line, "RCPT") {
			rcpt++
		}
		if strings.Contains(line, "\r\nX-Evil:") {
			t.Errorf("a part's header was added:\n%s", line)
		}
	}
	if rcpt != 1 {
		t.Errorf("%d recipients", rcpt)
	}
}

func TestRefusalsAreToldApart(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name      string
		answers   map[string]string
		permanent string // reason, "" for one that is tried again
	}{
		{"unknown recipient", map[string]string{"RCPT": "550 5.1.1 <maria@example.com> unknown"}, "smtp_550"},
		{"refused content", map[string]string{"END": "554 5.7.1 maria@example.com refused"}, "smtp_554"},
		{"full mailbox", map[string]string{"RCPT": "452 4.2.2 maria@example.com is full"}, ""},
		{"our own address", map[string]string{"MAIL": "553 5.7.1 who are you"}, ""},
		{"sign in first", map[string]string{"MAIL": "530 5.7.0 authenticate"}, ""},
		{"busy", map[string]string{"HELLO": "421 4.3.2 later"}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			err := sender(t, serve(t, c.answers)).Send(context.Background(), letter())
			if err == nil {
				t.Fatal("sent")
			}
			var permanent *reminders.PermanentError
			if errors.As(err, &permanent) != (c.permanent != "") || (permanent != nil && permanent.Reason != c.permanent) {
				t.Errorf("got %v", err)
			}
			if strings.Contains(err.Error(), "maria") {
				t.Errorf("the error tells who: %v", err)
			}
		})
	}
}

func TestAMessageThatWasTakenIsSentWhateverComesAfter(t *testing.T) {
	t.Parallel()
	s := serve(t, map[string]string{"QUIT": "421 gone", "RSET": "421 gone"})
	if err := sender(t, s).Send(context.Background(), letter()); err != nil {
		t.Error(err)
	}
}

func TestWithoutTLSNothingIsSaid(t *testing.T) {
	t.Parallel()
	s := serve(t, nil)
	out, err := smtp.New(smtp.Config{Host: "127.0.0.1", Port: s.port(), From: "no-reply@pay.example", Username: "u", Password: "secret", Timeout: 5 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	if err := out.Send(context.Background(), letter()); err == nil || strings.Contains(err.Error(), "secret") {
		t.Errorf("got %v", err)
	}
	for _, line := range s.all() {
		if strings.Contains(line, "AUTH") || strings.Contains(line, "maria") {
			t.Errorf("said %q in the clear", line)
		}
	}
}

func TestWhatCannotBeDeliveredFailsForGood(t *testing.T) {
	t.Parallel()
	s := serve(t, nil)
	for reason, change := range map[string]func(*reminders.Letter){
		"address_invalid":     func(l *reminders.Letter) { l.Recipient = "nobody" },
		"channel_unsupported": func(l *reminders.Letter) { l.Channel = reminders.SMS },
	} {
		l := letter()
		change(&l)
		var permanent *reminders.PermanentError
		if err := sender(t, s).Send(context.Background(), l); !errors.As(err, &permanent) || permanent.Reason != reason {
			t.Errorf("%s: %v", reason, err)
		}
	}
	for _, c := range []smtp.Config{{From: "a@b.example"}, {Host: "h", From: "nobody"}, {Host: "h", From: "a@b.example", Encryption: "rot13"}} {
		if _, err := smtp.New(c); err == nil {
			t.Errorf("%+v was accepted", c)
		}
	}
}
