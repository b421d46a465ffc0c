-- +goose Up
-- A second lock behind the queries' own creditor: a row of another creditor is
-- invisible to a transaction that did not name it. FORCE, because the program
-- owns its tables; a sub-select, because it is then read once for a statement and
-- not for each row. A superuser passes by: run the program as an ordinary role.
-- +goose StatementBegin
DO $$
DECLARE t TEXT;
BEGIN
    FOREACH t IN ARRAY ARRAY['debtors', 'cases', 'documents', 'invoices', 'invoice_lines', 'ledger_entries',
        'policies', 'offers', 'commitments', 'commitment_invoices', 'instalments', 'payments', 'saved_cards',
        'timeline_events', 'tasks', 'reminder_settings', 'messages', 'links', 'debtor_sessions',
        'one_time_codes', 'staff_roles', 'api_keys', 'api_key_creditors', 'import_runs']
    LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', t);
        EXECUTE format('CREATE POLICY one_creditor ON %I USING '
            '((SELECT current_setting(''acuerdo.creditor'', true)) IN (''*'', creditor_id::text))', t);
    END LOOP;
END $$;
-- +goose StatementEnd

-- +goose Down
SELECT 'forward only';
