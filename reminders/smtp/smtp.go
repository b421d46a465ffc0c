// Package smtp delivers messages by e-mail through an SMTP server.
package smtp

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/mail"
	"net/textproto"
	"strings"
	"time"

	gomail "github.com/wneessen/go-mail"

	"github.com/acuerdo/acuerdo/reminders"
)

// Encryption is how the connection to the server is protected.
type Encryption string

// The ways. A server elsewhere should always be reached by one of the first two.
const (
	StartTLS Encryption = "starttls" // plain at first, then TLS or nothing; usually port 587
	TLS      Encryption = "tls"      // TLS from the first byte; usually port 465
	None     Encryption = "none"     // for a server on this machine
)

// Config says which server and who writes.
type Config struct {
	Host       string
	Port       int // 587 or 465 by Encryption when 0
	Encryption Encryption
	Username   string // "" for a server that asks for none
	Password   string
	From       string        // the address that messages come from; the name beside it is the creditor's
	HELO       string        // this machine's name, the From address's domain when empty
	Timeout    time.Duration // for one whole delivery; 30 s when 0
	TLSConfig  *tls.Config   // nil for the system's certificates
}

// Sender sends mail. Each delivery has a connection of its own, so a server
// that closes idle ones is no trouble.
type Sender struct {
	config Config
	domain string // of From: the right side of Message-IDs
	from   mail.Address
}

// New checks the configuration; it does not connect.
func New(c Config) (*Sender, error) {
	if c.Host == "" {
		return nil, errors.New("the SMTP server's host is missing")
	}
	from, err := mail.ParseAddress(c.From)
	if err != nil {
		return nil, fmt.Errorf("the address that mail comes from can't be read: %w", err)
	}
	_, domain, ok := strings.Cut(from.Address, "@")
	if !ok {
		return nil, errors.New("the address that mail comes from has no domain")
	}
	switch c.Encryption {
	case "":
		c.Encryption = StartTLS
	case StartTLS, TLS, None:
	default:
		return nil, fmt.Errorf("%q is not a way to encrypt SMTP, write starttls, tls or none", c.Encryption)
	}
	if c.Port == 0 {
		c.Port = 587
		if c.Encryption == TLS {
			c.Port = 465
		}
	}
	if c.Timeout <= 0 {
		c.Timeout = 30 * time.Second
	}
	if c.HELO == "" {
		c.HELO = domain
	}
	s := &Sender{config: c, domain: domain, from: *from}
	_, err = s.client(&connection{})
	return s, err
}

// connection remembers what was dialled, because go-mail leaves it open when
// it gives up between dialling and writing.
type connection struct{ net.Conn }

func (c *connection) close() {
	if c.Conn != nil {
		_ = c.Conn.Close()
	}
}

// dial connects, with TLS from the first byte where the configuration says so.
func (s *Sender) dial(ctx context.Context, c *connection, network, address string) (net.Conn, error) {
	plain := &net.Dialer{Timeout: s.config.Timeout}
	var err error
	if s.config.Encryption != TLS {
		c.Conn, err = plain.DialContext(ctx, network, address)
		return c.Conn, err
	}
	settings := s.config.TLSConfig.Clone()
	if settings == nil {
		settings = &tls.Config{ServerName: s.config.Host, MinVersion: tls.VersionTLS12}
	}
	c.Conn, err = (&tls.Dialer{NetDialer: plain, Config: settings}).DialContext(ctx, network, address)
	return c.Conn, err
}

func (s *Sender) client(conn *connection) (*gomail.Client, error) {
	c := s.config
	options := []gomail.Option{
		gomail.WithPort(c.Port), gomail.WithTimeout(c.Timeout), gomail.WithHELO(c.HELO), gomail.WithoutNoop(),
		gomail.WithDialContextFunc(func(ctx context.Context, network, address string) (net.Conn, error) {
			return s.dial(ctx, conn, network, address)
		}),
	}
	switch c.Encryption {
	case TLS:
		options = append(options, gomail.WithSSL())
	case None:
		options = append(options, gomail.WithTLSPolicy(gomail.NoTLS))
	default:
		options = append(options, gomail.WithTLSPolicy(gomail.TLSMandatory))
	}
	if c.TLSConfig != nil {
		options = append(options, gomail.WithTLSConfig(c.TLSConfig))
	}
	if c.Username != "" {
		options = append(options, gomail.WithUsername(c.Username), gomail.WithPassword(c.Password), gomail.WithOpportunisticSMTPAuth(
			gomail.SMTPAuthSCRAMSHA256, gomail.SMTPAuthSCRAMSHA1, gomail.SMTPAuthPlain, gomail.SMTPAuthLogin, gomail.SMTPAuthCramMD5))
	}
	return gomail.NewClient(c.Host, options...)
}

// Send delivers one letter.
func (s *Sender) Send(ctx context.Context, l reminders.Letter) error {
	if l.Channel != reminders.Email {
		return &reminders.PermanentError{Reason: "channel_unsupported"}
	}
	m, err := s.message(l)
	if err != nil {
		return err
	}
	conn := &connection{}
	defer conn.close()
	client, err := s.client(conn)
	if err != nil {
		return errors.New("smtp: the client can't be made")
	}
	ctx, cancel := context.WithTimeout(ctx, s.config.Timeout)
	defer cancel()
	return judge(client.DialAndSendWithContext(ctx, m), m)
}

// message writes the letter as a mail. Whatever comes from people goes through
// an address parser or an encoder, so none of it can begin a header of its own.
func (s *Sender) message(l reminders.Letter) (*gomail.Msg, error) {
	to, err := mail.ParseAddress(l.Recipient)
	if err != nil {
		return nil, &reminders.PermanentError{Reason: "address_invalid"}
	}
	m := gomail.NewMsg()
	from := s.from
	if name := oneLine(l.FromName); name != "" {
		from.Name = name
	}
	m.FromMailAddress(&from)
	m.ToMailAddress(&mail.Address{Address: to.Address})
	if reply, err := mail.ParseAddress(l.ReplyTo); err == nil {
		m.ReplyToMailAddress(&mail.Address{Name: from.Name, Address: reply.Address})
	}
	m.Subject(oneLine(l.Subject))
	m.SetDateWithValue(l.CreatedAt)
	// The same message sent twice carries the same id: mail readers show one.
	m.SetMessageIDWithValue(l.ID.String() + "@" + s.domain)
	m.SetGenHeader("Auto-Submitted", "auto-generated") // out-of-office replies stay away
	m.SetGenHeader("X-Auto-Response-Suppress", "All")
	m.SetGenHeader("Content-Language", oneLine(l.Language))
	if l.OptOutURL != "" {
		s.unsubscribe(m, l.OptOutURL)
	}
	m.SetBodyString(gomail.TypeTextPlain, l.TextBody)
	if l.HTMLBody != "" {
		m.AddAlternativeString(gomail.TypeTextHTML, l.HTMLBody)
	}
	for _, a := range l.Attachments {
		err := m.AttachReader(filename(a.Filename), bytes.NewReader(a.Content), gomail.WithFileContentType(gomail.ContentType(mediaType(a.MediaType))))
		if err != nil {
			return nil, errors.New("smtp: an attachment can't be added")
		}
	}
	return m, nil
}

// unsubscribe offers the mail reader's own button; the one-click form is for https only.
func (s *Sender) unsubscribe(m *gomail.Msg, url string) {
	url = strings.Trim(oneLine(url), "<>")
	if err := m.SetListUnsubscribeOneClick(url); err != nil {
		m.SetGenHeader(gomail.HeaderListUnsubscribe, "<"+url+">")
	}
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

// filename keeps what can't be mistaken for a path or a parameter.
func filename(s string) string {
	s = strings.Map(func(r rune) rune {
		if r < ' ' || strings.ContainsRune(`/\";:<>|?*`, r) {
			return '_'
		}
		return r
	}, s)
	if s = strings.Trim(s, ". "); s == "" {
		return "document"
	}
	return s
}

func mediaType(s string) string {
	if strings.ContainsAny(s, "\r\n;\" ") || !strings.Contains(s, "/") {
		return "application/octet-stream"
	}
	return s
}

// judge turns a delivery's error into one that says neither who nor what, and
// tells what trying again won't mend. A failure after the server took the
// message (only QUIT or RSET went wrong) is a success.
func judge(err error, m *gomail.Msg) error {
	if err == nil || m.IsDelivered() {
		return nil
	}
	if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
		return errors.New("smtp: the server took too long")
	}
	var sendError *gomail.SendError
	if errors.As(err, &sendError) && sendError.ErrorCode() != 0 {
		if code := sendError.ErrorCode(); code >= 500 && !ours(sendError) {
			return &reminders.PermanentError{Reason: fmt.Sprintf("smtp_%d", code)}
		}
		return fmt.Errorf("smtp: the server answered %d %s", sendError.ErrorCode(), sendError.EnhancedStatusCode())
	}
	var protocol *textproto.Error
	if errors.As(err, &protocol) { // before the message: greeting, TLS, authentication
		return fmt.Errorf("smtp: the server answered %d while connecting", protocol.Code)
	}
	return errors.New("smtp: the server can't be reached: " + kindOf(err))
}

// ours tells whether a refusal is about us (sign-in, the From address) rather
// than the recipient; that can be mended, so the message waits.
func ours(e *gomail.SendError) bool {
	code := e.ErrorCode()
	return e.Reason == gomail.ErrSMTPMailFrom || code == 530 || code == 534 || code == 535 || code == 538
}

// kindOf names a connection's error by its type, because its text may hold names.
func kindOf(err error) string {
	for {
		inner := errors.Unwrap(err)
		if inner == nil {
			return fmt.Sprintf("%T", err)
		}
		err = inner
	}
}
