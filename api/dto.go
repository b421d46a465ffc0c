package api

import (
	"time"

	"github.com/acuerdo/acuerdo/cases"
	"github.com/acuerdo/acuerdo/clock"
	"github.com/acuerdo/acuerdo/payments"
)

// Case is what one debtor owes one creditor in one currency.
type Case struct {
	Ref           string       `json:"ref" example:"7KQX-3M9P" doc:"The case's reference; it never changes."`
	State         string       `json:"state" enum:"open,closed" doc:"Open while something is owed."`
	Currency      string       `json:"currency" pattern:"^[A-Z]{3}$" doc:"ISO 4217 code of every amount here."`
	BalanceMinor  int64        `json:"balance_minor" doc:"What is owed, in minor units."`
	PayableMinor  int64        `json:"payable_minor" doc:"The part that is not disputed, in minor units."`
	DisputedMinor int64        `json:"disputed_minor" doc:"The part that is disputed, in minor units."`
	AsOf          string       `json:"as_of" format:"date" doc:"The day this holds for, in the debtor's time zone."`
	Debtor        Debtor       `json:"debtor"`
	Invoices      []Invoice    `json:"invoices" nullable:"false" doc:"Oldest due date first, the settled ones too."`
	Commitments   []Commitment `json:"commitments" nullable:"false" doc:"What was agreed, newest first."`
	Payments      []Payment    `json:"payments" nullable:"false" doc:"Attempts to pay through the portal, newest first."`
}

// Debtor is who owes.
type Debtor struct {
	ExternalID string `json:"external_id" doc:"The creditor's own customer number."`
	Name       string `json:"name"`
	Kind       string `json:"kind" enum:"consumer,sole_trader,company,public_body"`
	Language   string `json:"language" doc:"ISO 639-1."`
	Country    string `json:"country" doc:"ISO 3166-1 alpha-2."`
}

// Invoice is a bill and what is left of it.
type Invoice struct {
	Number      string  `json:"number"`
	IssuedOn    string  `json:"issued_on" format:"date"`
	DueOn       string  `json:"due_on" format:"date"`
	AmountMinor int64   `json:"amount_minor" doc:"What was billed, in minor units."`
	OpenMinor   int64   `json:"open_minor" doc:"What is left of it, with interest and fees, in minor units."`
	Disputed    bool    `json:"disputed" doc:"No money is asked for it."`
	DaysLate    int     `json:"days_late" minimum:"0" doc:"0 when it is not yet due, or settled."`
	SettledOn   *string `json:"settled_on" format:"date" doc:"By the creditor's books; null while open there."`
	Lines       []Line  `json:"lines" nullable:"false"`
}

// Line is one line of an invoice.
type Line struct {
	Description string `json:"description"`
	Quantity    string `json:"quantity" doc:"As the creditor wrote it."`
	AmountMinor int64  `json:"amount_minor"`
}

// Commitment is an agreement with its schedule.
type Commitment struct {
	ID            string       `json:"id" format:"uuid"`
	Kind          string       `json:"kind" enum:"early_payment,settlement,plan"`
	State         string       `json:"state" enum:"active,kept,broken,cancelled,superseded"`
	AcceptedAt    time.Time    `json:"accepted_at"`
	TotalMinor    int64        `json:"total_minor" doc:"What is to be paid: the balance less the discount."`
	DiscountMinor int64        `json:"discount_minor" doc:"What falls away when the agreement is kept."`
	PaidMinor     int64        `json:"paid_minor"`
	LeftMinor     int64        `json:"left_minor"`
	PolicyVersion int          `json:"policy_version" doc:"The version of the creditor's policy that allowed it."`
	TermsSHA256   string       `json:"terms_sha256" pattern:"^[0-9a-f]{64}$" doc:"SHA-256 of the text that was accepted, in hexadecimal."`
	Autopay       bool         `json:"autopay" doc:"The debtor agreed to a saved card being charged."`
	Instalments   []Instalment `json:"instalments" nullable:"false"`
}

// Instalment is what falls due when.
type Instalment struct {
	Position    int    `json:"position" minimum:"0" doc:"From 0."`
	DueOn       string `json:"due_on" format:"date"`
	AmountMinor int64  `json:"amount_minor"`
	PaidMinor   int64  `json:"paid_minor"`
	State       string `json:"state" enum:"paid,due,late,upcoming" doc:"As the schedule stands; an agreement that ended keeps its last."`
}

// Payment is one attempt to pay.
type Payment struct {
	ID          string     `json:"id" format:"uuid"`
	State       string     `json:"state" enum:"waiting,processing,paid,failed,cancelled"`
	AmountMinor int64      `json:"amount_minor"`
	CreatedAt   time.Time  `json:"created_at"`
	EndedAt     *time.Time `json:"ended_at" doc:"Null while money may still be on its way."`
	FailureCode string     `json:"failure_code" doc:"Why the last try failed, empty for none; for example card_declined."`
}

// Event is one entry of the timeline.
type Event struct {
	ID        string         `json:"id" format:"uuid" doc:"It never changes, so that a reader knows what it has seen."`
	At        time.Time      `json:"at"`
	Kind      string         `json:"kind" doc:"What happened, for example commitment_made or payment_received; more kinds may come."`
	Actor     string         `json:"actor" doc:"Who did it: debtor, staff, system or stripe."`
	ActorName string         `json:"actor_name" doc:"Whose name, for staff."`
	Channel   string         `json:"channel" doc:"How, for example portal, email, console, import or stripe."`
	Data      map[string]any `json:"data" doc:"Details of the kind; names that end in _minor are minor units of the case's currency."`
}

func caseOf(f cases.File, paid []payments.Payment) Case {
	out := Case{
		Ref: f.Case.Ref, State: string(f.Case.State), Currency: string(f.Case.Currency), BalanceMinor: f.BalanceMinor(),
		PayableMinor: f.Payable().Total(), AsOf: f.Today.String(),
		Debtor: Debtor{ExternalID: f.Debtor.ExternalID, Name: f.Debtor.Name, Kind: string(f.Debtor.Kind),
			Language: f.Debtor.Language, Country: f.Debtor.Country},
		Invoices: []Invoice{}, Commitments: []Commitment{}, Payments: []Payment{},
	}
	for _, i := range f.Invoices {
		if i.Disputed {
			out.DisputedMinor += i.Open.Total()
		}
		out.Invoices = append(out.Invoices, invoiceOf(i, f.Today))
	}
	for _, c := range f.Commitments {
		out.Commitments = append(out.Commitments, commitmentOf(c))
	}
	for _, p := range paid {
		out.Payments = append(out.Payments, Payment{
			ID: p.ID.String(), State: string(p.Public()), AmountMinor: p.AmountMinor, CreatedAt: p.CreatedAt.UTC(),
			EndedAt: utc(p.EndedAt), FailureCode: string(p.FailureCode),
		})
	}
	return out
}

func invoiceOf(i cases.InvoiceFile, today clock.Date) Invoice {
	out := Invoice{
		Number: i.Number, IssuedOn: i.IssuedOn.String(), DueOn: i.DueOn.String(), AmountMinor: i.AmountMinor,
		OpenMinor: i.Open.Total(), Disputed: i.Disputed, Lines: []Line{},
	}
	if out.OpenMinor > 0 {
		out.DaysLate = i.DaysLate(today)
	}
	if !i.SettledOn.IsZero() {
		out.SettledOn = new(i.SettledOn.String())
	}
	for _, l := range i.Lines {
		out.Lines = append(out.Lines, Line{Description: l.Description, Quantity: l.Quantity, AmountMinor: l.AmountMinor})
	}
	return out
}

func commitmentOf(c cases.CommitmentFile) Commitment {
	out := Commitment{
		ID: c.ID.String(), Kind: string(c.Kind), State: string(c.State), AcceptedAt: c.AcceptedAt.UTC(), TotalMinor: c.TotalMinor,
		DiscountMinor: c.DiscountMinor(), PaidMinor: c.PaidMinor, LeftMinor: c.LeftMinor(), PolicyVersion: c.PolicyVersion,
		TermsSHA256: c.TermsSHA256, Autopay: c.Autopay, Instalments: []Instalment{},
	}
	for _, p := range c.Schedule {
		out.Instalments = append(out.Instalments, Instalment{
			Position: p.Position, DueOn: p.DueOn.String(), AmountMinor: p.AmountMinor, PaidMinor: p.PaidMinor, State: string(p.State),
		})
	}
	return out
}

func eventOf(e cases.Event) Event {
	data := e.Data
	if data == nil {
		data = map[string]any{}
	}
	return Event{
		ID: e.ID.String(), At: e.At.UTC(), Kind: string(e.Kind), Actor: string(e.Actor), ActorName: e.ActorName,
		Channel: e.Channel, Data: data,
	}
}

func utc(t *time.Time) *time.Time {
	if t == nil {
		return nil
	}
	u := t.UTC()
	return &u
}
