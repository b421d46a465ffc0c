package intake

import (
	"strings"
	"time"

	"github.com/acuerdo/acuerdo/cases"
	"github.com/acuerdo/acuerdo/money"
)

// meaning turns a word into what it means for a field of a closed set; other
// fields mean what they say. The reason completes "the value …".
func meaning(f Field, word string) (value, reason string) {
	switch f {
	case Disputed:
		if v, ok := yesNo[fold(word)]; ok {
			return v, ""
		}
		return "", `says neither yes nor no; say what it means in the mapping, under "values: disputed:"`
	case Kind:
		if v, ok := kinds[fold(word)]; ok {
			return string(v), ""
		}
		return "", `is no kind of customer (consumer, sole_trader, company, public_body); say what it means in the mapping, under "values: kind:"`
	case Country:
		if v, ok := countryOf(word); ok {
			return v, ""
		}
		return "", "is no country's two letters"
	case Language:
		base, _, _ := strings.Cut(strings.ReplaceAll(word, "_", "-"), "-")
		if v, ok := languages[fold(base)]; ok {
			return v, ""
		}
		return "", "is none of es, en, pt"
	case TimeZone:
		if word != "Local" {
			if _, err := time.LoadLocation(word); err == nil {
				return word, ""
			}
		}
		return "", "is no time zone, write for example Europe/Madrid"
	case Currency:
		c, err := money.ParseCurrency(word)
		if err != nil {
			return "", "is not a currency that can be used, write for example EUR"
		}
		return string(c), ""
	default:
		return word, ""
	}
}

var yesNo = map[string]string{
	"yes": "yes", "y": "yes", "si": "yes", "s": "yes", "sim": "yes", "true": "yes", "t": "yes", "1": "yes", "x": "yes", "v": "yes", "verdadero": "yes", "verdadeiro": "yes",
	"no": "no", "n": "no", "nao": "no", "false": "no", "f": "no", "0": "no", "falso": "no", "": "no",
}

var kinds = map[string]cases.DebtorKind{
	"consumer": cases.Consumer, "person": cases.Consumer, "individual": cases.Consumer, "private": cases.Consumer,
	"particular": cases.Consumer, "consumidor": cases.Consumer, "personanatural": cases.Consumer, "personafisica": cases.Consumer, "pessoafisica": cases.Consumer, "pf": cases.Consumer,
	"soletrader": cases.SoleTrader, "selfemployed": cases.SoleTrader, "autonomo": cases.SoleTrader, "mei": cases.SoleTrader, "empresarioindividual": cases.SoleTrader,
	"company": cases.Company, "business": cases.Company, "corporate": cases.Company, "empresa": cases.Company, "sociedad": cases.Company, "personajuridica": cases.Company, "pessoajuridica": cases.Company, "pj": cases.Company,
	"publicbody": cases.PublicBody, "public": cases.PublicBody, "government": cases.PublicBody, "administracionpublica": cases.PublicBody, "organismopublico": cases.PublicBody, "orgaopublico": cases.PublicBody, "sectorpublico": cases.PublicBody,
}

var languages = map[string]string{
	"es": "es", "spa": "es", "spanish": "es", "espanol": "es", "castellano": "es", "espanhol": "es",
	"en": "en", "eng": "en", "english": "en", "ingles": "en",
	"pt": "pt", "por": "pt", "portuguese": "pt", "portugues": "pt",
}

// place is what a country tells about the people in it. The zone is the one
// most of them live in; a language that Acuerdo does not speak is left empty.
type place struct{ language, zone string }

var places = map[string]place{
	"ES": {"es", "Europe/Madrid"}, "MX": {"es", "America/Mexico_City"}, "AR": {"es", "America/Argentina/Buenos_Aires"},
	"CL": {"es", "America/Santiago"}, "CO": {"es", "America/Bogota"}, "PE": {"es", "America/Lima"}, "UY": {"es", "America/Montevideo"},
	"PY": {"es", "America/Asuncion"}, "BO": {"es", "America/La_Paz"}, "EC": {"es", "America/Guayaquil"}, "VE": {"es", "America/Caracas"},
	"CR": {"es", "America/Costa_Rica"}, "PA": {"es", "America/Panama"}, "GT": {"es", "America/Guatemala"}, "HN": {"es", "America/Tegucigalpa"},
	"NI": {"es", "America/Managua"}, "SV": {"es", "America/El_Salvador"}, "DO": {"es", "America/Santo_Domingo"}, "CU": {"es", "America/Havana"},
	"PT": {"pt", "Europe/Lisbon"}, "BR": {"pt", "America/Sao_Paulo"}, "AO": {"pt", "Africa/Luanda"}, "MZ": {"pt", "Africa/Maputo"},
	"US": {"en", "America/New_York"}, "GB": {"en", "Europe/London"}, "IE": {"en", "Europe/Dublin"}, "CA": {"en", "America/Toronto"},
	"AU": {"en", "Australia/Sydney"}, "NZ": {"en", "Pacific/Auckland"}, "ZA": {"en", "Africa/Johannesburg"}, "IN": {"en", "Asia/Kolkata"},
	"FR": {"", "Europe/Paris"}, "DE": {"", "Europe/Berlin"}, "IT": {"", "Europe/Rome"}, "NL": {"", "Europe/Amsterdam"}, "BE": {"", "Europe/Brussels"},
	"CH": {"", "Europe/Zurich"}, "AT": {"", "Europe/Vienna"}, "AD": {"", "Europe/Andorra"}, "PL": {"", "Europe/Warsaw"}, "RO": {"", "Europe/Bucharest"},
	"SE": {"", "Europe/Stockholm"}, "DK": {"", "Europe/Copenhagen"}, "NO": {"", "Europe/Oslo"}, "JP": {"", "Asia/Tokyo"}, "CN": {"", "Asia/Shanghai"},
}

var countryNames = map[string]string{
	"espana": "ES", "spain": "ES", "espanha": "ES", "esp": "ES", "mexico": "MX", "mex": "MX", "argentina": "AR", "arg": "AR", "chile": "CL", "chl": "CL",
	"colombia": "CO", "col": "CO", "peru": "PE", "per": "PE", "uruguay": "UY", "uruguai": "UY", "paraguay": "PY", "paraguai": "PY", "bolivia": "BO", "ecuador": "EC", "equador": "EC",
	"costarica": "CR", "panama": "PA", "guatemala": "GT", "honduras": "HN", "nicaragua": "NI", "elsalvador": "SV", "republicadominicana": "DO",
	"portugal": "PT", "prt": "PT", "brasil": "BR", "brazil": "BR", "bra": "BR", "francia": "FR", "france": "FR", "fra": "FR", "franca": "FR",
	"usa": "US", "unitedstates": "US", "estadosunidos": "US", "eeuu": "US", "eua": "US", "unitedkingdom": "GB", "reinounido": "GB", "uk": "GB", "gbr": "GB",
	"alemania": "DE", "germany": "DE", "alemanha": "DE", "deu": "DE", "italia": "IT", "italy": "IT", "ita": "IT", "ireland": "IE", "irlanda": "IE", "canada": "CA", "andorra": "AD",
}

// countryOf knows two letters and the commonest names in es, en and pt.
func countryOf(word string) (string, bool) {
	if code, ok := countryNames[fold(word)]; ok {
		return code, true
	}
	code := strings.ToUpper(strings.TrimSpace(word))
	if len(code) != 2 || code[0] < 'A' || code[0] > 'Z' || code[1] < 'A' || code[1] > 'Z' {
		return "", false
	}
	return code, true
}

var accents = strings.NewReplacer(
	"á", "a", "à", "a", "â", "a", "ã", "a", "ä", "a", "é", "e", "è", "e", "ê", "e", "ë", "e", "í", "i", "ì", "i", "î", "i", "ï", "i",
	"ó", "o", "ò", "o", "ô", "o", "õ", "o", "ö", "o", "ú", "u", "ù", "u", "û", "u", "ü", "u", "ñ", "n", "ç", "c", "º", "o", "ª", "a", "°", "o")

// fold forgets case, accents and everything that is neither letter nor digit,
// so that "Nº de Factura" and "no_de_factura" are one name.
func fold(s string) string {
	s = accents.Replace(strings.ToLower(s))
	return strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, s)
}
