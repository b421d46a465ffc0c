package present

import (
	"github.com/acuerdo/acuerdo/cases"
	"github.com/acuerdo/acuerdo/clock"
	"github.com/acuerdo/acuerdo/frontend"
	"github.com/acuerdo/acuerdo/offers"
	"github.com/acuerdo/acuerdo/payments"
)

// Offers is the list of options.
func Offers(page frontend.Page, menu offers.View) frontend.OffersView {
	f := menu.File
	m := func(minor int64) frontend.Money { return frontend.Of(minor, f.Case.Currency) }
	payable := f.Payable().Total()
	view := frontend.OffersView{
		Page: page, AsOf: f.Today, Balance: m(payable), Disputed: m(f.BalanceMinor() - payable), MinAmount: m(payments.MinimumMinor(f.Case.Currency)),
	}
	if a := f.ActiveCommitment(); a != nil {
		s := AgreementSummary(f, *a)
		view.Agreement = &s
		return view
	}
	view.PayAll = f.Case.State == cases.Open && payable > 0
	view.PayAmount = view.PayAll && payable >= 2*payments.MinimumMinor(f.Case.Currency)
	for _, o := range menu.Offers {
		option := offerOption(f, o)
		if o.Kind == cases.Plan {
			view.Plans = append(view.Plans, option)
		} else {
			view.Discounts = append(view.Discounts, option)
		}
		if t := o.Terms.ValidThrough; view.ValidUntil.IsZero() || t.Before(view.ValidUntil) {
			view.ValidUntil = t
		}
	}
	return view
}

func offerOption(f cases.File, o offers.Offer) frontend.OfferOption {
	m := func(minor int64) frontend.Money { return frontend.Of(minor, o.Currency) }
	t := o.Terms
	option := frontend.OfferOption{
		URL: "/portal/offers/" + o.ID.String(), Kind: OfferKind(o.Kind), Total: m(t.TotalMinor), Saving: m(t.SavingMinor()), Until: t.Deadline,
		Count: t.Count(), Each: m(t.EachMinor()), Frequency: frontend.Frequency(t.Frequency), Upfront: m(t.UpfrontMinor), First: t.FirstOn(), Last: t.LastOn(),
		Schedule: termsSchedule(t),
	}
	if option.Until.IsZero() && o.Kind != cases.Plan {
		option.Until = t.LastOn()
	}
	return option
}

func termsSchedule(t offers.Terms) []frontend.ScheduleRow {
	rows := make([]frontend.ScheduleRow, len(t.Instalments))
	for i, in := range t.Instalments {
		rows[i] = frontend.ScheduleRow{Number: i + 1, Due: in.DueOn, Amount: frontend.Of(in.AmountMinor, t.Currency)}
	}
	return rows
}

// Terms is what the terms' text is written from. The same offer on the same
// day, in the same language, gives the same text.
func Terms(page frontend.Page, o offers.OfferView) frontend.TermsView {
	f, t := o.File, o.Offer.Terms
	m := func(minor int64) frontend.Money { return frontend.Of(minor, t.Currency) }
	page.Flash, page.Errors = nil, nil
	later := len(t.Instalments) > 1 // a card is worth saving only for payments that come later
	view := frontend.TermsView{
		Page: page, Kind: OfferKind(t.Kind), Debtor: f.Debtor.Name, CaseRef: f.Case.Ref, Date: f.Debtor.Today(o.Offer.ShownAt),
		ValidUntil: t.ValidThrough, Balance: m(t.BalanceMinor), Total: m(t.TotalMinor), Saving: m(t.SavingMinor()), Interest: m(0),
		Frequency: frontend.Frequency(t.Frequency), Schedule: termsSchedule(t), AutopayOffered: later && t.Autopay == offers.AutopayEncouraged, AutopayRequired: later && t.Autopay == offers.AutopayRequired,
		GraceDays:     t.GraceDays,
		PolicyVersion: o.Offer.PolicyVersion,
	}
	for _, i := range f.PayableInvoices() {
		view.Invoices = append(view.Invoices, frontend.TermsInvoice{Number: i.Number, Due: i.DueOn, Amount: m(i.Open.Total())})
	}
	return view
}

// Offer is one offer's page.
func Offer(page frontend.Page, o offers.OfferView) frontend.OfferView {
	due := o.Offer.Terms.DueNowMinor(o.File.Today)
	if o.Offer.Kind == cases.EarlyPayment {
		due = o.Offer.Terms.TotalMinor // it may wait for its deadline, but paying is what comes next
	}
	view := frontend.OfferView{
		Page: page, Terms: Terms(page, o), AcceptURL: "/portal/offers/" + o.Offer.ID.String() + "/accept", DueNow: frontend.Of(due, o.Offer.Currency),
	}
	switch {
	case o.Offer.State == offers.Accepted:
		view.Unavailable = frontend.UnavailableAccepted
		if o.Commitment != nil {
			view.AgreementURL = "/portal/agreements/" + o.Commitment.ID.String()
		}
	case o.File.ActiveCommitment() != nil:
		view.Unavailable = frontend.UnavailableAccepted
		view.AgreementURL = "/portal/agreements/" + o.File.ActiveCommitment().ID.String()
	case o.File.Case.State != cases.Open:
		view.Unavailable = frontend.UnavailableClosed
	case o.Offer.State == offers.Expired:
		view.Unavailable = frontend.UnavailableExpired
	case o.Offer.State == offers.Withdrawn:
		view.Unavailable = frontend.UnavailableChanged
	}
	return view
}

// Fresh is an agreement as it is when it has just been made: nothing paid yet.
func Fresh(c cases.Commitment, instalments []cases.Instalment, today clock.Date) cases.CommitmentFile {
	return cases.CommitmentFile{Commitment: c, Schedule: cases.Progress(instalments, 0, today)}
}
