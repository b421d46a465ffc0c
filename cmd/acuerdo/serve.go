package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strconv"
	"time"

	"github.com/acuerdo/acuerdo/clock"
	"github.com/acuerdo/acuerdo/db"
	"github.com/acuerdo/acuerdo/reminders/smtp"
	"github.com/acuerdo/acuerdo/web"
)

// ServeCmd runs the program for production. Any number of them may run on one
// PostgreSQL; one may run on an SQLite file.
type ServeCmd struct {
	Settings
}

// Run serves until it is told to stop, then lets what was accepted finish.
func (cmd *ServeCmd) Run(ctx context.Context) error {
	if err := cmd.check(); err != nil {
		return usageError{fmt.Errorf("these settings need mending:\n%w", err)}
	}
	log := newLogger(cmd.LogLevel)
	d, err := db.Open(ctx, cmd.Database)
	if err != nil {
		return fmt.Errorf("ACUERDO_DATABASE: %w", err)
	}
	defer d.Close()
	if err := d.Ready(ctx); err != nil {
		return err
	}
	mail, err := mailServer(cmd.SMTP, cmd.MailFrom)
	if err != nil {
		return usageError{err}
	}
	sender, err := smtp.New(mail)
	if err != nil {
		return usageError{fmt.Errorf("ACUERDO_SMTP or ACUERDO_MAIL_FROM: %w", err)}
	}
	a, err := build(cmd.Settings, parts{db: d, clock: clock.System{}, accessClock: clock.System{}, sender: sender, log: log})
	if err != nil {
		return usageError{err}
	}
	ln, err := listen(cmd.Addr)
	if err != nil {
		return err
	}
	if err := a.jobs.Start(ctx); err != nil {
		return errors.Join(err, ln.Close())
	}
	log.Info("listening", "addr", ln.Addr().String(), "public_url", cmd.PublicURL, "database", string(d.Kind()), "livemode", cmd.live())
	return a.run(ctx, ln, cmd.StopNotice)
}

// run answers until ctx ends, then drains requests and jobs. It goes on answering
// for a while after /readyz says no: balancers look at intervals, not at once.
func (a *app) run(ctx context.Context, ln net.Listener, notice time.Duration) error {
	served := web.Serve(ctx, ln, a.engine, func() { a.draining(); time.Sleep(notice) }, stopWithin)
	stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopWithin)
	defer cancel()
	return errors.Join(served, a.jobs.Stop(stop))
}

// mailServer reads smtp://user:password@host:587 (STARTTLS) or smtps://… (TLS
// from the start); plain SMTP only to this machine.
func mailServer(raw, from string) (smtp.Config, error) {
	u, err := url.Parse(raw)
	if err != nil || u.Hostname() == "" || (u.Scheme != "smtp" && u.Scheme != "smtps") {
		return smtp.Config{}, errors.New("ACUERDO_SMTP can't be read: write it as smtp://user:password@mail.example.com:587")
	}
	c := smtp.Config{Host: u.Hostname(), From: from, Encryption: smtp.StartTLS, Username: u.User.Username()}
	c.Password, _ = u.User.Password()
	if u.Scheme == "smtps" {
		c.Encryption = smtp.TLS
	} else if loopback(c.Host) {
		c.Encryption = smtp.None
	}
	if port := u.Port(); port != "" {
		if c.Port, err = strconv.Atoi(port); err != nil {
			return c, fmt.Errorf("ACUERDO_SMTP: %q is not a port", port)
		}
	}
	return c, nil
}

// listen explains the usual reason why it can't.
func listen(addr string) (net.Listener, error) {
	ln, err := net.Listen("tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("can't listen on %s: %w; another program may be using it, choose one with --addr 127.0.0.1:PORT", addr, err)
	}
	return ln, nil
}

// MigrateCmd brings the schema up to date.
type MigrateCmd struct {
	Database string `env:"ACUERDO_DATABASE" required:"" placeholder:"URL" help:"postgres://… or sqlite:FILE."`
}

// Run migrates and says what it did.
func (cmd *MigrateCmd) Run(ctx context.Context) error {
	d, err := db.Open(ctx, cmd.Database)
	if err != nil {
		return err
	}
	defer d.Close()
	n, err := d.Migrate(ctx)
	if err != nil {
		return err
	}
	if n == 0 {
		fmt.Println("The schema is up to date.")
	} else {
		fmt.Printf("The schema is up to date now (%d steps).\n", n)
	}
	return nil
}
