package reminders_test

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/acuerdo/acuerdo/cases"
	"github.com/acuerdo/acuerdo/clock"
	"github.com/acuerdo/acuerdo/db"
	"github.com/acuerdo/acuerdo/ledger"
	"github.com/acuerdo/acuerdo/reminders"
)

// world is one creditor with one debtor in Madrid, and a clock that stands still.
type world struct {
	*testing.T
	d        *db.DB
	clock    *clock.Moved
	service  *reminders.Service
	creditor db.ID
	debtor   cases.Debtor
	caseID   db.ID
	invoices []db.ID
	links    atomic.Int64
}

var madrid = must(time.LoadLocation("Europe/Madrid"))

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// at is ten in the morning in Madrid.
func at(day string) time.Time { return clock.MustDate(day).At(10, 0, madrid) }

func setup(t *testing.T, d *db.DB, today string) *world {
	w := &world{T: t, d: d, clock: clock.Frozen(at(today)), creditor: db.NewID()}
	w.service = &reminders.Service{DB: d, Clock: w.clock, PublicURL: "https://pay.example/", NewLink: func(*db.Tx, db.ID, db.ID) (string, error) {
		return fmt.Sprintf("token-%d", w.links.Add(1)), nil
	}}
	w.update(func(tx *db.Tx) error {
		return tx.Create(&cases.Creditor{
			ID: w.creditor, Slug: "luz-" + w.creditor.String(), Name: "Luz Clara", LegalName: "Luz Clara S.L.", Country: "ES", Language: "es", TimeZone: "Europe/Madrid",
			Currency: "EUR", Email: "pagos@luz.example", Phone: "+34 910 000 000", KnownFacts: []string{}, CreatedAt: w.clock.Now(),
		}).Error
	})
	w.addCase(func(*cases.Debtor) {})
	return w
}

// addCase adds another debtor with a case, and makes it the one that is meant from now on.
func (w *world) addCase(change func(*cases.Debtor)) {
	w.Helper()
	w.update(func(tx *db.Tx) error { return w.addCaseIn(tx, change) })
}

// crowd adds debtors who each owe one invoice, in one transaction.
func (w *world) crowd(n int, dueOn string) {
	w.Helper()
	w.update(func(tx *db.Tx) error {
		for range n {
			if err := w.addCaseIn(tx, func(*cases.Debtor) {}); err != nil {
				return err
			}
			if err := w.invoiceIn(tx, dueOn, 30000, false); err != nil {
				return err
			}
		}
		return nil
	})
}

func (w *world) addCaseIn(tx *db.Tx, change func(*cases.Debtor)) error {
	w.debtor = cases.Debtor{
		ID: db.NewID(), CreditorID: w.creditor, Kind: cases.Consumer, Name: "María Peña", Country: "ES",
		Language: "es", TimeZone: "Europe/Madrid", Email: "maria@example.com", CreatedAt: w.clock.Now(),
	}
	change(&w.debtor)
	w.debtor.ExternalID = w.debtor.ID.String()
	w.caseID, w.invoices = db.NewID(), nil
	if err := tx.Create(&w.debtor).Error; err != nil {
		return err
	}
	return tx.Create(&cases.Case{
		ID: w.caseID, CreditorID: w.creditor, DebtorID: w.debtor.ID, Ref: cases.NewRef(), Currency: "EUR", State: cases.Open, OpenedAt: w.clock.Now(),
	}).Error
}

func (w *world) update(fn func(tx *db.Tx) error) {
	w.Helper()
	if err := w.d.Update(context.Background(), db.Of(w.creditor), fn); err != nil {
		w.Fatal(err)
	}
}

// invoice adds one that is owed.
func (w *world) invoice(dueOn string, minor int64, disputed bool) {
	w.Helper()
	w.update(func(tx *db.Tx) error { return w.invoiceIn(tx, dueOn, minor, disputed) })
}

func (w *world) invoiceIn(tx *db.Tx, dueOn string, minor int64, disputed bool) error {
	inv := cases.Invoice{
		ID: db.NewID(), CreditorID: w.creditor, CaseID: w.caseID, Number: "F-" + db.NewID().String()[24:], IssuedOn: clock.MustDate(dueOn).AddDays(-30),
		DueOn: clock.MustDate(dueOn), AmountMinor: minor, Currency: "EUR", Disputed: disputed, CreatedAt: w.clock.Now(),
	}
	w.invoices = append(w.invoices, inv.ID)
	if err := tx.Create(&inv).Error; err != nil {
		return err
	}
	_, err := ledger.Post(tx, ledger.Transaction{
		CreditorID: w.creditor, CaseID: w.caseID, Source: "invoice:" + inv.ID.String(), Currency: "EUR", EffectiveOn: inv.IssuedOn, PostedAt: w.clock.Now(),
		Moves: []ledger.Move{{Code: ledger.InvoiceIssued, Debit: ledger.Principal, Credit: ledger.Sales, AmountMinor: minor, InvoiceID: &inv.ID}},
	})
	return err
}

// agree accepts terms now: amounts fall due on days.
func (w *world) agree(kind cases.CommitmentKind, discount int64, grace int, days []string, minor ...int64) cases.Commitment {
	w.Helper()
	c := cases.Commitment{
		CreditorID: w.creditor, CaseID: w.caseID, Kind: kind, DiscountPrincipalMinor: discount, Currency: "EUR", TermsText: "terms", Language: "es",
		ShownAt: w.clock.Now(), AcceptedAt: w.clock.Now(), GraceDays: grace,
	}
	var schedule []cases.Instalment
	for i, day := range days {
		schedule = append(schedule, cases.Instalment{Position: i, DueOn: clock.MustDate(day), AmountMinor: minor[i]})
		c.TotalMinor += minor[i]
	}
	c.BalanceMinor = c.TotalMinor + discount
	w.update(func(tx *db.Tx) (err error) {
		c, err = cases.Agree(tx, c, schedule, w.invoices)
		return err
	})
	return c
}

// pay receives money, towards an agreement where one is given.
func (w *world) pay(commitment *db.ID, minor int64) {
	w.Helper()
	w.update(func(tx *db.Tx) error {
		_, err := cases.Receive(tx, cases.Receipt{
			CreditorID: w.creditor, CaseID: w.caseID, CommitmentID: commitment, Source: "test:" + db.NewID().String(), Cash: ledger.Stripe,
			AmountMinor: minor, At: w.clock.Now(), Event: cases.Event{Actor: cases.ByStripe},
		})
		return err
	})
}

// payment puts a payment of the case into a state and returns how to change it.
func (w *world) payment(state string) (set func(state string)) {
	w.Helper()
	id := db.NewID()
	w.update(func(tx *db.Tx) error {
		return tx.Exec(`INSERT INTO payments (id, creditor_id, case_id, state, amount_minor, currency, idempotency_key, livemode, language, created_at, expires_at)
			VALUES (?, ?, ?, ?, 1, 'EUR', ?, ?, 'es', ?, ?)`, id, w.creditor, w.caseID, state, id.String(), false, w.clock.Now(), w.clock.Now()).Error
	})
	return func(state string) {
		w.update(func(tx *db.Tx) error {
			return tx.Exec("UPDATE payments SET state = ? WHERE creditor_id = ? AND id = ?", state, w.creditor, id).Error
		})
	}
}

func (w *world) settings(change func(*reminders.Settings)) {
	w.Helper()
	s := reminders.DefaultSettings()
	change(&s)
	w.update(func(tx *db.Tx) error { return reminders.SaveSettings(tx, w.creditor, s) })
}

// run does what is due; if that was something, a second run must do nothing.
func (w *world) run() reminders.Report {
	w.Helper()
	report, err := w.service.RunDue(context.Background())
	if err != nil {
		w.Fatal(err)
	}
	if report == (reminders.Report{}) {
		return report
	}
	if again, err := w.service.RunDue(context.Background()); err != nil || again != (reminders.Report{}) {
		w.Fatalf("the second run did %+v, %v", again, err)
	}
	return report
}

// on runs on a day and wants exactly these kinds of message on the case.
func (w *world) on(day string, want ...reminders.Kind) {
	w.Helper()
	w.clock.Set(at(day))
	before := len(w.messages())
	w.run()
	all := w.messages()
	var got []reminders.Kind
	for _, m := range all[:len(all)-before] {
		got = append(got, m.Kind)
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		w.Fatalf("%s: wrote %v, want %v", day, got, want)
	}
}

// messages are the case's, newest first.
func (w *world) messages() (all []reminders.Message) {
	w.Helper()
	w.view(func(tx *db.Tx) (err error) {
		all, err = reminders.OfCase(tx, w.creditor, w.caseID)
		return err
	})
	return all
}

func (w *world) view(fn func(tx *db.Tx) error) {
	w.Helper()
	if err := w.d.View(context.Background(), db.Of(w.creditor), fn); err != nil {
		w.Fatal(err)
	}
}

func (w *world) file() (f cases.File) {
	w.Helper()
	w.view(func(tx *db.Tx) (err error) {
		f, err = cases.Load(tx, w.creditor, w.caseID, w.clock.Now())
		return err
	})
	return f
}

// events are the timeline's entries of a kind.
func (w *world) events(kind cases.EventKind) (some []cases.Event) {
	w.Helper()
	w.view(func(tx *db.Tx) error {
		all, err := cases.Timeline(tx, w.creditor, w.caseID)
		for _, e := range all {
			if e.Kind == kind {
				some = append(some, e)
			}
		}
		return err
	})
	return some
}

func (w *world) count(query string) (n int) {
	w.Helper()
	err := w.d.View(context.Background(), db.Everyone("test"), func(tx *db.Tx) error { return tx.Raw(query).Scan(&n).Error })
	if err != nil {
		w.Fatal(err)
	}
	return n
}
