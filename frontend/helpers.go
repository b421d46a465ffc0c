package frontend

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/acuerdo/acuerdo/locale"
)

// headTitle puts errors first and the sender last, as screen readers announce it.
func headTitle(p Page, f frame) string {
	title := orDefault(p.Title, f.Title)
	if len(p.Errors) > 0 {
		title = p.T("common.error_prefix", "Title", title)
	}
	if p.Brand.Name != "" && !strings.Contains(title, p.Brand.Name) {
		title += " · " + p.Brand.Name
	}
	return title
}

// errorFields lists the form's own error first, then fields in a stable order.
func errorFields(p Page) []string {
	fields := make([]string, 0, len(p.Errors))
	for f := range p.Errors {
		fields = append(fields, f)
	}
	slices.Sort(fields)
	return fields
}

func describedBy(p Page, f field) string {
	var ids []string
	if f.Hint != "" {
		ids = append(ids, f.Name+"-hint")
	}
	if p.ErrorText(f.Name) != "" {
		ids = append(ids, f.Name+"-error")
	}
	return strings.Join(ids, " ")
}

func orDefault(s, other string) string {
	if s == "" {
		return other
	}
	return s
}

func telDigits(phone string) string {
	return strings.Map(func(r rune) rune {
		if r == '+' || (r >= '0' && r <= '9') {
			return r
		}
		return -1
	}, phone)
}

func bareURL(u string) string {
	return strings.TrimSuffix(strings.TrimPrefix(strings.TrimPrefix(u, "https://"), "http://"), "/")
}

func permille(part, whole Money) string {
	if whole.Minor <= 0 || part.Minor <= 0 {
		return "0"
	}
	if part.Minor >= whole.Minor {
		return "1000"
	}
	return strconv.FormatInt(part.Minor/max(whole.Minor/1000, 1), 10)
}

func utc(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02 15:04:05 UTC")
}

func number(p Page, n int) string {
	if n == 0 {
		return ""
	}
	return p.Locale.Int(int64(n))
}

func languageName(code string) string {
	l, ok := locale.ParseLanguage(code)
	if !ok {
		return code
	}
	return l.Name()
}

func verification(p Page, v Verification) string {
	text := p.Tx("verified.", v.How)
	if v.To != "" {
		text += " (" + v.To + ")"
	}
	if !v.At.IsZero() {
		text += ", " + utc(v.At)
	}
	return text
}

// Fact is a label and its value.
type Fact struct{ Label, Value string }

// EvidenceFacts are the lines that prove an acceptance, for page and PDF.
func EvidenceFacts(p Page, e Evidence) []Fact {
	facts := []Fact{
		{p.T("evidence.accepted"), p.At(e.AcceptedAt)}, {p.T("evidence.accepted_utc"), utc(e.AcceptedAt)}, {p.T("evidence.shown"), utc(e.ShownAt)},
	}
	for _, v := range e.Verified {
		facts = append(facts, Fact{p.T("evidence.verified"), verification(p, v)})
	}
	return append(facts,
		Fact{p.T("evidence.ip"), e.IP}, Fact{p.T("evidence.browser"), e.UserAgent}, Fact{p.T("evidence.language"), languageName(e.Language)},
		Fact{p.T("evidence.policy"), number(p, e.PolicyVersion)}, Fact{p.T("evidence.sha"), e.TextSHA256},
	)
}

func negative(m Money) Money { return Money{Minor: -m.Minor, Currency: m.Currency} }

func atLeastZero(n int) int64 { return int64(max(n, 0)) }

func hasQuantity(i StatementInvoice) bool {
	return slices.ContainsFunc(i.Lines, func(l InvoiceLine) bool { return l.Quantity != "" })
}

func contains(list []string, s string) bool { return slices.Contains(list, s) }

func yesNo(p Page, yes bool) string {
	if yes {
		return p.T("common.yes")
	}
	return p.T("common.no")
}

func invoiceTitle(p Page, concept, number string) string {
	if concept != "" {
		return concept
	}
	return p.T("statement.invoice", "Number", number)
}

func factField(v LinkView) field {
	f := field{
		Name: "fact", Label: v.Tx("fact.", string(v.Fact)), Hint: v.Tx("fact_hint.", string(v.Fact)),
		Value: v.Value, Class: "w-8", Autocomplete: "off", MaxLength: "32",
	}
	switch v.Fact {
	case FactDateOfBirth:
		f.Type, f.Autocomplete, f.Class = "date", "bday", "w-16"
	case FactPostalCode:
		f.Autocomplete = "postal-code"
	}
	return f
}

func overviewNote(v OverviewView) string {
	if v.Since.IsZero() {
		return ""
	}
	if v.DaysLate > 0 {
		return v.TN("overview.since_late", int64(v.DaysLate), "Date", v.Since)
	}
	return v.T("overview.since", "Date", v.Since)
}

func planTitle(p Page, o OfferOption) string {
	return p.TN("offers.plan_title."+string(o.Frequency), int64(o.Count), "Each", o.Each)
}

func amountHint(v OffersView) string {
	example := v.Locale.Amount(v.Balance.Minor/2, v.Balance.Currency)
	if v.MinAmount.Positive() {
		return v.T("offers.part_hint_min", "Min", v.MinAmount, "Max", v.Balance, "Example", example)
	}
	return v.T("offers.part_hint", "Max", v.Balance, "Example", example)
}

func offerTitle(v OfferView) string {
	switch {
	case v.Terms.Kind == OfferDiscount:
		return v.T("offer.title.discount", "Amount", v.Terms.Total)
	case (v.Terms.Kind == OfferPlan || v.Terms.Kind == OfferSettlement) && len(v.Terms.Schedule) > 0:
		return v.TN("offer.title.plan", int64(len(v.Terms.Schedule)), "Amount", v.Terms.Total)
	default:
		return v.T("offer.title.pay_all", "Amount", v.Terms.Total)
	}
}

func dueNow(v OfferView) string {
	if v.DueNow.Positive() {
		return v.M(v.DueNow)
	}
	return v.T("offer.nothing_now")
}

func lastDate(t TermsView) string {
	if len(t.Schedule) == 0 {
		return ""
	}
	return t.D(t.Schedule[len(t.Schedule)-1].Due)
}

func nextStep(v OfferView) string {
	switch {
	case v.NeedsCode && v.DueNow.Positive():
		return v.T("offer.next_code_pay", "Amount", v.DueNow)
	case v.NeedsCode:
		return v.T("offer.next_code")
	case v.DueNow.Positive():
		return v.T("offer.next_pay", "Amount", v.DueNow)
	default:
		return v.T("offer.next_nothing")
	}
}

func refreshAfter(v PaymentView) string {
	if v.State != PaymentProcessing {
		return ""
	}
	if v.Refresh > 0 {
		return strconv.Itoa(v.Refresh)
	}
	return "5"
}

func paymentLead(v PaymentView) string {
	if v.State == PaymentFailed {
		return failureText(v.Page, v.Failure)
	}
	return v.Tx("payment.lead.", string(v.State))
}

func failureText(p Page, failure string) string {
	if failure == "" || !Has("payment.failure."+failure) {
		failure = "card_declined"
	}
	return p.Tx("payment.failure.", failure)
}

func failureShort(p Page, row PaymentRow) string {
	if row.State != PaymentFailed || row.Failure == "" {
		return ""
	}
	return p.Tx("failure.", row.Failure)
}

// errorLead says what to do: the error's own text, or its code's.
func errorLead(v ErrorView) string {
	key := v.Message.Key
	if key == "" || !Has("fault."+key) {
		key = v.Code
	}
	return Text(v.Locale, v.Zone, "fault."+key, v.readable(v.Message.Params))
}

func errorArea(v ErrorView) string {
	if v.User != nil {
		return "console"
	}
	return "portal"
}

func queueTitle(v QueueView) string {
	if v.Tab == "cases" {
		return v.T("console.cases")
	}
	return v.T("queue.new")
}

func casesURL(query string, page int) string {
	q := url.Values{"tab": {"cases"}, "page": {strconv.Itoa(page)}}
	if query != "" {
		q.Set("q", query)
	}
	return "/console?" + q.Encode()
}

func actorText(p Page, e TimelineEntry) string {
	role := p.Tx("actor.", e.Actor)
	if e.Name == "" {
		return role
	}
	return e.Name + " (" + role + ")"
}

// policyKey is a field's name without places in a list, units and currencies:
// "ladder.0.fees_bp" is "ladder.fees". The currency, if any, comes apart.
func policyKey(name string) (key, currency string) {
	var parts []string
	for _, part := range strings.Split(name, ".") {
		if _, err := strconv.Atoi(part); err == nil {
			continue
		}
		if len(part) == 3 && strings.ToUpper(part) == part {
			currency = part
			continue
		}
		parts = append(parts, strings.TrimSuffix(strings.TrimSuffix(part, "_bp"), "_minor"))
	}
	return strings.Join(parts, "."), currency
}

func policyLabel(p Page, f PolicyField) string {
	if f.Label != "" {
		return f.Label
	}
	key, currency := policyKey(f.Name)
	label := p.Tx("policy.", key)
	if currency != "" {
		return p.T("policy.in_currency", "Label", label, "Currency", currency)
	}
	return label
}

func policyInput(p Page, f PolicyField) field {
	in := field{Name: f.Name, Label: policyLabel(p, f), Value: f.Value, Class: "w-8", InputMode: "numeric", Autocomplete: "off"}
	switch f.Type {
	case PolicyPercent:
		in.InputMode = "decimal"
		in.Label = p.T("policy.in_percent", "Label", in.Label)
	case PolicyMoney:
		in.InputMode, in.Class = "decimal", "w-16"
	case PolicyDays:
		in.Label = p.T("policy.in_days", "Label", in.Label)
	case PolicyText:
		in.InputMode, in.Class = "", ""
	}
	if f.Unset != "" {
		in.Hint = p.T("policy.unset", "Value", f.Unset)
	}
	return in
}

func warningText(p Page, m Message) string {
	return Text(p.Locale, p.Zone, "fault."+m.Key, p.readable(m.Params))
}

var demoSteps = []struct {
	value string
	days  int64
}{{"1d", 1}, {"7d", 7}, {"30d", 30}}
