package intake

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/acuerdo/acuerdo/db"
)

// dialect writes what the two databases say differently. A template's tokens:
//
//	{creditor} {asof} {now}   literals of this import
//	{id s.seed 'x'}           the id made of a row's seed and a digit
//	{date expr}               a text as a date, NULL for ""
//	{c}                       compares bytes, whatever the database's collation is
//	{join}                    an inner join that SQLite does in the order written: it
//	                          has no statistics here and would start at the wrong end
type dialect struct{ kind db.Kind }

var (
	idToken  = regexp.MustCompile(`\{id (\S+) ([^}]+)\}`)
	dateCast = regexp.MustCompile(`\{date ([^}]+)\}`)
)

func (r *run) sql(template string) string {
	id, date, collate, join := "($1 || $2)", "NULLIF($1, '')", "", "CROSS JOIN"
	now := "'" + r.q.Now.Format("2006-01-02 15:04:05.999999999-07:00") + "'" // as the SQLite driver writes it
	creditor := "'" + r.creditor.ID.String() + "'"
	if r.dialect.kind == db.Postgres {
		id, date, collate, join = "CAST($1 || $2 AS UUID)", "CAST(NULLIF($1, '') AS DATE)", ` COLLATE "C"`, "JOIN"
		now = "TIMESTAMP '" + r.q.Now.Format("2006-01-02 15:04:05.000000") + "'"
		creditor += "::uuid"
	}
	s := idToken.ReplaceAllString(template, id)
	s = dateCast.ReplaceAllString(s, date)
	return strings.NewReplacer("{c}", collate, "{join}", join, "{now}", now, "{creditor}", creditor, "{asof}", "'"+r.q.AsOf.String()+"'").Replace(s)
}

// exec runs a template; n, where it is asked for, is how many rows it touched.
func (r *run) exec(template string, n *int64, params ...map[string]any) error {
	args := make([]any, len(params))
	for i, p := range params {
		args[i] = p
	}
	result := r.tx.Exec(r.sql(template), args...)
	if n != nil {
		*n = result.RowsAffected
	}
	if result.Error != nil {
		return fmt.Errorf("intake: %w (%s…)", result.Error, cut(strings.Join(strings.Fields(template), " "), 60))
	}
	return nil
}

// createKnown sets the rows whose invoice is known beside what is known of it.
// The last four columns say what differs; %s are those that need a column.
const createKnownFormat = `CREATE TEMP TABLE intake_known AS
	SELECT s.line, i.id AS invoice_id, i.case_id, i.amount_minor AS was_minor, i.issued_on AS was_issued_on,
		c.currency AS was_currency, b.external_id AS was_customer,
		i.amount_minor <> s.amount_minor AS amount_differs,
		(i.due_on <> s.due_on OR (s.description <> '' AND s.description <> i.description)%s) AS details_differ,
		(s.settled_on IS NOT NULL AND (i.settled_on IS NULL OR i.settled_on <> s.settled_on OR i.amount_minor <> s.amount_minor)) AS settles,
		%s AS reopens
	FROM intake_rows s
	{join} invoices i ON i.creditor_id = {creditor} AND i.number = s.number
	{join} cases c ON c.creditor_id = {creditor} AND c.id = i.case_id
	{join} debtors b ON b.creditor_id = {creditor} AND b.id = c.debtor_id`

func (r *run) createKnown() error {
	disputed, reopens := "", "FALSE"
	if r.q.Mapping.has(Disputed) {
		disputed = " OR i.disputed <> s.disputed"
	}
	if r.q.Mapping.has(SettledOn) {
		reopens = "(i.settled_on IS NOT NULL AND (i.settled_on IS DISTINCT FROM s.settled_on OR i.amount_minor <> s.amount_minor))"
	}
	if err := r.exec(fmt.Sprintf(createKnownFormat, disputed, reopens), nil); err != nil {
		return err
	}
	return r.analyze("intake_known")
}

// keys are the columns that a temporary table is looked up by.
var keys = map[string]string{"intake_rows": "line", "intake_known": "line", "intake_cases": "customer, currency", "intake_debtors": "customer"}

// analyze makes a fresh temporary table quick to join: PostgreSQL's planner
// needs its size, SQLite an index, or it compares every row with every row.
func (r *run) analyze(table string) error {
	if r.dialect.kind == db.Postgres {
		return r.tx.Exec("ANALYZE " + table).Error
	}
	return r.tx.Exec("CREATE INDEX temp." + table + "_key ON " + table + " (" + keys[table] + ")").Error
}

// check is a fault that only several rows, or rows and the database, show. The
// query gives line, value and the detail of the reason.
type check struct {
	field         Field
	reason, query string
}

func (r *run) checks() []check {
	return []check{
		{InvoiceNumber, "is the number of line %s already: an invoice number may stand in the file once",
			`SELECT r.line, r.number, CAST(d.first AS TEXT) FROM intake_rows r
			JOIN (SELECT number, MIN(line) AS first FROM intake_rows GROUP BY number HAVING COUNT(*) > 1) d ON d.number = r.number
			WHERE r.line > d.first ORDER BY r.line`},
		{CustomerID, "is not the customer this invoice was imported with, %s: an invoice can't change hands",
			`SELECT s.line, s.customer, k.was_customer FROM intake_known k JOIN intake_rows s ON s.line = k.line
			WHERE k.was_customer <> s.customer ORDER BY s.line`},
		{IssuedOn, "is not the date this invoice was imported with, %s: an invoice's date can't change",
			`SELECT s.line, CAST(s.issued_on AS TEXT), CAST(k.was_issued_on AS TEXT) FROM intake_known k JOIN intake_rows s ON s.line = k.line
			WHERE k.was_issued_on <> s.issued_on ORDER BY s.line`},
		{Currency, "is not the currency this invoice was imported with, %s: an invoice's currency can't change",
			`SELECT s.line, s.currency, k.was_currency FROM intake_known k JOIN intake_rows s ON s.line = k.line
			WHERE k.was_currency <> s.currency ORDER BY s.line`},
	}
}

func (r *run) findBad(c check) error {
	rows, err := r.tx.Raw(r.sql(c.query)).Rows()
	if err != nil {
		return err
	}
	defer rows.Close()
	column := r.q.Mapping.Columns[c.field]
	if column == "" {
		column = string(c.field)
	}
	for rows.Next() {
		b := BadRow{Column: column}
		var detail string
		if err := rows.Scan(&b.Line, &b.Value, &detail); err != nil {
			return err
		}
		b.Reason = fmt.Sprintf(c.reason, detail)
		r.addBad(b)
	}
	return rows.Err()
}

// lock makes the imports of one creditor wait for each other. It is weaker than
// FOR UPDATE, so that rows that refer to the creditor can be written meanwhile.
func (r *run) lock() error {
	if r.dialect.kind != db.Postgres {
		return nil // one writer
	}
	return r.tx.Exec("SELECT id FROM creditors WHERE id = ? FOR NO KEY UPDATE", r.creditor.ID).Error
}

// openTotals is what the file says is open, by currency.
const openTotals = `SELECT currency, CAST(SUM(open) AS BIGINT), COUNT(*), CAST(SUM(open_minor) AS BIGINT), CAST(SUM(disputed) AS BIGINT),
		CAST(SUM(past_due) AS BIGINT), CAST(SUM(past_due_minor) AS BIGINT)
	FROM intake_cases WHERE open > 0 GROUP BY currency ORDER BY currency`
