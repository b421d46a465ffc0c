package intake

import (
	"fmt"
	"slices"
	"strings"

	"github.com/acuerdo/acuerdo/cases"
	"github.com/acuerdo/acuerdo/db"
	"github.com/acuerdo/acuerdo/fault"
)

// apply writes what the staged rows say: parents before children, each table in
// one statement.
func (r *run) apply() error {
	for _, s := range []struct {
		step string
		do   func() error
	}{
		{"customers", r.groupRows}, {"customers", r.writeDebtors}, {"cases", r.writeCases}, {"cases", r.lockCases},
		{"ledger", r.reopenSettled}, {"invoices", r.writeInvoices}, {"ledger", r.writeLedger}, {"cases", r.setStates}, {"cases", r.writeEvents},
	} {
		r.step(s.step)
		if err := s.do(); err != nil {
			return err
		}
	}
	return nil
}

// createGroups counts what happens to each case, which is a customer and a currency.
const createGroups = `CREATE TEMP TABLE intake_groups AS
	SELECT s.customer, s.currency, MIN((s.seed || s.ref){c}) AS seed_ref,
		COUNT(*) FILTER (WHERE k.line IS NULL) AS added,
		COUNT(*) FILTER (WHERE k.line IS NULL AND s.settled_on IS NOT NULL) AS added_settled,
		COUNT(*) FILTER (WHERE k.amount_differs OR k.details_differ OR k.reopens) AS changed,
		COUNT(*) FILTER (WHERE k.settles AND NOT k.reopens) AS settled,
		COUNT(*) FILTER (WHERE NOT (k.amount_differs OR k.details_differ OR k.reopens OR k.settles)) AS unchanged,
		COUNT(*) FILTER (WHERE s.settled_on IS NULL) AS open,
		COALESCE(SUM(s.amount_minor) FILTER (WHERE s.settled_on IS NULL), 0) AS open_minor,
		COUNT(*) FILTER (WHERE s.settled_on IS NULL AND s.disputed) AS disputed,
		COUNT(*) FILTER (WHERE s.settled_on IS NULL AND s.due_on < {asof}) AS past_due,
		COALESCE(SUM(s.amount_minor) FILTER (WHERE s.settled_on IS NULL AND s.due_on < {asof}), 0) AS past_due_minor
	FROM intake_rows s LEFT JOIN intake_known k ON k.line = s.line
	WHERE NOT s.future GROUP BY s.customer, s.currency`

func (r *run) groupRows() error {
	if err := r.exec(createGroups, nil); err != nil {
		return err
	}
	c := &r.report.Counts
	return r.tx.Raw(`SELECT COALESCE(SUM(added), 0), COALESCE(SUM(added_settled), 0), COALESCE(SUM(changed), 0),
		COALESCE(SUM(settled), 0), COALESCE(SUM(unchanged), 0) FROM intake_groups`).Row().
		Scan(&c.New, &c.NewSettled, &c.Changed, &c.Settled, &c.Unchanged)
}

// writeDebtors takes each field from the newest invoice that tells it, so the
// order of rows in the file does not matter.
func (r *run) writeDebtors() error {
	fields := r.q.Mapping.debtorColumns()
	s := "CREATE TEMP TABLE intake_debtors AS SELECT s.customer, MIN(s.seed{c}) AS seed"
	var set, differs []string
	for _, f := range fields {
		s += fmt.Sprintf(", COALESCE(substr(MAX((CASE WHEN s.%[1]s <> '' THEN s.rank || s.%[1]s END){c}), %[2]d), '') AS %[1]s", f, rankLength+1)
		value, current := "n."+string(f), "debtors."+string(f)
		if f == DateOfBirth {
			value = "{date " + value + "}"
		}
		set = append(set, fmt.Sprintf("%[1]s = CASE WHEN n.%[1]s <> '' THEN %[2]s ELSE %[3]s END", f, value, current))
		differs = append(differs, fmt.Sprintf("(n.%s <> '' AND %s IS DISTINCT FROM %s)", f, value, current))
	}
	if err := r.exec(s+" FROM intake_rows s WHERE NOT s.future GROUP BY s.customer", nil); err != nil {
		return err
	}
	if err := r.analyze("intake_debtors"); err != nil {
		return err
	}
	if len(fields) > 0 {
		err := r.exec("UPDATE debtors SET "+strings.Join(set, ", ")+` FROM intake_debtors n
			WHERE debtors.creditor_id = {creditor} AND debtors.external_id = n.customer AND (`+strings.Join(differs, " OR ")+")",
			&r.report.Counts.ChangedCustomers)
		if err != nil {
			return err
		}
	}
	query, params := r.insertDebtors(fields)
	return r.exec(query, &r.report.Counts.NewCustomers, params)
}

// insertDebtors fills what no cell tells from the mapping's defaults, the
// customer's country and the creditor, in this order.
func (r *run) insertDebtors(fields []Field) (string, map[string]any) {
	m, params := r.q.Mapping, map[string]any{}
	told := map[Field]string{}
	for _, f := range debtorFields {
		options := []string{}
		if slices.Contains(fields, f) {
			options = append(options, "NULLIF(n."+string(f)+", '')")
		}
		if value := m.Defaults[f]; value != "" {
			canonical, _ := meaning(f, value)
			params["default_"+string(f)] = canonical
			options = append(options, "@default_"+string(f))
		}
		switch f {
		case Kind:
			options = append(options, "'"+string(cases.Consumer)+"'")
		case Country:
			params["creditor_country"] = r.creditor.Country
			options = append(options, "@creditor_country")
		case Language:
			params["creditor_language"] = r.creditor.Language
			options = append(options, r.byCountry(told[Country], func(p place) string { return p.language }), "@creditor_language")
		case TimeZone:
			params["creditor_zone"] = r.creditor.TimeZone
			options = append(options, r.byCountry(told[Country], func(p place) string { return p.zone }), "@creditor_zone")
		}
		told[f] = "COALESCE(" + strings.Join(append(options, "''", "''"), ", ") + ")"
	}
	s := "INSERT INTO debtors (id, creditor_id, external_id, opted_out, created_at"
	values := "{id n.seed 'a'}, {creditor}, n.customer, FALSE, {now}"
	for _, f := range debtorFields {
		s += ", " + string(f)
		if f != DateOfBirth {
			values += ", " + told[f]
		} else if m.has(f) {
			values += ", {date n.date_of_birth}"
		} else {
			values += ", NULL"
		}
	}
	return s + ") SELECT " + values + ` FROM intake_debtors n
		LEFT JOIN debtors b ON b.creditor_id = {creditor} AND b.external_id = n.customer WHERE b.id IS NULL`, params
}

// byCountry is what a country other than the creditor's tells, NULL where it tells nothing.
func (r *run) byCountry(country string, of func(place) string) string {
	var b strings.Builder
	b.WriteString("CASE " + country)
	for code, p := range places {
		if of(p) != "" && code != r.creditor.Country {
			fmt.Fprintf(&b, " WHEN '%s' THEN '%s'", code, of(p))
		}
	}
	return b.String() + " ELSE NULL END"
}

const createCases = `CREATE TEMP TABLE intake_cases AS
	SELECT g.*, substr(g.seed_ref, 1, 35) AS seed, substr(g.seed_ref, 36) AS ref, b.id AS debtor_id, c.id AS old_id,
		COALESCE(c.id, {id substr(g.seed_ref,1,35) 'b'}) AS case_id
	FROM intake_groups g
	JOIN debtors b ON b.creditor_id = {creditor} AND b.external_id = g.customer
	LEFT JOIN cases c ON c.creditor_id = {creditor} AND c.debtor_id = b.id AND c.currency = g.currency`

const insertCases = `INSERT INTO cases (id, creditor_id, debtor_id, ref, currency, state, opened_at, closed_at)
	SELECT g.case_id, {creditor}, g.debtor_id, g.ref, g.currency, CASE WHEN g.open > 0 THEN 'open' ELSE 'closed' END, {now},
		CASE WHEN g.open > 0 THEN NULL ELSE {now} END
	FROM intake_cases g WHERE g.old_id IS NULL
		AND NOT EXISTS (SELECT 1 FROM cases c WHERE c.creditor_id = {creditor} AND c.id = g.case_id)
	ON CONFLICT (ref) DO NOTHING`

// writeCases gives each new case a reference. One that is taken, perhaps by
// another creditor, whose rows are not to be seen, is drawn again.
func (r *run) writeCases() error {
	if err := r.exec(createCases, nil); err != nil {
		return err
	}
	if err := r.analyze("intake_cases"); err != nil {
		return err
	}
	for range 10 {
		var n int64
		if err := r.exec(insertCases, &n); err != nil {
			return err
		}
		r.report.Counts.NewCases += n
		var left []string
		err := r.tx.Raw(r.sql(`SELECT g.seed FROM intake_cases g WHERE g.old_id IS NULL
			AND NOT EXISTS (SELECT 1 FROM cases c WHERE c.creditor_id = {creditor} AND c.id = g.case_id)`)).Scan(&left).Error
		if err != nil || len(left) == 0 {
			return err
		}
		for _, seed := range left {
			if err := r.tx.Exec("UPDATE intake_cases SET ref = ? WHERE seed = ?", cases.NewRef(), seed).Error; err != nil {
				return err
			}
		}
	}
	return fault.Newf(fault.Internal, "internal", "intake: no free case reference in ten draws")
}

// touched are cases that were there before and that this import changes.
const touched = "old_id IS NOT NULL AND added + changed + settled > 0"

// lockCases makes payments wait, from here on, for what the file says of their
// case: what is open is read and settled under the lock, so nothing is settled twice.
func (r *run) lockCases() error {
	if r.dialect.kind != db.Postgres {
		return nil
	}
	return r.exec("SELECT id FROM cases WHERE creditor_id = {creditor} AND id IN (SELECT case_id FROM intake_cases WHERE "+touched+
		") ORDER BY id FOR NO KEY UPDATE", nil)
}

// fresh selects the rows whose invoice is new, with their case.
const fresh = ` FROM intake_rows s JOIN intake_cases g ON g.customer = s.customer AND g.currency = s.currency
	WHERE NOT s.future AND NOT EXISTS (SELECT 1 FROM intake_known k WHERE k.line = s.line)`

func (r *run) writeInvoices() error {
	set := "amount_minor = s.amount_minor, due_on = s.due_on, description = CASE WHEN s.description <> '' THEN s.description ELSE invoices.description END"
	if r.q.Mapping.has(Disputed) {
		set += ", disputed = s.disputed"
	}
	if r.q.Mapping.has(SettledOn) {
		set += ", settled_on = s.settled_on"
	}
	err := r.exec("UPDATE invoices SET "+set+` FROM intake_known k JOIN intake_rows s ON s.line = k.line
		WHERE invoices.creditor_id = {creditor} AND invoices.id = k.invoice_id
			AND (k.amount_differs OR k.details_differ OR k.settles OR k.reopens)`, nil)
	if err != nil {
		return err
	}
	return r.exec(`INSERT INTO invoices (id, creditor_id, case_id, number, description, issued_on, due_on, amount_minor, currency,
			disputed, settled_on, created_at)
		SELECT {id s.seed '0'}, {creditor}, g.case_id, s.number, s.description, s.issued_on, s.due_on, s.amount_minor, s.currency,
			s.disputed, s.settled_on, {now}`+fresh, nil)
}

// setStates closes cases with nothing left and opens those that owe again; new
// ones have their state already.
func (r *run) setStates() error {
	if c := r.report.Counts; c.New+c.Changed+c.Settled == 0 {
		return nil
	}
	// Summed for all touched cases at once: case by case, a million entries are gone through for each.
	const touchedCases = "(SELECT case_id FROM intake_cases WHERE " + touched + ")"
	const owing = `(SELECT e.case_id FROM ledger_entries e WHERE e.creditor_id = {creditor} AND e.case_id IN ` + touchedCases + `
		GROUP BY e.case_id HAVING SUM(CASE WHEN e.debit LIKE 'receivable:%' THEN e.amount_minor ELSE 0 END)
			> SUM(CASE WHEN e.credit LIKE 'receivable:%' THEN e.amount_minor ELSE 0 END))`
	const where = " WHERE creditor_id = {creditor} AND id IN " + touchedCases + " AND state = "
	err := r.exec("UPDATE cases SET state = 'closed', closed_at = {now}"+where+"'open' AND id NOT IN "+owing, nil)
	if err != nil {
		return err
	}
	return r.exec("UPDATE cases SET state = 'open', closed_at = NULL"+where+"'closed' AND id IN "+owing, nil)
}

func (r *run) writeEvents() error {
	return r.exec(`INSERT INTO timeline_events (id, creditor_id, case_id, kind, actor, channel, data, at)
		SELECT {id g.seed 'c'}, {creditor}, g.case_id, '`+string(cases.EventImported)+`', '`+string(cases.BySystem)+`', 'import',
			'{"new":' || g.added || ',"changed":' || g.changed || ',"settled":' || g.settled || '}', {now}
		FROM intake_cases g WHERE g.added + g.changed + g.settled > 0`, nil)
}
