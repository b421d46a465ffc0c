package intake_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/acuerdo/acuerdo/db"
	"github.com/acuerdo/acuerdo/db/dbtest"
	"github.com/acuerdo/acuerdo/intake"
)

func TestABadRowSaysWhatIsWrongWithIt(t *testing.T) {
	t.Parallel()
	b := setup(t, dbtest.SQLite(t))
	const fields = "currency,disputed,email,kind"
	good := "C,N0,2013-01-02,2013-02-01,1.50,EUR,no,a@example.com,company"
	for _, c := range []struct{ row, want string }{
		{"C,N,2013-31-01,2013-02-01,1,,,,", `line 3, column "issued_on", value "2013-31-01": is not a date, expected YYYY-MM-DD`},
		{"C,N,2013-02-29,2013-03-01,1,,,,", `line 3, column "issued_on", value "2013-02-29": is not a date, expected YYYY-MM-DD`},
		{"C,N,2013-01-02,2013-01-01,1,,,,", `line 3, column "due_on", value "2013-01-01": is before the invoice's date, 2013-01-02`},
		{"C,,2013-01-02,2013-02-01,1,,,,", `line 3, column "invoice_number", value "": is empty`},
		{"C,N,2013-01-02,2013-02-01,0.00,,,,", `line 3, column "amount", value "0.00": is zero; an invoice of nothing can't be owed`},
		{"C,N,2013-01-02,2013-02-01,-5,,,,", `line 3, column "amount", value "-5": is below zero; credit notes are not imported, give the invoice what is left of it`},
		{"C,N,2013-01-02,2013-02-01,1.505,,,,", `line 3, column "amount", value "1.505": has 3 decimals, EUR has 2`},
		{"C,N,2013-01-02,2013-02-01,1.5,CLP,,,", `line 3, column "amount", value "1.5": has 1 decimals, CLP has 0`},
		{"C,N,2013-01-02,2013-02-01,ten,,,,", `line 3, column "amount", value "ten": is not an amount, expected it written as 1234.50`},
		{"C,N,2013-01-02,2013-02-01,99999999999999999,,,,", `line 3, column "amount", value "99999999999999999": is too large`},
		{"C,N,2013-01-02,2013-02-01,1,XXX,,,", `line 3, column "currency", value "XXX": is not a currency that can be used, write for example EUR`},
		{"C,N,2013-01-02,2013-02-01,1,,perhaps,,", `line 3, column "disputed", value "perhaps": says neither yes nor no`},
		{"C,N,2013-01-02,2013-02-01,1,,,nobody,", `line 3, column "email", value "nobody": is not one e-mail address`},
		{"C,N,2013-01-02,2013-02-01,1,,,,alien", `line 3, column "kind", value "alien": is no kind of customer`},
		{"C,N0,2013-01-02,2013-02-01,1,,,,", `line 3, column "invoice_number", value "N0": is the number of line 2 already`},
		{"C,N,2013-01-02", "line 3: the row has 3 cells, the header has 9"},
		{"C,\"N\"x,2013-01-02,2013-02-01,1,,,,", "line 3: the row has a quote in the wrong place"},
		{"C," + strings.Repeat("9", 101) + ",2013-01-02,2013-02-01,1,,,,", "is longer than 100 characters"},
		{"C,N\xff,2013-01-02,2013-02-01,1,,,,", "is not UTF-8: write encoding: windows-1252"},
	} {
		report, err := b.try(plain(strings.Split(fields, ",")...), file(fields, good, c.row), "2013-01-31")
		if !errors.Is(err, intake.ErrBadRows) || report.BadTotal != 1 || !strings.Contains(report.Bad[0].String(), c.want) {
			t.Errorf("%s:\ngot  %v %v\nwant %s", c.row, err, report.Bad, c.want)
		}
	}
	if left := books(t, b.db, b.creditor); len(left) != 0 {
		t.Errorf("bad files left %v", left)
	}
}

func TestALineIsCountedAsAnEditorCountsIt(t *testing.T) {
	t.Parallel()
	b := setup(t, dbtest.SQLite(t))
	text := file("description", "C,N1,2013-01-02,2013-02-01,1,\"two\nlines\"", "", ",,,,,", "C,N2,2013-01-02,2013-02-01,x,\"again\r\ntwo\"", "C,N1,2013-01-02,2013-02-01,1,")
	report, err := b.try("skip_lines: 0\n"+plain("description"), strings.ReplaceAll(text, "\n", "\r\n"), "2013-01-31")
	if !errors.Is(err, intake.ErrBadRows) || len(report.Bad) != 2 || report.Bad[0].Line != 6 || report.Bad[1].Line != 8 {
		t.Errorf("%v %v", err, report.Bad)
	}
	report, err = b.try("skip_lines: 2\n"+plain("description"), "Report of today\nAguas SA\n"+text, "2013-01-31")
	if !errors.Is(err, intake.ErrBadRows) || len(report.Bad) != 2 || report.Bad[0].Line != 8 {
		t.Errorf("with two lines above: %v %v", err, report.Bad)
	}
}

func TestManyBadRowsAreAllCountedAndSomeListed(t *testing.T) {
	t.Parallel()
	b := setup(t, dbtest.SQLite(t))
	rows := make([]string, 3000)
	for i := range rows {
		rows[i] = fmt.Sprintf("C,N%d,2013-01-02,2013-02-01,x", i)
	}
	report, err := b.try(plain(), file("", rows...), "2013-01-31")
	if !errors.Is(err, intake.ErrBadRows) || report.BadTotal != 3000 || len(report.Bad) != intake.MaxBadListed {
		t.Errorf("%v: %d listed of %d", err, len(report.Bad), report.BadTotal)
	}
}

func TestWhatAnInvoiceIsCanNotChange(t *testing.T) {
	onBoth(t, func(t *testing.T, b bundle) {
		m := plain("currency")
		b.mustImport(m, file("currency", "C,N,2013-01-02,2013-02-01,1,EUR"), "2013-01-31")
		for row, want := range map[string]string{
			"D,N,2013-01-02,2013-02-01,1,EUR": "is not the customer this invoice was imported with, C",
			"C,N,2013-01-03,2013-02-01,1,EUR": "is not the date this invoice was imported with, 2013-01-02",
			"C,N,2013-05-03,2013-06-01,1,EUR": "is not the date this invoice was imported with, 2013-01-02",
			"C,N,2013-01-02,2013-02-01,1,USD": "is not the currency this invoice was imported with, EUR",
		} {
			report, err := b.try(m, file("currency", row), "2013-01-31")
			if !errors.Is(err, intake.ErrBadRows) || len(report.Bad) != 1 || !strings.Contains(report.Bad[0].Reason, want) {
				t.Errorf("%s: %v %v", row, err, report.Bad)
			}
		}
	})
}

func TestAFileThatIsNoneSaysWhatToDo(t *testing.T) {
	t.Parallel()
	b := setup(t, dbtest.SQLite(t))
	for _, c := range []struct{ name, text, want string }{
		{"empty", "", "the file is empty"},
		{"blank", "\xEF\xBB\xBF \r\n\r\n", "the file is empty"},
		{"a workbook", "PK\x03\x04\x14\x00", "an Excel workbook (XLSX) or a ZIP archive, not CSV"},
		{"an old workbook", "\xD0\xCF\x11\xE0\xA1", "an old Excel workbook (XLS)"},
		{"a PDF", "%PDF-1.7", "a PDF, not CSV"},
		{"binary", "abc\x00\x01\x02", "the file is not text"},
		{"UTF-16", "\xFF\xFEa\x00,\x00", "write encoding: utf-16"},
		{"another delimiter", "customer_id;invoice_number;amount\n1;2;3\n", `write delimiter: ";" in the mapping`},
		{"one column", "customers\n1\n", "the header has one column only"},
		{"windows-1252", "customer_id,c\xf3digo\n1,2\n", "the header is not UTF-8"},
		{"a quote that is not closed", file("", "C,N1,2013-01-02,2013-02-01,1") + "C,\"N2,2013-01-02,2013-02-01,1\n" + strings.Repeat("C,N,2013-01-02,2013-02-01,1\n", 60_000), "a quote is opened and not closed"},
	} {
		_, err := b.try(plain(), c.text, "2013-01-31")
		var wrong *intake.FileError
		if !errors.As(err, &wrong) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v", c.name, err)
		}
	}
}

func TestAColumnTheFileLacksIsNamedWithThoseItHas(t *testing.T) {
	t.Parallel()
	b := setup(t, dbtest.SQLite(t))
	_, err := b.try(plain("email"), file("mail", "C,N,2013-01-02,2013-02-01,1,x"), "2013-01-31")
	var wrong *intake.MappingError
	if !errors.As(err, &wrong) || !strings.Contains(err.Error(), `email is said to be in the column "email", but the file has no such column; it has "customer_id", "invoice_number"`) {
		t.Errorf("got %v", err)
	}
}

func TestOneCreditorsImportDoesNotTouchAnothers(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		one, two := setup(t, d), setup(t, d)
		one.mustImport(plain(), file("", "C,N,2013-01-02,2013-02-01,1"), "2013-01-31")
		before := books(t, d, one.creditor)
		two.mustImport(plain(), file("", "C,N,2013-01-09,2013-02-09,2"), "2013-01-31")
		if diff := cmp.Diff(before, books(t, d, one.creditor)); diff != "" {
			t.Error(diff)
		}
	})
}
