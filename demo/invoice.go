package demo

import (
	"bytes"
	"fmt"

	"github.com/phpdave11/gofpdf"

	"github.com/acuerdo/acuerdo/cases"
	"github.com/acuerdo/acuerdo/locale"
)

var invoiceWords = map[string][5]string{
	"es": {"Factura", "Fecha", "Vencimiento", "Concepto", "Total"},
	"en": {"Invoice", "Date", "Due", "Description", "Total"},
	"pt": {"Fatura", "Data", "Vencimento", "Descrição", "Total"},
}

// InvoiceCopy draws the kind of PDF that a creditor's own billing program makes.
func InvoiceCopy(c cases.Creditor, d cases.Debtor, inv cases.Invoice, lines []cases.Line) ([]byte, error) {
	words := invoiceWords[d.Language]
	lang, _ := locale.ParseLanguage(d.Language)
	l := locale.Locale{Language: lang, Country: d.Country}
	p := gofpdf.New("P", "mm", "A4", "")
	p.SetCreationDate(inv.CreatedAt)
	p.SetModificationDate(inv.CreatedAt)
	latin := p.UnicodeTranslatorFromDescriptor("") // the core fonts know Windows-1252: enough for what we sell
	p.AddPage()
	write := func(style string, size, height float64, text string) {
		p.SetFont("Helvetica", style, size)
		p.MultiCell(0, height, latin(text), "", "L", false)
	}
	write("B", 18, 9, c.LegalName)
	write("", 10, 5, fmt.Sprintf("%s\n%s\n%s", c.TaxID, c.Address, c.Email))
	p.Ln(8)
	write("B", 14, 8, words[0]+" "+inv.Number)
	write("", 10, 5, fmt.Sprintf("%s: %s\n%s: %s", words[1], l.ShortDate(inv.IssuedOn), words[2], l.ShortDate(inv.DueOn)))
	p.Ln(4)
	write("", 10, 5, fmt.Sprintf("%s\n%s\n%s %s", d.Name, d.Address, d.PostalCode, d.City))
	p.Ln(8)
	row := func(style, left, right string) {
		p.SetFont("Helvetica", style, 10)
		p.CellFormat(140, 8, latin(left), "B", 0, "L", false, 0, "")
		p.CellFormat(50, 8, latin(right), "B", 1, "R", false, 0, "")
	}
	row("B", words[3], string(inv.Currency))
	for _, line := range lines {
		row("", line.Description, l.Money(line.AmountMinor, inv.Currency))
	}
	row("B", words[4], l.Money(inv.AmountMinor, inv.Currency))
	var out bytes.Buffer
	err := p.Output(&out)
	return out.Bytes(), err
}
