package intake

import (
	"bufio"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/acuerdo/acuerdo/cases"
	"github.com/acuerdo/acuerdo/clock"
	"github.com/acuerdo/acuerdo/db"
)

// staged are the columns of the staging table, without the customer's.
const staged = "line, seed, ref, rank, number, customer, currency, amount_minor, issued_on, due_on, settled_on, future, disputed, description"

// debtorColumns are the customer fields that have a column in the file.
func (m Mapping) debtorColumns() []Field {
	var fields []Field
	for _, f := range debtorFields {
		if m.has(f) {
			fields = append(fields, f)
		}
	}
	return fields
}

// stagedColumns is every column of the staging table, in order.
func (m Mapping) stagedColumns() string {
	s := staged
	for _, f := range m.debtorColumns() {
		s += ", " + string(f)
	}
	return s
}

// temporaryTables live as long as the transaction.
var temporaryTables = []string{"intake_rows", "intake_known", "intake_debtors", "intake_groups", "intake_cases"}

func (r *run) dropStaging() error {
	for _, t := range temporaryTables {
		if err := r.tx.Exec("DROP TABLE IF EXISTS " + t).Error; err != nil {
			return err
		}
	}
	return nil
}

// fewRows is how many rows are better looked up one by one in large tables.
const fewRows = 500

// stage streams the file into a temporary table: COPY into tables with
// row-level security is refused, and the statements that follow work on sets.
func (r *run) stage() error {
	if err := r.dropStaging(); err != nil {
		return err
	}
	extra := ""
	for _, f := range r.q.Mapping.debtorColumns() {
		extra += ", " + string(f) + " TEXT NOT NULL"
	}
	if r.dialect.kind == db.Postgres {
		// The staging tables and their sorts stay in the server's memory.
		if err := r.tx.Exec("SET LOCAL work_mem = '64MB'").Error; err != nil {
			return err
		}
	}
	err := r.tx.Exec("CREATE TEMP TABLE intake_rows (line BIGINT NOT NULL, seed TEXT NOT NULL, ref TEXT NOT NULL, rank TEXT NOT NULL, " +
		"number TEXT NOT NULL, customer TEXT NOT NULL, currency TEXT NOT NULL, amount_minor BIGINT NOT NULL, issued_on DATE NOT NULL, " +
		"due_on DATE NOT NULL, settled_on DATE, future BOOLEAN NOT NULL, disputed BOOLEAN NOT NULL, description TEXT NOT NULL" + extra + ")").Error
	if err != nil {
		return err
	}
	if r.dialect.kind == db.Postgres {
		err = r.stageByCopy()
	} else {
		err = r.stageByInsert()
	}
	if err != nil {
		return err
	}
	if r.dialect.kind == db.Postgres && r.report.Counts.Rows > fewRows {
		// The policies of row-level security make the planner expect a hundredth of
		// the rows there are, and so compare all with all instead of hashing.
		if err := r.tx.Exec("SET LOCAL enable_nestloop = off").Error; err != nil {
			return err
		}
	}
	return r.analyze("intake_rows")
}

// read gives each good row to take, and keeps the bad ones.
func (r *run) read(take func(*row) error) error {
	for {
		record, line, reason, err := r.src.next()
		if errors.Is(err, io.EOF) {
			r.step("reading")
			return nil
		}
		if errors.Is(err, errLongRecord) {
			return unreadable("after row %d of the file, %v", r.report.Counts.Rows, err)
		}
		if err != nil {
			return fmt.Errorf("reading the file after row %d: %w", r.report.Counts.Rows, err)
		}
		r.report.Counts.Rows++
		if r.report.Counts.Rows%1000 == 0 {
			if err := r.tx.Context().Err(); err != nil {
				return err
			}
			r.step("reading")
		}
		if reason != "" {
			r.addBad(BadRow{Line: line, Reason: reason})
			continue
		}
		row, bad := r.parser.parse(record, line)
		if bad != nil {
			r.addBad(*bad)
			continue
		}
		if row.future {
			r.report.Counts.NotYetIssued++
		}
		if err := take(&row); err != nil {
			return err
		}
	}
}

// newSeed is a UUIDv7 without its last digit. Each record that a row brings
// about (invoice, entries, customer, case, event) gets the seed and a digit of
// its own as its id, so one short text is staged for all of them.
func newSeed() string { return db.NewID().String()[:35] }

// stageByCopy reads and parses beside the COPY, through a pipe.
func (r *run) stageByCopy() error {
	in, out := io.Pipe()
	done := make(chan error, 1)
	go func() {
		w := bufio.NewWriterSize(out, 256<<10)
		buf := make([]byte, 0, 1024)
		err := r.read(func(row *row) error {
			buf = r.appendCopy(buf[:0], row)
			_, err := w.Write(buf)
			return err
		})
		if err == nil {
			err = w.Flush()
		}
		out.CloseWithError(err) // nil is the end of the rows
		done <- err
	}()
	_, copyErr := r.copyRows("intake_rows", r.q.Mapping.stagedColumns(), in)
	_ = in.CloseWithError(io.ErrClosedPipe)
	if err := <-done; err != nil && !errors.Is(err, io.ErrClosedPipe) {
		return err
	}
	return copyErr
}

// appendCopy writes a row in COPY's text format. Cells hold no control
// characters, so only the backslash needs care.
func (r *run) appendCopy(b []byte, row *row) []byte {
	b = strconv.AppendInt(b, int64(row.line), 10)
	b = append(append(b, '\t'), newSeed()...)
	b = append(append(b, '\t'), cases.NewRef()...)
	b = append(row.rank(append(b, '\t')), '\t')
	b = append(appendText(b, row.number), '\t')
	b = append(appendText(b, row.customer), '\t')
	b = append(append(b, row.currency...), '\t')
	b = append(strconv.AppendInt(b, row.minor, 10), '\t')
	b = append(appendDate(b, row.issued), '\t')
	b = append(appendDate(b, row.due), '\t')
	if row.settled.IsZero() {
		b = append(b, `\N`...)
	} else {
		b = appendDate(b, row.settled)
	}
	b = append(appendBool(append(b, '\t'), row.future), '\t')
	b = append(appendBool(b, row.disputed), '\t')
	b = appendText(b, row.description)
	for i := range debtorFields {
		if r.parser.debtorAt[i] >= 0 {
			b = appendText(append(b, '\t'), row.debtor[i])
		}
	}
	return append(b, '\n')
}

func appendBool(b []byte, v bool) []byte {
	if v {
		return append(b, 't')
	}
	return append(b, 'f')
}

func appendText(b []byte, s string) []byte {
	if strings.IndexByte(s, '\\') < 0 {
		return append(b, s...)
	}
	return append(b, strings.ReplaceAll(s, `\`, `\\`)...)
}

// chunk is how many rows one INSERT stages on SQLite.
const chunk = 100

// stageByInsert stages on SQLite: the driver has no COPY, many rows at a time are as good.
func (r *run) stageByInsert() error {
	conn, ok := r.tx.Statement.ConnPool.(*sql.Tx)
	if !ok {
		return fmt.Errorf("intake: the transaction is a %T", r.tx.Statement.ConnPool)
	}
	columns := r.q.Mapping.stagedColumns()
	one := "(?" + strings.Repeat(", ?", strings.Count(columns, ",")) + ")"
	insert := func(n int) string {
		return "INSERT INTO intake_rows (" + columns + ") VALUES " + one + strings.Repeat(", "+one, n-1)
	}
	full, err := conn.PrepareContext(r.tx.Context(), insert(chunk))
	if err != nil {
		return err
	}
	defer full.Close()
	var args []any
	rows := 0
	err = r.read(func(row *row) error {
		args = r.appendArgs(args, row)
		if rows++; rows < chunk {
			return nil
		}
		_, err := full.ExecContext(r.tx.Context(), args...)
		args, rows = args[:0], 0
		return err
	})
	if err != nil || rows == 0 {
		return err
	}
	_, err = conn.ExecContext(r.tx.Context(), insert(rows), args...)
	return err
}

func (r *run) appendArgs(args []any, row *row) []any {
	date := func(d clock.Date) any {
		if d.IsZero() {
			return nil
		}
		return string(appendDate(nil, d))
	}
	args = append(args, row.line, newSeed(), cases.NewRef(), string(row.rank(nil)), row.number, row.customer, string(row.currency),
		row.minor, date(row.issued), date(row.due), date(row.settled), row.future, row.disputed, row.description)
	for i := range debtorFields {
		if r.parser.debtorAt[i] >= 0 {
			args = append(args, row.debtor[i])
		}
	}
	return args
}
