package main

import (
	"context"

	"github.com/acuerdo/acuerdo/access"
	"github.com/acuerdo/acuerdo/cases"
	"github.com/acuerdo/acuerdo/clock"
	"github.com/acuerdo/acuerdo/db"
)

// benchRows is how many rows a case's statement is made of: nine invoices, the
// nine ledger entries that they are and two part payments. The floor reads as many.
const benchRows = 20

// benchSeed is what was generated: the sessions of the debtors who are looking.
type benchSeed struct{ sessions []access.Session }

// benchSQL makes the cases by the database itself. Ids are hashes of what they
// name, so that statements can refer to each other's rows.
var benchSQL = []string{
	`INSERT INTO debtors (id, creditor_id, external_id, kind, name, postal_code, country, language, time_zone, email, created_at)
	 SELECT md5('debtor' || n)::uuid, CAST(@creditor AS uuid), 'C-' || n, 'consumer', 'Clienta número ' || n, '46001', 'ES', 'es', 'Europe/Madrid',
	        'clienta' || n || '@example.com', CAST(@now AS timestamp) FROM generate_series(1, @cases) n`,
	`INSERT INTO cases (id, creditor_id, debtor_id, ref, currency, state, opened_at)
	 SELECT md5('case' || n)::uuid, CAST(@creditor AS uuid), md5('debtor' || n)::uuid, 'BENCH-' || n, 'EUR', 'open', CAST(@now AS timestamp) FROM generate_series(1, @cases) n`,
	`INSERT INTO invoices (id, creditor_id, case_id, number, description, issued_on, due_on, amount_minor, currency, created_at)
	 SELECT md5('invoice' || n || '-' || i)::uuid, CAST(@creditor AS uuid), md5('case' || n)::uuid, n || '-' || i, 'Reparación y revisión, visita ' || i,
	        DATE '2025-01-15' + 30 * i, DATE '2025-02-14' + 30 * i, 10000 + n * 37 % 90000 + i, 'EUR', CAST(@now AS timestamp)
	 FROM generate_series(1, @cases) n, generate_series(1, 9) i`,
	`INSERT INTO ledger_entries (id, creditor_id, case_id, invoice_id, transaction_id, source, leg, code, debit, credit, amount_minor, currency, effective_on, posted_at)
	 SELECT md5('entry' || i.id)::uuid, i.creditor_id, i.case_id, i.id, md5('transaction' || i.id)::uuid, 'invoice:' || i.number, 0, 'invoice_issued',
	        'receivable:principal', 'income:sales', i.amount_minor, i.currency, i.issued_on, CAST(@now AS timestamp) FROM invoices i WHERE i.creditor_id = CAST(@creditor AS uuid)`,
	`INSERT INTO ledger_entries (id, creditor_id, case_id, invoice_id, transaction_id, source, leg, code, debit, credit, amount_minor, currency, effective_on, posted_at)
	 SELECT md5('paid' || i.id)::uuid, i.creditor_id, i.case_id, i.id, md5('payment' || i.id)::uuid, 'payment:' || i.number, 0, 'payment_received',
	        'cash:elsewhere', 'receivable:principal', i.amount_minor / 4, i.currency, i.due_on, CAST(@now AS timestamp)
	 FROM invoices i WHERE i.creditor_id = CAST(@creditor AS uuid) AND (i.number LIKE '%-1' OR i.number LIKE '%-2')`,
	`INSERT INTO links (id, creditor_id, case_id, token_hash, created_at)
	 SELECT md5('link' || n)::uuid, CAST(@creditor AS uuid), md5('case' || n)::uuid, 'bench-' || n, CAST(@now AS timestamp) FROM generate_series(1, @cases) n`,
	`INSERT INTO bench_rows SELECT c.id, 'F-' || c.ref || '-' || i, 'Reparación y revisión, visita ' || i, DATE '2025-02-14' + 30 * i, 10000 + i
	 FROM cases c, generate_series(1, @rows) i WHERE c.creditor_id = CAST(@creditor AS uuid)`,
}

// sessionsSQL is the debtors who are looking, last seen at any moment of the last
// minute, as it is when they have been here for a while. It runs last, because
// it is about the present.
const sessionsSQL = `INSERT INTO debtor_sessions (id, creditor_id, case_id, link_id, tier, fact, language, started_at, seen_at)
	 SELECT md5('session' || n)::uuid, CAST(@creditor AS uuid), md5('case' || n)::uuid, md5('link' || n)::uuid, 1, 'invoice_last4', 'es', CAST(@now AS timestamp),
	        CAST(@now AS timestamp) - n % 60 * INTERVAL '1 second' FROM generate_series(1, @debtors) n`

// floorTable is what the floor reads.
var floorTable = []string{
	`CREATE TABLE bench_rows (case_id UUID, number TEXT, description TEXT, due_on DATE, amount_minor BIGINT)`,
	`CREATE INDEX bench_rows_case ON bench_rows (case_id, due_on)`,
}

// seedBench migrates the database and fills it with cases, some of whose debtors
// are looking at them.
func seedBench(ctx context.Context, d *db.DB, n, debtors int) (benchSeed, error) {
	var seed benchSeed
	if _, err := d.Migrate(ctx); err != nil {
		return seed, err
	}
	now := clock.System{}.Now()
	c := cases.Creditor{
		ID: db.NewID(), Slug: "bench", Name: "Talleres Banco", LegalName: "Talleres Banco S.L.", TaxID: "B00000000", Address: "Calle Mayor 1, Valencia",
		Country: "ES", Language: "es", TimeZone: "Europe/Madrid", Currency: "EUR", Email: "cobros@example.com", Phone: "+34 960 000 000",
		Website: "https://talleres.example", Colour: "#1f6f5c", KnownFacts: []string{string(access.InvoiceLast4)}, RequiredTier: access.TierFact, CreatedAt: now,
	}
	values := map[string]any{"creditor": c.ID, "cases": n, "now": now, "rows": benchRows}
	err := d.Update(ctx, db.Everyone("benchmark"), func(tx *db.Tx) error {
		if err := tx.Create(&c).Error; err != nil {
			return err
		}
		for _, statement := range floorTable {
			if err := tx.Exec(statement).Error; err != nil {
				return err
			}
		}
		for _, statement := range benchSQL {
			if err := tx.Exec(statement, values).Error; err != nil {
				return err
			}
		}
		if err := tx.Exec("ANALYZE").Error; err != nil {
			return err
		}
		values["now"], values["debtors"] = clock.System{}.Now(), min(n, debtors)
		if err := tx.Exec(sessionsSQL, values).Error; err != nil {
			return err
		}
		return tx.Where("creditor_id = ?", c.ID).Find(&seed.sessions).Error
	})
	return seed, err
}
