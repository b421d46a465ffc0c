package intake

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"
)

// names are how headers call each field in Spanish, English and Portuguese,
// folded: no accents, case or punctuation. The order of fields decides between
// columns that would fit several.
var names = []struct {
	field Field
	as    []string
}{
	{InvoiceNumber, []string{"invoicenumber", "invoiceno", "invoicenum", "invoiceid", "invoice", "documentnumber", "documentno", "docno", "billnumber",
		"numerofactura", "numerodefactura", "nofactura", "nodefactura", "numfactura", "nrofactura", "nfactura", "factura", "facturano", "numerodocumento", "ndocumento", "folio", "comprobante",
		"numerofatura", "numerodafatura", "nofatura", "nodafatura", "numfatura", "fatura", "notafiscal", "numeronotafiscal", "numerodanota", "nf", "nfe", "numerodocumento", "titulo", "duplicata"}},
	{CustomerID, []string{"customerid", "customernumber", "customerno", "customercode", "custid", "clientid", "clientcode", "accountnumber", "accountno", "debtorid", "customer", "account",
		"idcliente", "clienteid", "codigocliente", "codcliente", "codigodecliente", "codigodelcliente", "numerocliente", "numerodecliente", "nocliente", "ncliente", "nrocliente", "cuentacliente",
		"codigodocliente", "coddocliente", "numerodocliente", "cliente"}},
	{IssuedOn, []string{"invoicedate", "issuedate", "issuedon", "dateofissue", "documentdate", "billdate", "date",
		"fechafactura", "fechadefactura", "fechaemision", "fechadeemision", "emision", "emitida", "fechadocumento", "fecha",
		"dataemissao", "datadeemissao", "emissao", "datafatura", "datadafatura", "data"}},
	{DueOn, []string{"duedate", "dueon", "datedue", "due", "paymentdue", "maturity",
		"fechavencimiento", "fechadevencimiento", "vencimiento", "fvencimiento", "vence", "fechavto", "vto",
		"datavencimento", "datadevencimento", "vencimento", "dtvencimento"}},
	{SettledOn, []string{"settleddate", "settledon", "paiddate", "paidon", "datepaid", "paymentdate", "dateofpayment", "cleareddate",
		"fechapago", "fechadepago", "fechacobro", "fechadecobro", "cobrada", "pagada", "pagadael", "fechasaldo", "fechacancelacion",
		"datapagamento", "datadepagamento", "pagoem", "liquidadoem", "dataliquidacao", "datadeliquidacao", "databaixa"}},
	{Amount, []string{"invoiceamount", "amount", "total", "totalamount", "invoicetotal", "grossamount", "originalamount",
		"importe", "importetotal", "importefactura", "totalfactura", "monto", "montototal", "valortotal", "importeoriginal",
		"valor", "valorfatura", "valordafatura", "valordotitulo", "valorbruto", "montante"}},
	{Currency, []string{"currency", "currencycode", "curr", "ccy", "moneda", "divisa", "moeda"}},
	{Disputed, []string{"disputed", "dispute", "isdisputed", "indispute", "disputa", "endisputa", "reclamada", "reclamacion", "impugnada", "litigio", "contestada", "emdisputa", "contestado"}},
	{Description, []string{"description", "details", "concept", "memo", "subject", "concepto", "descripcion", "detalle", "glosa", "descricao", "historico", "detalhe"}},
	{Name, []string{"customername", "clientname", "name", "companyname", "debtorname", "fullname",
		"nombre", "nombrecliente", "nombredelcliente", "razonsocial", "nombrecompleto", "nome", "nomecliente", "nomedocliente", "razaosocial"}},
	{Kind, []string{"customertype", "clienttype", "type", "kind", "segment", "tipocliente", "tipodecliente", "tipopersona", "tipo", "tipopessoa", "tipodepessoa"}},
	{TaxID, []string{"taxid", "vat", "vatnumber", "vatid", "ein", "ssn", "nif", "cif", "nifcif", "dni", "rut", "rfc", "cuit", "ruc", "nit", "identificacionfiscal", "cpf", "cnpj", "cpfcnpj", "nipc", "contribuinte"}},
	{DateOfBirth, []string{"dateofbirth", "birthdate", "dob", "birthday", "fechanacimiento", "fechadenacimiento", "nacimiento", "datanascimento", "datadenascimento", "nascimento"}},
	{PostalCode, []string{"postalcode", "postcode", "zip", "zipcode", "codigopostal", "cp", "codpostal", "cep"}},
	{Address, []string{"address", "street", "streetaddress", "addressline1", "direccion", "domicilio", "calle", "endereco", "morada", "logradouro", "rua"}},
	{City, []string{"city", "town", "ciudad", "poblacion", "localidad", "municipio", "comuna", "cidade", "localidade"}},
	{Country, []string{"country", "countrycode", "pais", "codigopais", "codpais", "codigodopais"}},
	{Language, []string{"language", "lang", "idioma", "lengua", "lingua"}},
	{TimeZone, []string{"timezone", "tz", "zonahoraria", "husohorario", "fusohorario"}},
	{Email, []string{"email", "emailaddress", "mail", "correo", "correoelectronico", "correoe", "emailcliente", "enderecodeemail"}},
	{Phone, []string{"phone", "phonenumber", "telephone", "mobile", "mobilephone", "cell", "telefono", "movil", "celular", "telefonomovil", "telefone", "telemovel"}},
	{RiskGrade, []string{"riskgrade", "risk", "grade", "creditrating", "rating", "riesgo", "gradoriesgo", "clasificacion", "risco", "classificacao"}},
	{Tags, []string{"tags", "labels", "etiquetas", "marcadores"}},
}

var delimiters = []rune{';', '\t', '|', ','}

// sniffDelimiter is the character that cuts the header into the most columns.
func sniffDelimiter(sample string) rune {
	best, columns := ',', 0
	first, _, _ := strings.Cut(sample, "\n")
	for _, d := range delimiters {
		if n := strings.Count(first, string(d)); n > columns {
			best, columns = d, n
		}
	}
	return best
}

func delimiterName(d rune) string {
	if d == '\t' {
		return "tab"
	}
	return string(d)
}

// GuessFile proposes a mapping from the beginning of a file. Country is the
// creditor's (ISO 3166-1 alpha-2), "" where it is not known: it decides what a
// date like 3/4/2013 means when no row does. The notes say what is uncertain or
// missing. The error is a *FileError.
func GuessFile(r io.Reader, country string) (Mapping, []string, error) {
	in := bufio.NewReaderSize(r, 1<<20)
	head, err := in.Peek(1 << 20)
	if err != nil && !errors.Is(err, io.EOF) {
		return Mapping{}, nil, fmt.Errorf("reading the file: %w", err)
	}
	m := Mapping{}
	utf16 := bytes.HasPrefix(head, []byte("\xFF\xFE")) || bytes.HasPrefix(head, []byte("\xFE\xFF"))
	if err := notText(head, utf16); err != nil {
		return m, nil, err
	}
	switch {
	case utf16:
		m.Encoding = "utf-16"
	case !validPrefix(head):
		m.Encoding = "windows-1252"
	}
	text := head
	if decoder, _ := decoderOf(m.Encoding); decoder != nil {
		if text, err = decoder.Bytes(head); err != nil {
			return m, nil, unreadable("the file is not text: export the receivables as CSV")
		}
	}
	text = bytes.TrimPrefix(text, []byte("\xEF\xBB\xBF"))
	comma := sniffDelimiter(string(text))
	m.Delimiter = delimiterName(comma)
	c := csv.NewReader(bytes.NewReader(text))
	c.Comma, c.FieldsPerRecord = comma, -1
	var records [][]string
	for len(records) < 2000 {
		record, err := c.Read()
		if err != nil {
			break // the sample ends in the middle of a record
		}
		records = append(records, record)
	}
	if len(records) == 0 || len(records[0]) < 2 {
		return m, nil, unreadable("the file's first line is no header of several columns: check that it is CSV, with the names of the columns in the first line")
	}
	guessed, notes := Guess(records[0], records[1:], country)
	guessed.Encoding, guessed.Delimiter = m.Encoding, m.Delimiter
	return guessed, notes, nil
}

// validPrefix: UTF-8, but for a character that the end of the sample cuts.
func validPrefix(b []byte) bool {
	for range 4 {
		if utf8.Valid(b) {
			return true
		}
		if len(b) > 0 {
			b = b[:len(b)-1]
		}
	}
	return false
}

// Guess proposes columns, dates and numbers from a header and sample rows.
func Guess(header []string, rows [][]string, country string) (Mapping, []string) {
	m := Mapping{Columns: map[Field]string{}}
	var notes []string
	taken := map[int]bool{}
	for _, n := range names {
		if i := bestColumn(header, n.as, taken); i >= 0 {
			taken[i] = true
			m.Columns[n.field] = strings.TrimSpace(header[i])
		}
	}
	for _, f := range needed {
		if m.Columns[f] == "" {
			notes = append(notes, fmt.Sprintf("no column looks like %s: write one of %s under columns", f, quoteList(header)))
		}
	}
	cells := func(fields ...Field) (all []string) {
		for i, h := range header {
			for _, f := range fields {
				if m.Columns[f] == "" || strings.TrimSpace(h) != m.Columns[f] {
					continue
				}
				for _, r := range rows {
					if i < len(r) && strings.TrimSpace(r[i]) != "" {
						all = append(all, strings.TrimSpace(r[i]))
					}
				}
			}
		}
		return all
	}
	var note string
	if m.Dates, note = guessDates(cells(IssuedOn, DueOn, SettledOn, DateOfBirth), country); note != "" {
		notes = append(notes, note)
	}
	if m.Numbers, note = guessNumbers(cells(Amount), country); note != "" {
		notes = append(notes, note)
	}
	return m, append(notes, unknownWords(&m, cells)...)
}

func bestColumn(header, as []string, taken map[int]bool) int {
	for _, name := range as {
		for i, h := range header {
			if !taken[i] && fold(h) == name {
				return i
			}
		}
	}
	return -1
}

// unknownWords names the words of closed sets that the mapping must explain.
func unknownWords(m *Mapping, cells func(...Field) []string) (notes []string) {
	for _, f := range []Field{Disputed, Kind, Country, Language, Currency} {
		var words []string
		for _, w := range cells(f) {
			if _, reason := meaning(f, w); reason != "" && !slices.Contains(words, w) {
				words = append(words, w)
			}
		}
		if len(words) > 0 {
			slices.Sort(words)
			notes = append(notes, fmt.Sprintf("say under \"values: %s:\" what these mean: %s", f, quoteList(words[:min(len(words), 10)])))
		}
	}
	return notes
}
