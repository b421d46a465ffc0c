package reminders_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/acuerdo/acuerdo/cases"
	"github.com/acuerdo/acuerdo/db"
	"github.com/acuerdo/acuerdo/db/dbtest"
	"github.com/acuerdo/acuerdo/reminders"
)

// postman remembers letters and answers with an error.
type postman struct {
	letters []reminders.Letter
	err     error
}

func (p *postman) Send(_ context.Context, l reminders.Letter) error {
	p.letters = append(p.letters, l)
	return p.err
}

func (w *world) send(p reminders.Sender, id db.ID) error {
	return w.service.Send(context.Background(), p, id)
}

// write runs one of the service's letters in a transaction.
func (w *world) write(fn func(tx *db.Tx, f cases.File) (reminders.Message, error)) (m reminders.Message) {
	w.Helper()
	f := w.file()
	w.update(func(tx *db.Tx) (err error) {
		m, err = fn(tx, f)
		return err
	})
	return m
}

func (w *world) code(language string) reminders.Message {
	w.Helper()
	return w.write(func(tx *db.Tx, f cases.File) (reminders.Message, error) {
		return w.service.Code(tx, f, db.NewID(), "493021", "", language)
	})
}

func TestAMessageIsSentOnceAndKeepsNoSecret(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := setup(t, d, "2026-03-02")
		w.invoice("2026-03-01", 100, false)
		w.on("2026-03-02", reminders.Reminder)
		p, m := &postman{}, w.messages()[0]
		for range 2 {
			if err := w.send(p, m.ID); err != nil {
				t.Fatal(err)
			}
		}
		if len(p.letters) != 1 {
			t.Fatalf("sent %d times", len(p.letters))
		}
		l := p.letters[0]
		if l.FromName != "Luz Clara" || l.ReplyTo != "pagos@luz.example" || l.OptOutURL != "https://pay.example/l/token-1/stop" || !strings.Contains(l.TextBody, "/l/token-1") {
			t.Errorf("the letter was %+v", l)
		}
		code := w.code("en")
		if strings.Contains(code.TextBody, "/l/") || !strings.Contains(code.TextBody, "493021") || code.Language != "en" || strings.Contains(code.Subject, "493021") {
			t.Errorf("the code's message: %+v", code)
		}
		if err := w.send(p, code.ID); err != nil {
			t.Fatal(err)
		}
		for _, m := range w.messages() {
			if m.State != reminders.Sent || m.SentAt == nil || strings.Contains(m.TextBody+m.HTMLBody, "token-") || strings.Contains(m.TextBody+m.HTMLBody, "493021") {
				t.Errorf("kept: %s %s", m.State, m.TextBody)
			}
			if !strings.Contains(m.HTMLBody, "#1d4f91") {
				t.Error("a colour was taken for a code")
			}
		}
	})
}

func TestTheDemoKeepsItsLinks(t *testing.T) {
	d := dbtest.SQLite(t)
	w := setup(t, d, "2026-03-02")
	w.service.KeepSecrets = true
	w.invoice("2026-03-01", 100, false)
	w.on("2026-03-02", reminders.Reminder)
	if err := w.send(reminders.InboxSender{}, w.messages()[0].ID); err != nil {
		t.Fatal(err)
	}
	var inbox []reminders.Message
	err := d.View(context.Background(), db.Everyone("test"), func(tx *db.Tx) (err error) {
		inbox, err = reminders.Inbox(tx, 10)
		return err
	})
	if err != nil || len(inbox) != 1 || inbox[0].State != reminders.Sent {
		t.Fatalf("%v, %v", inbox, err)
	}
	if links := inbox[0].Links(); len(links) != 2 || links[0] != "https://pay.example/l/token-1" {
		t.Errorf("links %v", links)
	}
}

func TestFailures(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := setup(t, d, "2026-03-02")
		w.invoice("2026-03-01", 100, false)
		receipt := func() reminders.Message {
			return w.write(func(tx *db.Tx, f cases.File) (reminders.Message, error) {
				return w.service.Receipt(tx, f, db.NewID(), 50, nil)
			})
		}
		state := func(id db.ID) (reminders.State, string) {
			for _, m := range w.messages() {
				if m.ID == id {
					return m.State, m.Failure
				}
			}
			return "", ""
		}
		busy := &postman{err: errors.New("try later")}
		m := receipt()
		if err := w.send(busy, m.ID); err == nil {
			t.Error("a passing failure was swallowed")
		}
		if s, _ := state(m.ID); s != reminders.Queued {
			t.Errorf("after a passing failure it is %s", s)
		}
		if err := w.send(&postman{err: &reminders.PermanentError{Reason: "smtp_550"}}, m.ID); err != nil {
			t.Error(err)
		}
		if s, why := state(m.ID); s != reminders.Failed || why != "smtp_550" {
			t.Errorf("after a refusal it is %s, %s", s, why)
		}
		m = receipt()
		if err := w.service.GiveUp(context.Background(), m.ID); err != nil {
			t.Error(err)
		}
		if s, why := state(m.ID); s != reminders.Failed || why != reminders.GivenUp {
			t.Errorf("given up, it is %s, %s", s, why)
		}
		if n := w.count("SELECT count(*) FROM tasks WHERE kind = 'message_failed'"); n != 2 {
			t.Errorf("collectors hear of %d", n)
		}
		late := w.code("")
		w.clock.Advance(11 * time.Minute)
		if err := w.send(busy, late.ID); err != nil {
			t.Error(err)
		}
		if s, why := state(late.ID); s != reminders.Failed || why != reminders.Expired || len(busy.letters) != 1 {
			t.Errorf("an old code is %s, %s", s, why)
		}
	})
}

func TestAReminderThatWaitedIsNotSentToWhoStoppedThem(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := setup(t, d, "2026-03-02")
		w.invoice("2026-03-01", 100, false)
		w.on("2026-03-02", reminders.Reminder)
		w.update(func(tx *db.Tx) error { return reminders.Stop(tx, w.creditor, w.debtor.ID) })
		p := &postman{}
		if err := w.send(p, w.messages()[0].ID); err != nil || len(p.letters) != 0 {
			t.Errorf("%d letters, %v", len(p.letters), err)
		}
		if m := w.messages()[0]; m.State != reminders.Failed || m.Failure != reminders.OptedOut {
			t.Errorf("it is %s, %s", m.State, m.Failure)
		}
		w.addCase(func(*cases.Debtor) {})
		w.invoice("2026-03-01", 100, false)
		w.on("2026-03-02", reminders.Reminder)
		w.pay(nil, 100)
		if err := w.send(p, w.messages()[0].ID); err != nil || len(p.letters) != 0 {
			t.Errorf("somebody who paid got %d letters, %v", len(p.letters), err)
		}
	})
}

func TestEachFactIsToldOnce(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := setup(t, d, "2026-03-02")
		w.invoice("2026-03-01", 30000, false)
		c := w.agree(cases.Plan, 0, 5, []string{"2026-03-02", "2026-04-02"}, 10000, 20000)
		var document cases.Document
		w.update(func(tx *db.Tx) (err error) {
			document, err = cases.AddDocument(tx, cases.Document{CreditorID: w.creditor, CaseID: &w.caseID, Kind: "agreement",
				Filename: "acuerdo.pdf", MediaType: "application/pdf", Content: []byte("%PDF"), CreatedAt: w.clock.Now()})
			return err
		})
		payment := db.NewID()
		for _, write := range []func(tx *db.Tx, f cases.File) (reminders.Message, error){
			func(tx *db.Tx, f cases.File) (reminders.Message, error) {
				return w.service.AgreementConfirmed(tx, f, *f.ActiveCommitment(), &document.ID)
			},
			func(tx *db.Tx, f cases.File) (reminders.Message, error) {
				return w.service.Receipt(tx, f, payment, 10000, nil)
			},
			func(tx *db.Tx, f cases.File) (reminders.Message, error) {
				return w.service.PaymentDidNotArrive(tx, f, payment, 10000)
			},
			func(tx *db.Tx, f cases.File) (reminders.Message, error) {
				return w.service.AgreementFulfilled(tx, f, f.Commitments[0])
			},
		} {
			first, second := w.write(write), w.write(write)
			if first.ID == (db.ID{}) || first.ID != second.ID {
				t.Errorf("%s: written twice", first.Kind)
			}
		}
		if n, events := w.count("SELECT count(*) FROM river_job"), len(w.events(cases.EventMessageSent)); n != 4 || events != 4 {
			t.Errorf("%d jobs, %d events", n, events)
		}
		p := &postman{}
		all := w.messages()
		if err := w.send(p, all[3].ID); err != nil {
			t.Fatal(err)
		}
		if a := p.letters[0].Attachments; len(a) != 1 || a[0].Filename != "acuerdo.pdf" || string(a[0].Content) != "%PDF" {
			t.Errorf("attached %v", a)
		}
		if !strings.Contains(all[3].TextBody, "2 de abril de 2026: 200,00") || c.ID == (db.ID{}) {
			t.Errorf("the schedule is missing:\n%s", all[3].TextBody)
		}
	})
}

func TestTwoAtOnceTellAFactOnce(t *testing.T) {
	d := dbtest.Postgres(t)
	w := setup(t, d, "2026-03-02")
	w.invoice("2026-03-01", 100, false)
	f, payment := w.file(), db.NewID()
	errs := make(chan error)
	for range 8 {
		go func() {
			errs <- d.Update(context.Background(), db.Of(w.creditor), func(tx *db.Tx) error {
				_, err := w.service.Receipt(tx, f, payment, 50, nil)
				return err
			})
		}()
	}
	for range 8 {
		if err := <-errs; err != nil {
			t.Error(err)
		}
	}
	if n, jobs := len(w.messages()), w.count("SELECT count(*) FROM river_job"); n != 1 || jobs != 1 {
		t.Errorf("%d messages, %d jobs", n, jobs)
	}
}

func TestCodesGoWhereTheDebtorCanBeReached(t *testing.T) {
	d := dbtest.SQLite(t)
	w := setup(t, d, "2026-03-02")
	w.addCase(func(debtor *cases.Debtor) { debtor.Email, debtor.Phone = "", "+34600000000" })
	if m := w.code(""); m.State != reminders.Skipped || m.Failure != reminders.NoAddress || len(w.events(cases.EventCodeSent)) != 0 {
		t.Errorf("without text messages: %+v", m)
	}
	w.service.CanSMS = true
	if m := w.code("pt"); m.State != reminders.Queued || m.Channel != reminders.SMS || m.Recipient != "+34600000000" || !strings.Contains(m.TextBody, "493021") {
		t.Errorf("by text message: %+v", m)
	}
	events := w.events(cases.EventCodeSent)
	if len(events) != 1 || events[0].Data["code_channel"] != "sms" || events[0].Channel != "sms" {
		t.Errorf("the timeline says %v", events)
	}
}
