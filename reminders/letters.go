package reminders

import (
	"fmt"
	"slices"
	"time"

	"github.com/acuerdo/acuerdo/cases"
	"github.com/acuerdo/acuerdo/clock"
	"github.com/acuerdo/acuerdo/db"
)

// CodeMinutes is how long a one-time code is good; a later one is not sent at all.
const CodeMinutes = 10

// CodeChannels are the ways by which a debtor can get a code, the best first.
func (s *Service) CodeChannels(d cases.Debtor) []Channel {
	var channels []Channel
	if address(d, Email) != "" {
		channels = append(channels, Email)
	}
	if s.CanSMS && address(d, SMS) != "" {
		channels = append(channels, SMS)
	}
	return channels
}

// Code writes six digits to the debtor. codeID names this code; an empty
// channel is the best there is, an empty language the debtor's. A message that
// comes back skipped means that nobody got it.
func (s *Service) Code(tx *db.Tx, f cases.File, codeID db.ID, code string, channel Channel, language string) (Message, error) {
	channels := s.CodeChannels(f.Debtor)
	if channel == "" && len(channels) > 0 {
		channel = channels[0]
	}
	if channel != "" && !slices.Contains(channels, channel) {
		return Message{Kind: Code, Channel: channel, State: Skipped, Failure: NoAddress}, nil
	}
	return s.Queue(tx, Outgoing{
		Kind: Code, File: f, Channel: channel, Language: language, DedupeKey: codeID.String(),
		Vars: Vars{"code": code, "minutes": CodeMinutes},
		Data: map[string]any{"code_channel": channel},
	})
}

// AgreementConfirmed writes what was agreed; documentID is the agreement's PDF.
// Language is the one it was agreed in, empty for the debtor's.
func (s *Service) AgreementConfirmed(tx *db.Tx, f cases.File, c cases.CommitmentFile, documentID *db.ID) (Message, error) {
	o := Outgoing{
		Kind: Agreement, File: f, Language: c.Language, DedupeKey: c.ID.String(), DocumentID: documentID,
		Data: map[string]any{"commitment_id": c.ID},
	}
	l := localeOf(o)
	schedule := make([]map[string]any, len(c.Schedule))
	for i, p := range c.Schedule {
		schedule[i] = map[string]any{"due_on": l.Date(p.DueOn), "amount": l.Money(p.AmountMinor, c.Currency)}
	}
	o.Vars = Vars{
		"agreement_kind": string(c.Kind), "total": l.Money(c.TotalMinor, c.Currency), "discount": "",
		"schedule": schedule, "instalment_count": len(schedule), "agreed_on": l.Date(f.Debtor.Today(c.AcceptedAt)),
		"has_document": documentID != nil,
	}
	if d := c.DiscountMinor(); d > 0 {
		o.Vars["discount"] = l.Money(d, c.Currency)
	}
	return s.Queue(tx, o)
}

// Receipt writes that money arrived. f is the case's file after it was posted;
// documentID is the receipt's PDF, nil for none.
func (s *Service) Receipt(tx *db.Tx, f cases.File, paymentID db.ID, amountMinor int64, documentID *db.ID) (Message, error) {
	o := Outgoing{
		Kind: Receipt, File: f, DedupeKey: paymentID.String(), DocumentID: documentID,
		Data: map[string]any{"payment_id": paymentID, "amount_minor": amountMinor},
	}
	l := localeOf(o)
	balance := max(0, f.BalanceMinor())
	o.Vars = Vars{
		"amount": l.Money(amountMinor, f.Case.Currency), "paid_on": l.Date(f.Today),
		"balance": l.Money(balance, f.Case.Currency), "nothing_left": balance == 0,
		"next_amount": "", "next_due_on": "", "has_document": documentID != nil,
	}
	if c := f.ActiveCommitment(); c != nil {
		// What an agreement leaves to pay is less than the balance while its
		// discount is not granted yet.
		o.Vars["balance"] = l.Money(c.LeftMinor(), c.Currency)
		if next := c.Next(); next != nil {
			o.Vars["next_amount"], o.Vars["next_due_on"] = l.Money(next.OpenMinor, c.Currency), l.Date(next.DueOn)
		}
	}
	o.Vars["in_agreement"] = o.Vars["next_due_on"] != ""
	return s.Queue(tx, o)
}

// PaymentDidNotArrive writes that a payment failed after it had been on its way.
func (s *Service) PaymentDidNotArrive(tx *db.Tx, f cases.File, paymentID db.ID, amountMinor int64) (Message, error) {
	o := Outgoing{
		Kind: PaymentFailed, File: f, DedupeKey: paymentID.String(),
		Data: map[string]any{"payment_id": paymentID, "amount_minor": amountMinor},
	}
	o.Vars = Vars{"amount": localeOf(o).Money(amountMinor, f.Case.Currency)}
	return s.Queue(tx, o)
}

// AgreementFulfilled writes that everything agreed was paid. f is the file after the last payment.
func (s *Service) AgreementFulfilled(tx *db.Tx, f cases.File, c cases.CommitmentFile) (Message, error) {
	o := Outgoing{Kind: AgreementKept, File: f, DedupeKey: c.ID.String(), Data: map[string]any{"commitment_id": c.ID}}
	l := localeOf(o)
	balance := max(0, f.BalanceMinor())
	o.Vars = Vars{
		"total": l.Money(c.TotalMinor, c.Currency), "discount": "",
		"balance": l.Money(balance, c.Currency), "nothing_left": balance == 0,
	}
	if d := c.DiscountMinor(); d > 0 {
		o.Vars["discount"] = l.Money(d, c.Currency)
	}
	return s.Queue(tx, o)
}

// reminder asks to look at what is owed.
func reminder(f cases.File, step int, stepDay clock.Date) Outgoing {
	due := f.OldestDue()
	o := Outgoing{
		Kind: Reminder, File: f, DedupeKey: fmt.Sprintf("%s:%d", due, step),
		Data: map[string]any{"step": step, "due_on": due, "step_on": stepDay},
	}
	l := localeOf(o)
	o.Vars = Vars{
		"amount":        l.Money(f.Payable().Total(), f.Case.Currency),
		"due_on":        l.Date(due),
		"invoice_count": len(f.PayableInvoices()),
		"days_late":     max(0, f.Today.DaysSince(due)),
	}
	return o
}

// lastDay is the last day on which an instalment keeps its agreement alive.
func lastDay(c cases.CommitmentFile, p cases.InstalmentProgress) clock.Date {
	return p.DueOn.AddDays(c.GraceDays)
}

// aboutInstalment is what the letters about one instalment share.
func aboutInstalment(kind Kind, f cases.File, c cases.CommitmentFile, p cases.InstalmentProgress) Outgoing {
	o := Outgoing{
		Kind: kind, File: f, DedupeKey: p.ID.String(),
		Data: map[string]any{"commitment_id": c.ID, "position": p.Position, "amount_minor": p.OpenMinor, "due_on": p.DueOn},
	}
	l := localeOf(o)
	last := lastDay(c, p)
	o.Vars = Vars{
		"amount": l.Money(p.OpenMinor, c.Currency), "due_on": l.Date(p.DueOn), "number": p.Position + 1, "count": len(c.Schedule),
		"agreement_kind": string(c.Kind), "last_day": l.Date(last), "ends_on": l.Date(last.AddDays(1)),
		"late": p.DueOn.Before(f.Today), "discount": "",
	}
	if d := c.DiscountMinor(); d > 0 {
		o.Vars["discount"] = l.Money(d, c.Currency)
	}
	return o
}

// broken tells that an agreement has ended.
func broken(f cases.File, c cases.CommitmentFile, missed cases.InstalmentProgress, at time.Time) Outgoing {
	o := aboutInstalment(AgreementBroken, f, c, missed)
	o.DedupeKey = c.ID.String()
	o.Data = map[string]any{"commitment_id": c.ID}
	l := localeOf(o)
	o.Vars["balance"] = l.Money(max(0, f.BalanceMinor()), c.Currency)
	o.Vars["ended_on"] = l.Date(f.Debtor.Today(at))
	return o
}
