package sandbox

import "net/http"

// overviewView is the sandbox at a glance, for people who watch the demo.
type overviewView struct {
	Merchant string
	Accounts []accountView
}

type accountView struct {
	ID, Title string
	Tables    []tableView
}

type tableView struct {
	Title   string
	Total   int
	Columns []string
	Rows    []rowView
}

type rowView struct {
	Cells   []string
	Link    string // of the first cell
	Actions []actionView
}

type actionView struct{ Path, Outcome, Text string }

// newestShown keeps the page short; the API lists everything.
const newestShown = 25

func (s *Server) overview(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	v := overviewView{Merchant: s.opts.MerchantName}
	ids := []string{platformAccount}
	for id := range s.state.Accounts {
		if id != platformAccount {
			ids = append(ids, id)
		}
	}
	for _, id := range ids {
		c := &call{srv: s, p: &params{}, reads: true, acct: s.state.account(id)}
		c.expireSessions()
		s.commit(c)
		v.Accounts = append(v.Accounts, accountView{ID: id, Tables: c.tables()})
	}
	s.mu.Unlock()
	w.Header().Set("Cache-Control", "no-store")
	send(w, http.StatusOK, "overview.html", v)
}

func (c *call) tables() []tableView {
	a := c.acct
	return []tableView{
		tabulate("Checkout Sessions", &a.Sessions, []string{"Session", "Status", "Payment", "Amount", "Reference"}, func(x *checkoutSession) rowView {
			amount := "-"
			if x.AmountTotal != nil {
				amount = amountText(*x.AmountTotal, string(x.Currency), "en")
			}
			return rowView{Cells: []string{x.ID, x.Status, x.PaymentStatus, amount, string(x.ClientReferenceID)}, Link: "c/pay/" + x.ID}
		}),
		tabulate("Payment intents", &a.Intents, []string{"Intent", "Status", "Amount", "Customer", "Description"}, func(x *paymentIntent) rowView {
			out := rowView{Cells: []string{x.ID, x.Status, amountText(x.Amount, x.Currency, "en"), string(x.Customer), string(x.Description)}}
			if x.Status == processing {
				out.Actions = []actionView{{"_test/settle/" + x.ID, succeeded, "Bank pays"}, {"_test/settle/" + x.ID, "failed", "Bank refuses"}}
			}
			return out
		}),
		tabulate("Charges", &a.Charges, []string{"Charge", "Status", "Amount", "Refunded", "Failure"}, func(x *charge) rowView {
			out := rowView{Cells: []string{x.ID, x.Status, amountText(x.Amount, x.Currency, "en"), amountText(x.AmountRefunded, x.Currency, "en"), string(x.FailureCode)}}
			if x.Paid && !x.Disputed {
				out.Actions = []actionView{{"_test/dispute/" + x.ID, "", "Payer disputes"}}
			}
			return out
		}),
		tabulate("Refunds", &a.Refunds, []string{"Refund", "Status", "Amount", "Charge"}, func(x *refund) rowView {
			return rowView{Cells: []string{x.ID, x.Status, amountText(x.Amount, x.Currency, "en"), string(x.Charge)}}
		}),
		tabulate("Disputes", &a.Disputes, []string{"Dispute", "Status", "Amount", "Charge"}, func(x *dispute) rowView {
			out := rowView{Cells: []string{x.ID, x.Status, amountText(x.Amount, x.Currency, "en"), string(x.Charge)}}
			if x.Status != "won" && x.Status != "lost" {
				out.Actions = []actionView{{"_test/close_dispute/" + x.ID, "won", "Creditor wins"}, {"_test/close_dispute/" + x.ID, "lost", "Creditor loses"}}
			}
			return out
		}),
		tabulate("Customers", &a.Customers, []string{"Customer", "Name", "E-mail"}, func(x *customer) rowView {
			return rowView{Cells: []string{x.ID, string(x.Name), string(x.Email)}}
		}),
		tabulate("Events", &a.Events, []string{"Event", "Type", "Webhook"}, func(x *event) rowView {
			state := "done"
			if x.PendingWebhooks > 0 {
				state = "pending"
			}
			return rowView{Cells: []string{x.ID, x.Type, state}}
		}),
	}
}

func tabulate[T object](title string, t *table[T], columns []string, show func(T) rowView) tableView {
	v := tableView{Title: title, Total: len(t.Order), Columns: columns}
	for x := range t.newest {
		if len(v.Rows) == newestShown {
			break
		}
		v.Rows = append(v.Rows, show(x))
	}
	return v
}
