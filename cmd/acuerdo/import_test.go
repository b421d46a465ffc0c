package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/alecthomas/kong"

	"github.com/acuerdo/acuerdo/cases"
	"github.com/acuerdo/acuerdo/clock"
	"github.com/acuerdo/acuerdo/db"
	"github.com/acuerdo/acuerdo/db/dbtest"
	"github.com/acuerdo/acuerdo/intake"
)

const importMapping = `
dates: M/D/YYYY
numbers: {decimal: "."}
columns: {customer_id: Customer, invoice_number: Number, issued_on: Date, due_on: DueDate, amount: Amount}
`

const importFile = "Customer,Number,Date,DueDate,Amount\n1,A-1,1/2/2013,2/1/2013,55.94\n2,A-2,1/3/2013,2/2/2013,10\n"

// importing is a folder with a mapping, and a database with one creditor, "aguas".
type importing struct {
	t        *testing.T
	dir, url string
}

func setupImport(t *testing.T) importing {
	t.Helper()
	d := dbtest.SQLite(t)
	c := cases.Creditor{ID: db.NewID(), Slug: "aguas", Name: "Aguas", LegalName: "Aguas SA", Country: "ES", Language: "es",
		TimeZone: "Europe/Madrid", Currency: "EUR", KnownFacts: []string{}, CreatedAt: clock.System{}.Now()}
	if err := d.Update(context.Background(), db.Everyone("test"), func(tx *db.Tx) error { return tx.Create(&c).Error }); err != nil {
		t.Fatal(err)
	}
	i := importing{t, t.TempDir(), d.URL()}
	i.write("mapping.yaml", importMapping)
	return i
}

func (i importing) write(name, text string) string {
	i.t.Helper()
	path := filepath.Join(i.dir, name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		i.t.Fatal(err)
	}
	return path
}

// run gives what the command prints on standard output, and its error.
func (i importing) run(args ...string) (string, error) {
	i.t.Helper()
	var commands struct {
		Import ImportCmd `cmd:""`
	}
	var out, messages bytes.Buffer
	parser, err := kong.New(&commands, kong.Writers(&out, &messages), kong.BindTo(context.Background(), (*context.Context)(nil)))
	if err != nil {
		i.t.Fatal(err)
	}
	k, err := parser.Parse(append([]string{"import"}, args...))
	if err != nil {
		return "", err
	}
	err = k.Run()
	return out.String(), err
}

func (i importing) usual(file string, more ...string) []string {
	return append([]string{"--database", i.url, "--creditor", "aguas", "--mapping", filepath.Join(i.dir, "mapping.yaml"), "--as-of", "2013-01-31", file}, more...)
}

func TestImportSaysWhatItDid(t *testing.T) {
	i := setupImport(t)
	file := i.write("a.csv", importFile)
	out, err := i.run(i.usual(file, "--dry-run")...)
	if err != nil || !strings.Contains(out, "Dry run, nothing was changed: 2 rows as of 2013-01-31: 2 new") {
		t.Errorf("%v\n%s", err, out)
	}
	out, err = i.run(i.usual(file)...)
	for _, want := range []string{"Imported 2 rows as of 2013-01-31: 2 new", "2 new, 0 changed. Cases: 2 new.", "in EUR: 2 invoices of 2 customers, 65.94 in total"} {
		if err != nil || !strings.Contains(out, want) {
			t.Errorf("%v: no %q in\n%s", err, want, out)
		}
	}
	out, err = i.run(i.usual(file, "--json")...)
	var report intake.Report
	if err != nil || json.Unmarshal([]byte(out), &report) != nil || report.Counts.Unchanged != 2 {
		t.Errorf("%v\n%s", err, out)
	}
}

func TestImportListsBadRowsAndFails(t *testing.T) {
	i := setupImport(t)
	file := i.write("a.csv", importFile+"3,A-3,1/3/2013,31/31/2013,10\n")
	out, err := i.run(i.usual(file)...)
	if !errors.Is(err, intake.ErrBadRows) || errors.As(err, new(usageError)) {
		t.Errorf("got %v", err)
	}
	if want := `line 4, column "DueDate", value "31/31/2013": is not a date, expected M/D/YYYY`; !strings.Contains(out, want) {
		t.Errorf("no %q in\n%s", want, out)
	}
	out, err = i.run(i.usual(file, "--json")...)
	var report intake.Report
	if !errors.Is(err, intake.ErrBadRows) || json.Unmarshal([]byte(out), &report) != nil || report.BadTotal != 1 || report.Bad[0].Line != 4 {
		t.Errorf("%v\n%s", err, out)
	}
}

func TestImportSaysWhatToDoWhenItIsCalledWrongly(t *testing.T) {
	i := setupImport(t)
	file := i.write("a.csv", importFile)
	i.write("other.yaml", strings.Replace(importMapping, "DueDate", "Due", 1))
	for _, c := range []struct {
		name, want string
		usage      bool
		args       []string
	}{
		{"no mapping", "acuerdo import --guess", true, []string{"--creditor", "aguas", "--database", i.url, file}},
		{"no creditor", "--creditor is missing", true, []string{"--mapping", i.dir + "/mapping.yaml", "--database", i.url, file}},
		{"unknown creditor", `there is no creditor "agua"; there are aguas`, true, append(i.usual(file), "--creditor", "agua")},
		{"no database", "ACUERDO_DATABASE", true, []string{"--creditor", "aguas", "--mapping", i.dir + "/mapping.yaml", file}},
		{"a date that is none", "write it as", true, append(i.usual(file), "--as-of", "30/6/2013")},
		{"a currency that is none", "write for example EUR", true, append(i.usual(file), "--currency", "pesos")},
		{"no such file", "can't open the file", true, i.usual(i.dir + "/b.csv")},
		{"a folder", "is a folder", true, i.usual(i.dir)},
		{"a column the file lacks", `it has "Customer", "Number", "Date", "DueDate", "Amount"`, false, append(i.usual(file), "--mapping", i.dir+"/other.yaml")},
		{"a workbook", "save or export it as CSV", false, i.usual(i.write("a.xlsx", "PK\x03\x04rest"))},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Setenv("ACUERDO_DATABASE", "")
			_, err := i.run(c.args...)
			if err == nil || !strings.Contains(err.Error(), c.want) || errors.As(err, new(usageError)) != c.usage {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestAGuessedMappingCanBeUsedAsItIs(t *testing.T) {
	i := setupImport(t)
	file := i.write("es.csv", "Cliente;Nº factura;Fecha factura;Fecha vencimiento;Importe\n1;F-1;25/01/2013;28/02/2013;1.234,50\n")
	guess, err := i.run("--guess", file)
	if err != nil || !strings.Contains(guess, "Nº factura") {
		t.Fatalf("%v\n%s", err, guess)
	}
	i.write("mapping.yaml", guess)
	out, err := i.run(i.usual(file)...)
	if err != nil || !strings.Contains(out, "1,234.50") && !strings.Contains(out, "1234.50") {
		t.Errorf("%v\n%s", err, out)
	}
}
