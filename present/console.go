package present

import (
	"strings"

	"github.com/acuerdo/acuerdo/cases"
	"github.com/acuerdo/acuerdo/db"
	"github.com/acuerdo/acuerdo/frontend"
	"github.com/acuerdo/acuerdo/payments"
	"github.com/acuerdo/acuerdo/reminders"
)

// CaseRecord is a case's file with what happened around it: all that the
// creditor's staff may read.
type CaseRecord struct {
	cases.File
	Payments []payments.Payment  // newest first
	Card     *payments.SavedCard // nil when none is kept
	Messages []reminders.Message // newest first
	Events   []cases.Event       // newest first
}

// CasePath is where a case's file is.
func CasePath(ref string) string { return "/console/cases/" + ref }

// CaseFile is a case as a collector reads it.
func CaseFile(page frontend.Page, r CaseRecord) frontend.CaseFileView {
	invoices := StatementInvoices(r.File, true)
	totals := Totals(r.File, invoices)
	v := frontend.CaseFileView{
		Page: page, Ref: r.Case.Ref, State: CaseState(r.File), AsOf: r.Today, Debtor: debtorView(r.Debtor),
		Balance: frontend.Of(r.BalanceMinor(), r.Case.Currency), Late: totals.Late, Disputed: totals.Disputed,
		Invoices: invoices, OpenedAt: r.Case.OpenedAt,
	}
	if since := r.OldestDue(); !since.IsZero() {
		v.DaysLate = max(0, r.Today.DaysSince(since))
	}
	for _, c := range r.Commitments {
		v.Commitments = append(v.Commitments, commitmentView(r.File, c))
	}
	for _, p := range r.Payments {
		v.Payments = append(v.Payments, paymentRow(p, r.Card))
	}
	for _, m := range r.Messages {
		row := frontend.MessageRow{Channel: string(m.Channel), To: m.Recipient, Subject: m.Subject, State: string(m.State), At: m.CreatedAt}
		if m.SentAt != nil {
			row.At = *m.SentAt
		}
		v.Messages = append(v.Messages, row)
	}
	v.Timeline = timeline(r)
	return v
}

// CaseState is where a case stands, in the words of the pages.
func CaseState(f cases.File) frontend.CaseState {
	return CaseStateOf(f.Case.State, f.ActiveCommitment() != nil, len(f.OpenInvoices()) > 0, len(f.PayableInvoices()) > 0)
}

// CaseStateOf is CaseState from what a list knows: whether an agreement runs,
// whether any invoice is open, and whether one of those is not disputed.
func CaseStateOf(state cases.State, agreed, open, payable bool) frontend.CaseState {
	switch {
	case state == cases.Closed:
		return frontend.CaseSettled
	case agreed:
		return frontend.CaseAgreed
	case open && !payable:
		return frontend.CaseDisputed
	default:
		return frontend.CaseOpen
	}
}

func debtorView(d cases.Debtor) frontend.DebtorView {
	var lines []string
	for _, part := range []string{d.Address, strings.TrimSpace(d.PostalCode + " " + d.City)} {
		if part != "" {
			lines = append(lines, part)
		}
	}
	return frontend.DebtorView{
		Name: d.Name, Kind: string(d.Kind), TaxID: d.TaxID, Email: d.Email, Phone: d.Phone, Address: strings.Join(lines, ", "),
		Language: d.Language, Country: d.Country, ExternalID: d.ExternalID,
	}
}

func commitmentView(f cases.File, c cases.CommitmentFile) frontend.CommitmentView {
	s := AgreementSummary(f, c)
	evidence := Evidence(c.Commitment, f.Debtor.Email)
	v := frontend.CommitmentView{
		ID: ShortID(c.ID), Kind: frontend.OfferKind(c.Kind), State: s.State, AcceptedAt: c.AcceptedAt, Total: s.Total, Paid: s.Paid, Left: s.Left,
		NextDue: s.NextDue, Autopay: c.Autopay, Schedule: Schedule(f, c), Evidence: &evidence,
	}
	if c.DocumentID != nil {
		v.PDFURL = CasePath(f.Case.Ref) + "/documents/" + c.DocumentID.String()
	}
	return v
}

var paymentStates = map[payments.Status]frontend.PaymentState{
	payments.StatusWaiting: frontend.PaymentWaiting, payments.StatusProcessing: frontend.PaymentProcessing,
	payments.StatusPaid: frontend.PaymentPaid, payments.StatusFailed: frontend.PaymentFailed,
	payments.StatusCancelled: frontend.PaymentCancelled,
}

func paymentRow(p payments.Payment, card *payments.SavedCard) frontend.PaymentRow {
	row := frontend.PaymentRow{
		Reference: ShortID(p.ID), Amount: frontend.Of(p.AmountMinor, p.Currency), State: paymentStates[p.Public()],
		At: p.CreatedAt, Failure: string(p.FailureCode),
	}
	if p.EndedAt != nil {
		row.At = *p.EndedAt
	}
	if card != nil && p.SaveCard && p.State == payments.Succeeded {
		row.Method = strings.ToUpper(card.Brand[:min(1, len(card.Brand))]) + card.Brand[min(1, len(card.Brand)):] + " •••• " + card.Last4
	}
	return row
}

// timeline is everything that happened, with what proves it in small print:
// where an agreement was accepted from, and the names Stripe knows a payment by.
func timeline(r CaseRecord) []frontend.TimelineEntry {
	details := map[string]string{}
	for _, p := range r.Payments {
		details[p.ID.String()] = strings.Join(strings.Fields(p.PaymentIntentID+" "+p.ChargeID), " · ")
	}
	made := map[string]string{}
	for _, c := range r.Commitments {
		made[c.ID.String()] = strings.Trim(c.IP+" · "+c.UserAgent, " ·")
	}
	subjects := map[string]reminders.Message{}
	for _, m := range r.Messages {
		subjects[m.ID.String()] = m
	}
	out := make([]frontend.TimelineEntry, len(r.Events))
	for i, e := range r.Events {
		entry := frontend.TimelineEntry{
			At: e.At, Actor: string(e.Actor), Name: e.ActorName, Channel: e.Channel, Kind: string(e.Kind), Params: e.Data,
		}
		switch {
		case e.Kind == cases.EventCommitmentMade:
			entry.Detail = made[asText(e.Data["commitment_id"])]
		case e.Data["payment_id"] != nil:
			entry.Detail = details[asText(e.Data["payment_id"])]
		case e.Data["message_id"] != nil:
			if m, ok := subjects[asText(e.Data["message_id"])]; ok {
				entry.Detail = strings.Trim(m.Recipient+" · "+m.Subject, " ·")
			}
		}
		out[i] = entry
	}
	return out
}

// EventMinor is the amount an event is about, in minor units, 0 for none.
func EventMinor(e cases.Event) int64 {
	for _, key := range []string{"total_minor", "amount_minor", "missed_minor"} {
		switch n := e.Data[key].(type) {
		case int64:
			return n
		case float64: // what JSON makes of an integer; exact up to 2^53
			return int64(n)
		}
	}
	return 0
}

func asText(v any) string {
	switch id := v.(type) {
	case string:
		return id
	case db.ID:
		return id.String()
	}
	return ""
}
