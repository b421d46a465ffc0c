package intake

import (
	"github.com/acuerdo/acuerdo/db"
	"github.com/acuerdo/acuerdo/ledger"
)

// The sources of entries, which name an event once and for ever:
//
//	invoice:N              the invoice N was issued
//	invoice-corrected#2:N  the second time that the file gave N another amount
//	import-settled:N       the file said that N was settled
//	import-settled#2:N     said so again, after it had taken it back
//	reversed:import-settled:N
const entryColumns = `INSERT INTO ledger_entries (id, creditor_id, case_id, invoice_id, transaction_id, source, leg, code, debit, credit,
	amount_minor, currency, effective_on, posted_at) `

const postIssued = entryColumns + `SELECT {id s.seed '1'}, {creditor}, g.case_id, {id s.seed '0'}, {id s.seed '1'}, 'invoice:' || s.number, 0,
	'invoice_issued', 'receivable:principal', 'income:sales', s.amount_minor, s.currency, s.issued_on, {now}` + fresh

// settlementDay: a payment before the invoice (they happen) takes effect with it.
const settlementDay = "CASE WHEN s.settled_on < s.issued_on THEN s.issued_on ELSE s.settled_on END"

const postHistory = entryColumns + `SELECT {id s.seed '4'}, {creditor}, g.case_id, {id s.seed '0'}, {id s.seed '4'}, 'import-settled:' || s.number, 0,
	'payment_received', 'cash:elsewhere', 'receivable:principal', s.amount_minor, s.currency, ` + settlementDay + `, {now}` + fresh + ` AND s.settled_on IS NOT NULL`

// corrections counts the corrections of a known invoice that are posted.
const corrections = `(SELECT COUNT(*) FROM ledger_entries e WHERE e.creditor_id = {creditor} AND e.case_id = k.case_id
	AND e.invoice_id = k.invoice_id AND e.code = 'invoice_corrected' AND e.leg = 0)`

const postCorrected = entryColumns + `SELECT {id s.seed '2'}, {creditor}, k.case_id, k.invoice_id, {id s.seed '2'},
		'invoice-corrected#' || (` + corrections + ` + 1) || ':' || s.number, 0, 'invoice_corrected',
		CASE WHEN s.amount_minor > k.was_minor THEN 'receivable:principal' ELSE 'income:sales' END,
		CASE WHEN s.amount_minor > k.was_minor THEN 'income:sales' ELSE 'receivable:principal' END,
		ABS(s.amount_minor - k.was_minor), s.currency, {asof}, {now}
	FROM intake_known k JOIN intake_rows s ON s.line = k.line WHERE k.amount_differs`

// postOverpaid: where more was paid than the corrected invoice asks, the rest is
// the debtor's credit and no invoice is below zero.
const postOverpaid = entryColumns + `SELECT {id s.seed '3'}, {creditor}, k.case_id, k.invoice_id, {id s.seed '2'},
		'invoice-corrected#' || ` + corrections + ` || ':' || s.number, 1, 'overpaid', 'receivable:principal', 'liability:credit',
		-o.open_minor, s.currency, {asof}, {now}
	FROM (SELECT k.line, SUM(CASE WHEN e.debit = 'receivable:principal' THEN e.amount_minor ELSE -e.amount_minor END) AS open_minor
		FROM intake_known k JOIN ledger_entries e ON e.creditor_id = {creditor} AND e.case_id = k.case_id AND e.invoice_id = k.invoice_id
			AND (e.debit = 'receivable:principal' OR e.credit = 'receivable:principal')
		WHERE k.amount_differs GROUP BY k.line) o
	JOIN intake_known k ON k.line = o.line JOIN intake_rows s ON s.line = o.line WHERE o.open_minor < 0`

// postSettled pays what the ledger has open of invoices that are settled now,
// part by part: what came through the portal is not paid twice.
const postSettled = entryColumns + `SELECT {id s.seed o.digit}, {creditor}, k.case_id, k.invoice_id, {id s.seed '4'},
		CASE WHEN p.times = 0 THEN 'import-settled:' ELSE 'import-settled#' || (p.times + 1) || ':' END || s.number,
		o.leg, 'payment_received', 'cash:elsewhere', o.account, o.open_minor, s.currency, ` + settlementDay + `, {now}
	FROM (SELECT k.line, a.account, a.digit, a.leg, SUM(CASE WHEN e.debit = a.account THEN e.amount_minor ELSE -e.amount_minor END) AS open_minor
		FROM intake_known k
		JOIN ledger_entries e ON e.creditor_id = {creditor} AND e.case_id = k.case_id AND e.invoice_id = k.invoice_id
		JOIN (SELECT 'receivable:principal' AS account, '4' AS digit, 0 AS leg UNION ALL SELECT 'receivable:interest', '5', 1
			UNION ALL SELECT 'receivable:fees', '6', 2) a ON a.account = e.debit OR a.account = e.credit
		WHERE k.settles GROUP BY k.line, a.account, a.digit, a.leg) o
	JOIN (SELECT k.line, COUNT(DISTINCT e.source) AS times FROM intake_known k
		LEFT JOIN ledger_entries e ON e.creditor_id = {creditor} AND e.case_id = k.case_id AND e.invoice_id = k.invoice_id
			AND e.source LIKE 'import-settled%'
		WHERE k.settles GROUP BY k.line) p ON p.line = o.line
	JOIN intake_known k ON k.line = o.line JOIN intake_rows s ON s.line = o.line WHERE o.open_minor > 0`

func (r *run) writeLedger() error {
	var posts []string
	if r.report.Counts.New > 0 {
		posts = append(posts, postIssued, postHistory)
	}
	if r.report.Counts.Changed+r.report.Counts.Settled > 0 {
		posts = append(posts, postCorrected, postOverpaid, postSettled)
	}
	for _, post := range posts {
		if err := r.exec(post, nil); err != nil {
			return err
		}
		r.step("ledger")
	}
	return nil
}

// reopenSettled takes back the payment of invoices that the file once said were
// settled and now says otherwise: not, on another day, or with another amount.
// It is rare, so one by one will do.
func (r *run) reopenSettled() error {
	type reopened struct {
		Line      int64
		InvoiceID db.ID
		CaseID    db.ID
	}
	for after := int64(0); ; {
		var page []reopened
		err := r.tx.Raw("SELECT line, invoice_id, case_id FROM intake_known WHERE reopens AND line > ? ORDER BY line LIMIT 500", after).Scan(&page).Error
		if err != nil || len(page) == 0 {
			return err
		}
		for _, o := range page {
			if err := r.takeBack(o.CaseID, o.InvoiceID); err != nil {
				return err
			}
			after = o.Line
		}
	}
}

func (r *run) takeBack(caseID, invoiceID db.ID) error {
	var sources []string
	err := r.tx.Raw(`SELECT DISTINCT e.source FROM ledger_entries e WHERE e.creditor_id = ? AND e.case_id = ? AND e.invoice_id = ?
		AND e.source LIKE 'import-settled%' AND NOT EXISTS (SELECT 1 FROM ledger_entries r
			WHERE r.creditor_id = e.creditor_id AND r.case_id = e.case_id AND r.reverses_id = e.id)`,
		r.creditor.ID, caseID, invoiceID).Scan(&sources).Error
	if err != nil {
		return err
	}
	for _, s := range sources {
		if err := ledger.Reverse(r.tx, r.creditor.ID, s, "reversed:"+s, r.q.AsOf, r.q.Now); err != nil {
			return err
		}
	}
	return nil
}
