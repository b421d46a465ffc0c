package frontend

import (
	"strings"

	"github.com/acuerdo/acuerdo/locale"
)

// TermsText is the exact text of an agreement's terms in the reader's language:
// what the debtor is shown, what is hashed as evidence, and what the agreement
// page and PDF repeat. Lines are parted by "\n"; "# " heads a section, "- " is
// a line of a list, an empty line parts paragraphs. The same view always gives
// the same bytes. No debtor-supplied text can add a line: line breaks in names
// become spaces.
func TermsText(v TermsView) string {
	w := &termsWriter{}
	w.heading(v.T("terms.who"))
	w.line(v.T("terms.parties", "Creditor", oneLine(v.Brand.Name), "Debtor", oneLine(v.Debtor)))
	w.line(v.T("terms.case", "Ref", oneLine(v.CaseRef), "Date", v.Date))

	w.heading(v.T("terms.what"))
	w.line(v.T("terms.balance", "Amount", v.Balance, "Date", v.Date))
	for _, i := range v.Invoices {
		w.item(v.T("terms.invoice", "Number", oneLine(i.Number), "Due", i.Due, "Amount", i.Amount))
	}

	w.heading(v.T("terms.pay"))
	switch v.Kind {
	case OfferSettlement:
		w.line(v.TN("terms.settlement", int64(len(v.Schedule)), "Total", v.Total, "Balance", v.Balance, "Saving", v.Saving))
	case OfferPlan:
		w.line(v.TN("terms.plan", int64(len(v.Schedule)), "Total", v.Total))
	case OfferDiscount:
		w.line(v.T("terms.discount", "Total", v.Total, "Saving", v.Saving, "Balance", v.Balance))
	default:
		w.line(v.T("terms.pay_all", "Total", v.Total))
	}
	for _, r := range v.Schedule {
		w.item(v.T("terms.payment", "Number", r.Number, "Date", r.Due, "Amount", r.Amount))
	}
	if v.Kind == OfferPlan {
		if v.Interest.Positive() {
			w.line(v.T("terms.interest", "Amount", v.Interest))
		} else {
			w.line(v.T("terms.no_interest"))
		}
		if v.Saving.Positive() {
			w.line(v.T("terms.plan_saving", "Saving", v.Saving))
		}
	}

	termsAfter(w, v)
	return w.String()
}

// termsAfter tells what follows: keeping it, missing it, the card, the law.
func termsAfter(w *termsWriter, v TermsView) {
	w.heading(v.T("terms.keep"))
	w.line(v.T("terms.kept"))
	if v.Kind == OfferDiscount {
		w.line(v.T("terms.discount_lapses", "Balance", v.Balance))
	}
	if v.Kind == OfferPlan || v.Kind == OfferSettlement {
		if v.GraceDays > 0 {
			w.line(v.TN("terms.grace", int64(v.GraceDays)))
		}
		if v.BreaksAfter > 0 {
			w.line(v.TN("terms.breaks", int64(v.BreaksAfter)))
		}
	}
	w.line(v.T("terms.early"))
	switch {
	case v.AutopayRequired:
		w.heading(v.T("terms.card"))
		w.line(v.T("terms.autopay_required"))
	case v.AutopayOffered:
		w.heading(v.T("terms.card"))
		w.line(v.T("terms.autopay"))
	}
	w.heading(v.T("terms.rights"))
	w.line(v.T("terms.trouble", "Creditor", oneLine(v.Brand.Name)))
	w.line(v.T("terms.law"))
	if !v.ValidUntil.IsZero() {
		w.line(v.T("terms.valid_until", "Date", v.ValidUntil))
	}
	if v.PolicyVersion > 0 {
		w.line(v.T("terms.policy", "Version", v.PolicyVersion))
	}
}

type termsWriter struct{ blocks []string }

func (w *termsWriter) heading(s string) { w.blocks = append(w.blocks, "# "+s) }
func (w *termsWriter) line(s string)    { w.blocks = append(w.blocks, s) }

func (w *termsWriter) item(s string) {
	if n := len(w.blocks) - 1; n >= 0 && strings.HasPrefix(w.blocks[n], "- ") {
		w.blocks[n] += "\n- " + s
		return
	}
	w.blocks = append(w.blocks, "- "+s)
}

func (w *termsWriter) String() string { return strings.Join(w.blocks, "\n\n") + "\n" }

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

type termsKind int

const (
	termsParagraph termsKind = iota
	termsHeading
	termsList
)

// TermsBlock is a part of a terms text, for those who lay it out.
type TermsBlock struct {
	kind  termsKind
	lines []string
}

// Heading is the block's heading, "" when it is none.
func (b TermsBlock) Heading() string {
	if b.kind == termsHeading {
		return b.lines[0]
	}
	return ""
}

// Lines are the block's lines, without their marks.
func (b TermsBlock) Lines() []string { return b.lines }

// IsList tells whether the lines are items of a list.
func (b TermsBlock) IsList() bool { return b.kind == termsList }

// TermsBlocks takes a text made by TermsText apart.
func TermsBlocks(text string) []TermsBlock { return termsBlocks(text) }

func termsBlocks(text string) []TermsBlock {
	var out []TermsBlock
	for _, part := range strings.Split(strings.TrimRight(text, "\n"), "\n\n") {
		if part == "" {
			continue
		}
		b := TermsBlock{lines: strings.Split(part, "\n")}
		switch {
		case strings.HasPrefix(part, "# "):
			b.kind, b.lines = termsHeading, []string{part[2:]}
		case strings.HasPrefix(part, "- "):
			b.kind = termsList
			for i, l := range b.lines {
				b.lines[i] = strings.TrimPrefix(l, "- ")
			}
		}
		out = append(out, b)
	}
	return out
}

// CheckoutLine is what Stripe's page says the payment is for. It names the
// creditor and the reference, and nothing of the debt.
func CheckoutLine(lang locale.Language, creditor, ref string) string {
	return T(lang, "checkout.description", map[string]any{"Creditor": creditor, "Ref": ref})
}
