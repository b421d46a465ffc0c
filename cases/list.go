package cases

import (
	"github.com/acuerdo/acuerdo/db"
	"github.com/acuerdo/acuerdo/money"
)

// Listed is a case in one line. BalanceMinor is what is owed now, in minor units of Currency.
type Listed struct {
	Ref          string
	Customer     string // the creditor's number for the debtor
	Name         string
	Currency     money.Currency
	State        State
	BalanceMinor int64
}

// Each hands every case of a creditor to fn, by customer; fn's error ends it.
func Each(tx *db.Tx, creditor db.ID, fn func(Listed) error) error {
	rows, err := tx.Raw(`SELECT c.ref, d.external_id AS customer, d.name, c.currency, c.state,
			COALESCE((SELECT SUM(CASE WHEN e.debit LIKE 'receivable:%' THEN e.amount_minor ELSE 0 END)
				- SUM(CASE WHEN e.credit LIKE 'receivable:%' THEN e.amount_minor ELSE 0 END)
				FROM ledger_entries e WHERE e.creditor_id = c.creditor_id AND e.case_id = c.id), 0) AS balance_minor
		FROM cases c JOIN debtors d ON d.creditor_id = c.creditor_id AND d.id = c.debtor_id
		WHERE c.creditor_id = ? ORDER BY d.external_id, c.currency`, creditor).Rows()
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var l Listed
		if err := rows.Scan(&l.Ref, &l.Customer, &l.Name, &l.Currency, &l.State, &l.BalanceMinor); err != nil {
			return err
		}
		if err := fn(l); err != nil {
			return err
		}
	}
	return rows.Err()
}
