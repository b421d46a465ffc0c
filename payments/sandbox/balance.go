package sandbox

// balanceTransaction is one line of the merchant's account with Stripe.
type balanceTransaction struct {
	header
	Amount            int64       `json:"amount"`
	AvailableOn       int64       `json:"available_on"`
	Currency          string      `json:"currency"`
	Description       opt         `json:"description"`
	ExchangeRate      *float64    `json:"exchange_rate"`
	Fee               int64       `json:"fee"`
	FeeDetails        []feeDetail `json:"fee_details"`
	Net               int64       `json:"net"`
	ReportingCategory string      `json:"reporting_category"`
	Source            opt         `json:"source"`
	Status            string      `json:"status"`
	Type              string      `json:"type"`
}

type feeDetail struct {
	Amount      int64  `json:"amount"`
	Application opt    `json:"application"`
	Currency    string `json:"currency"`
	Description string `json:"description"`
	Type        string `json:"type"`
}

// payoutDelay is when money becomes available.
const payoutDelay = 7 * 24 * 60 * 60

var balanceEndpoints = []endpoint{
	{"GET /v1/balance_transactions/{id}", nil, showBalanceTransaction},
	{"GET /v1/balance_transactions", withList("type", "source", "currency"), func(c *call) (any, *apiError) {
		return list(c, &c.acct.Balance, "balance_transaction", func(t *balanceTransaction) bool {
			return c.is("type", opt(t.Type)) && c.is("source", t.Source) && c.is("currency", opt(t.Currency))
		})
	}},
}

func showBalanceTransaction(c *call) (any, *apiError) {
	t, ok := c.acct.Balance.get(c.id)
	if !ok {
		return nil, notFound("balance_transaction", c.id, "id")
	}
	return t, nil
}

// book writes one line: amount in, fee out, both in minor units.
func (c *call) book(kind, source string, amount, fee int64, currency string) string {
	category := map[string]string{"charge": "charge", "payment": "charge", "refund": "refund", "adjustment": "dispute"}[kind]
	t := &balanceTransaction{
		header: header{ID: c.srv.state.id("txn_3", 23), Object: "balance_transaction", Created: c.srv.now()},
		Amount: amount, Fee: fee, Net: amount - fee, Currency: currency, AvailableOn: c.srv.now() + payoutDelay,
		ReportingCategory: category, Source: opt(source), Status: "pending", Type: kind, FeeDetails: []feeDetail{},
	}
	if fee != 0 {
		t.FeeDetails = append(t.FeeDetails, feeDetail{Amount: fee, Currency: currency, Description: "Stripe processing fees", Type: "stripe_fee"})
	}
	c.acct.Balance.add(t)
	return t.ID
}
