package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"mime/quotedprintable"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/acuerdo/acuerdo/clock"
	"github.com/acuerdo/acuerdo/db"
	"github.com/acuerdo/acuerdo/payments/sandbox"
)

// asProgram makes the test binary the program itself: a real process, with
// real signals, and nothing to build.
const asProgram = "ACUERDO_TEST_AS_PROGRAM"

func init() {
	if os.Getenv(asProgram) != "" {
		main() // ends the process
	}
}

// command is the program with this environment and no other.
func command(t *testing.T, env []string, args ...string) *exec.Cmd {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), exe, args...)
	cmd.Env = append([]string{asProgram + "=1", "HOME=" + t.TempDir()}, env...)
	return cmd
}

// program runs a command of ours to its end.
func program(t *testing.T, env []string, args ...string) (out, messages string, code int) {
	t.Helper()
	cmd := command(t, env, args...)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	if exit := (&exec.ExitError{}); err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return stdout.String(), stderr.String(), cmd.ProcessState.ExitCode()
}

// works is program where it must succeed.
func works(t *testing.T, env []string, args ...string) string {
	t.Helper()
	out, messages, code := program(t, env, args...)
	if code != 0 {
		t.Fatalf("acuerdo %v: exit %d\n%s%s", args, code, out, messages)
	}
	return strings.TrimSpace(out)
}

// process is the program while it runs.
type process struct {
	t      *testing.T
	cmd    *exec.Cmd
	stdout *logged
	stderr *logged
	exited chan struct{}
}

// logged keeps what a process wrote.
type logged struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *logged) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *logged) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

func launch(t *testing.T, env []string, args ...string) *process {
	t.Helper()
	p := &process{t: t, cmd: command(t, env, args...), stdout: &logged{}, stderr: &logged{}, exited: make(chan struct{})}
	p.cmd.Stdout, p.cmd.Stderr = p.stdout, p.stderr
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() { _ = p.cmd.Wait(); close(p.exited) }()
	t.Cleanup(func() {
		p.kill()
		if t.Failed() {
			t.Logf("%v wrote:\n%s", args, p.stderr)
		}
	})
	return p
}

// kill is kill -9.
func (p *process) kill() {
	_ = p.cmd.Process.Kill()
	<-p.exited
}

// ends waits for the process to end by itself.
func (p *process) ends() int {
	p.t.Helper()
	select {
	case <-p.exited:
	case <-time.After(40 * time.Second):
		p.t.Fatal("the process doesn't end")
	}
	return p.cmd.ProcessState.ExitCode()
}

func (p *process) terminate() {
	p.t.Helper()
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		p.t.Fatal(err)
	}
}

// freePort is one that nobody listens on.
func freePort(t *testing.T) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	return ln.Addr().String()
}

// mailbox is an SMTP server that takes everything.
type mailbox struct {
	net.Listener
	mu   sync.Mutex
	mail []string // envelope and text
}

func openMailbox(t *testing.T) *mailbox {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	m := &mailbox{Listener: ln}
	go func() {
		for {
			conn, err := ln.Accept()
			if err != nil {
				return
			}
			go m.talk(conn)
		}
	}()
	t.Cleanup(func() { _ = ln.Close() })
	return m
}

func (m *mailbox) talk(conn net.Conn) {
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(20 * time.Second))
	r := bufio.NewReader(conn)
	fmt.Fprint(conn, "220 test\r\n")
	var letter strings.Builder
	for {
		line, err := r.ReadString('\n')
		if err != nil {
			return
		}
		word, _, _ := strings.Cut(strings.ToUpper(strings.TrimSpace(line)), " ")
		switch word {
		case "DATA":
			fmt.Fprint(conn, "354 go on\r\n")
			for line, err = r.ReadString('\n'); err == nil && line != ".\r\n"; line, err = r.ReadString('\n') {
				letter.WriteString(line)
			}
			m.mu.Lock()
			m.mail = append(m.mail, letter.String()+plainText(letter.String()))
			m.mu.Unlock()
			letter.Reset()
			fmt.Fprint(conn, "250 taken\r\n")
		case "QUIT":
			fmt.Fprint(conn, "221 bye\r\n")
			return
		default:
			letter.WriteString(line)
			fmt.Fprint(conn, "250 ok\r\n")
		}
	}
}

// plainText is a letter's text as a mail program shows it.
func plainText(letter string) string {
	_, letter, _ = strings.Cut(letter, "Content-Type: text/plain")
	_, letter, _ = strings.Cut(letter, "\r\n\r\n")
	letter, _, _ = strings.Cut(letter, "\r\n--")
	text, _ := io.ReadAll(quotedprintable.NewReader(strings.NewReader(letter)))
	return "\r\nTEXT\r\n" + strings.ReplaceAll(string(text), "\u00a0", " ")
}

// to are the letters to an address whose text or subject has a part.
func (m *mailbox) to(address, part string) []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	var found []string
	for _, letter := range m.mail {
		if strings.Contains(letter, "RCPT TO:<"+address+">") && strings.Contains(letter, part) {
			found = append(found, letter)
		}
	}
	return found
}

// town is all that `acuerdo serve` needs: a database with a creditor and its
// debtor, a Stripe, a mail server, and an address of its own.
type town struct {
	t        *testing.T
	database string
	addr     string
	env      []string
	box      *sandbox.Server
	stripe   *httptest.Server
	mail     *mailbox
	running  atomic.Pointer[process]
}

const ana = "ana@correo.example"

// found migrates the database and founds the town through the program's own commands.
func found(t *testing.T, database string) *town {
	t.Helper()
	w := &town{t: t, database: database, addr: freePort(t), mail: openMailbox(t)}
	var err error
	w.box, err = sandbox.New(sandbox.Options{Clock: clock.System{}, SecretKey: "sk_test_town", WebhookSecret: "whsec_town", WebhookURL: "http://" + w.addr + "/webhooks/stripe"})
	if err != nil {
		t.Fatal(err)
	}
	w.stripe = httptest.NewServer(w.box.Handler())
	w.box.SetBaseURL(w.stripe.URL)
	t.Cleanup(func() { _ = w.box.Close(); w.stripe.CloseClientConnections(); w.stripe.Close() })
	w.env = []string{
		"ACUERDO_DATABASE=" + database, "ACUERDO_ADDR=" + w.addr, "ACUERDO_PUBLIC_URL=http://" + w.addr, "ACUERDO_SECRET=" + strings.Repeat("s", 40),
		"STRIPE_SECRET_KEY=sk_test_town", "STRIPE_WEBHOOK_SECRET=whsec_town", "STRIPE_API_URL=" + w.stripe.URL,
		"ACUERDO_SMTP=smtp://" + w.mail.Addr().String(), "ACUERDO_MAIL_FROM=pay@acuerdo.example", "ACUERDO_STOP_NOTICE=0s",
	}
	works(t, w.env, "migrate")
	works(t, w.env, "creditor", "--slug", "aguas", "--name", "Aguas del Norte", "--country", "ES", "--currency", "EUR", "--time-zone", "Europe/Madrid")
	w.imports("1,Ana Soler," + ana + ",F-1001,600.00,40")
	return w
}

// imports adds invoices: customer, name, address, number, amount, days late.
func (w *town) imports(rows ...string) {
	w.t.Helper()
	dir := w.t.TempDir()
	mapping := "dates: YYYY-MM-DD\nnumbers: {decimal: \".\"}\ncolumns: {customer_id: id, name: name, email: email, invoice_number: number, amount: amount, issued_on: issued, due_on: due}\n"
	today := clock.DateIn(time.Now(), time.UTC)
	file := "id,name,email,number,amount,issued,due\n"
	for _, row := range rows {
		i := strings.LastIndexByte(row, ',')
		var late int
		if _, err := fmt.Sscan(row[i+1:], &late); err != nil {
			w.t.Fatal(err)
		}
		file += fmt.Sprintf("%s,%s,%s\n", row[:i], today.AddDays(-late-30), today.AddDays(-late))
	}
	for name, text := range map[string]string{"m.yaml": mapping, "a.csv": file} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			w.t.Fatal(err)
		}
	}
	works(w.t, w.env, "import", "--creditor", "aguas", "--mapping", filepath.Join(dir, "m.yaml"), filepath.Join(dir, "a.csv"))
}

// start starts the program, serve also waits until it is ready.
func (w *town) start(more ...string) *process {
	w.t.Helper()
	p := launch(w.t, append(w.env[:len(w.env):len(w.env)], more...), "serve")
	w.running.Store(p)
	return p
}

func (w *town) serve(more ...string) *process {
	w.t.Helper()
	p := w.start(more...)
	w.ready(p)
	return p
}

func (w *town) ready(p *process) {
	w.t.Helper()
	waitFor(w.t, "readiness", func() bool {
		select {
		case <-p.exited:
			w.t.Fatalf("the process ended: %s", p.stderr)
		default:
		}
		res, err := http.Get("http://" + w.addr + "/readyz")
		if err != nil {
			return false
		}
		_ = res.Body.Close()
		return res.StatusCode == http.StatusOK
	})
}

// look reads the town's database past the program.
func (w *town) look(query string, into any) {
	w.t.Helper()
	d, err := db.Open(context.Background(), w.database)
	if err != nil {
		w.t.Fatal(err)
	}
	defer d.Close()
	err = d.View(context.Background(), db.Everyone("a test looks"), func(tx *db.Tx) error { return tx.Raw(query).Scan(into).Error })
	if err != nil {
		w.t.Fatal(err)
	}
}

// caseRef is the reference of the first case.
func (w *town) caseRef() (ref string) {
	w.t.Helper()
	w.look("SELECT ref FROM cases ORDER BY opened_at, ref LIMIT 1", &ref)
	return ref
}

// code is the newest that was mailed.
func (w *town) code() string {
	w.t.Helper()
	var code string
	waitFor(w.t, "a code by mail", func() bool {
		for _, letter := range w.mail.to(ana, "") {
			_, text, _ := strings.Cut(letter, "\r\nTEXT\r\n")
			if m := sixDigits.FindStringSubmatch(text); m != nil {
				code = m[1] + m[2]
			}
		}
		return code != ""
	})
	return code
}
