package demo

import (
	"github.com/acuerdo/acuerdo/cases"
	"github.com/acuerdo/acuerdo/money"
)

// house is one creditor with what it sells and whom it sells to. All of it is
// invented; addresses end in .example, which nobody owns.
type house struct {
	creditor cases.Creditor
	goods    []good
	people   []person
	numbers  string // how invoice numbers look, with the year and a counter
	lateFee  int64  // minor units charged once an invoice is late, 0 for none
	interest int64  // yearly, in basis points, on late principal
}

// good is something sold, with its price range in minor units.
type good struct {
	text     map[string]string // by language
	from, to int64
}

type person struct {
	name, language, country, zone string
	kind                          cases.DebtorKind
	story                         story
}

// story is what makes a case worth looking at.
type story string

const (
	late      story = "late"
	veryLate  story = "very_late"
	onTime    story = "on_time"
	disputed  story = "disputed"
	partPaid  story = "part_paid"
	several   story = "several"
	many      story = "many"
	noAddress story = "no_address"
	onPlan    story = "on_plan"
	settled   story = "settled"
)

const (
	madrid   = "Europe/Madrid"
	lisbon   = "Europe/Lisbon"
	santiago = "America/Santiago"
	newYork  = "America/New_York"
	chicago  = "America/Chicago"
	saoPaulo = "America/Sao_Paulo"
)

func houses() []house { return []house{talleres(), conecta(), harbor()} }

const (
	logoTalleres = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 48 48" role="img" aria-label="Talleres Aldaba"><rect width="48" height="48" rx="10" fill="#0b5d5b"/><path d="M24 10a14 14 0 1 0 14 14h-6a8 8 0 1 1-8-8z" fill="#fff"/><circle cx="24" cy="24" r="4" fill="#f2b84b"/></svg>`
	logoConecta  = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 48 48" role="img" aria-label="Andes Conecta"><rect width="48" height="48" rx="10" fill="#5a2a82"/><path d="M8 34 20 16l7 9 4-5 9 14z" fill="#fff"/><circle cx="35" cy="14" r="3" fill="#ffd166"/></svg>`
	logoHarbor   = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 48 48" role="img" aria-label="Harbor Street Studio"><rect width="48" height="48" rx="10" fill="#1d3f72"/><path d="M10 32h28l-4 6H14zM23 10v20H12zM26 14v16h10z" fill="#fff"/></svg>`
)

func talleres() house {
	return house{
		creditor: cases.Creditor{
			Slug: "talleres-aldaba", Name: "Talleres Aldaba", LegalName: "Talleres Aldaba, S.L.", TaxID: "B00000018",
			Address: "Calle del Alfarero 14, 46025 Valencia", Country: "ES", Language: "es", TimeZone: madrid, Currency: "EUR",
			Email: "cobros@talleres-aldaba.example", Phone: "+34 960 00 00 10", Website: "https://talleres-aldaba.example",
			Colour: "#0b5d5b", LogoSVG: logoTalleres, KnownFacts: []string{"invoice_last4"}, RequiredTier: 1,
		},
		numbers: "A%d-%05d", lateFee: 40_00, interest: 800,
		goods: []good{
			{map[string]string{"es": "Revisión de los 60.000 km", "en": "60,000 km service", "pt": "Revisão dos 60.000 km"}, 180_00, 320_00},
			{map[string]string{"es": "Cambio de neumáticos (4)", "en": "Tyre change (4)", "pt": "Troca de pneus (4)"}, 260_00, 540_00},
			{map[string]string{"es": "Pastillas y discos de freno", "en": "Brake pads and discs", "pt": "Pastilhas e discos de travão"}, 190_00, 410_00},
			{map[string]string{"es": "Mano de obra", "en": "Labour", "pt": "Mão de obra"}, 45_00, 260_00},
			{map[string]string{"es": "Batería de 70 Ah", "en": "70 Ah battery", "pt": "Bateria de 70 Ah"}, 95_00, 160_00},
			{map[string]string{"es": "Chapa y pintura", "en": "Body work and paint", "pt": "Chapa e pintura"}, 320_00, 1_450_00},
		},
		people: []person{
			{"María Soler Ibáñez", "es", "ES", madrid, cases.Consumer, late},
			{"Transportes Vega e Hijos, S.L.", "es", "ES", madrid, cases.Company, many},
			{"Ayuntamiento de Villar del Olmo", "es", "ES", madrid, cases.PublicBody, veryLate},
			{"João Marques Teixeira", "pt", "PT", lisbon, cases.Consumer, late},
			{"Emily Carter", "en", "ES", madrid, cases.Consumer, late},
			{"Antonio Reyes Fontanería", "es", "ES", madrid, cases.SoleTrader, several},
			{"Lucía Ferrer Domènech", "es", "ES", madrid, cases.Consumer, partPaid},
			{"Panadería El Horno de Ana", "es", "ES", madrid, cases.SoleTrader, disputed},
			{"Oficina Rodrigues & Filhos, Lda.", "pt", "PT", lisbon, cases.Company, several},
			{"Javier Montes Prieto", "es", "ES", madrid, cases.Consumer, onPlan},
			{"Reformas Hernán, S.L.", "es", "ES", madrid, cases.Company, veryLate},
			{"Carmen Ruiz Olmedo", "es", "ES", madrid, cases.Consumer, onTime},
			{"Peter Novak", "en", "ES", madrid, cases.SoleTrader, late},
			{"Cooperativa La Vega Alta", "es", "ES", madrid, cases.Company, disputed},
			{"Isabel Gil Navarro", "es", "ES", madrid, cases.Consumer, noAddress},
			{"Beatriz Lemos Antunes", "pt", "PT", lisbon, cases.SoleTrader, partPaid},
			{"Autoescuela Rumbo, S.L.", "es", "ES", madrid, cases.Company, onPlan},
			{"Ramón Pardo Seguí", "es", "ES", madrid, cases.Consumer, settled},
			{"Mensajería Relevo, S.L.", "es", "ES", madrid, cases.Company, several},
			{"Nuria Camps Bosch", "es", "ES", madrid, cases.Consumer, late},
			{"Floristería Jazmín", "es", "ES", madrid, cases.SoleTrader, onTime},
			{"Diego Santana Cruz", "es", "ES", madrid, cases.Consumer, veryLate},
		},
	}
}

func conecta() house {
	return house{
		creditor: cases.Creditor{
			Slug: "andes-conecta", Name: "Andes Conecta", LegalName: "Andes Conecta SpA", TaxID: "76.000.001-K",
			Address: "Av. Los Arrayanes 2210, Providencia, Santiago", Country: "CL", Language: "es", TimeZone: santiago, Currency: "CLP",
			Email: "pagos@andes-conecta.example", Phone: "+56 2 2000 0010", Website: "https://andes-conecta.example",
			Colour: "#5a2a82", LogoSVG: logoConecta, KnownFacts: []string{"tax_id_last4", "invoice_last4"}, RequiredTier: 1,
		},
		numbers: "F%d%05d", interest: 0, lateFee: 0,
		goods: []good{
			{map[string]string{"es": "Internet hogar 600 Mbps", "en": "Home internet 600 Mbps", "pt": "Internet residencial 600 Mbps"}, 21_990, 29_990},
			{map[string]string{"es": "Enlace dedicado empresas", "en": "Dedicated business link", "pt": "Link dedicado empresarial"}, 180_000, 640_000},
			{map[string]string{"es": "Arriendo de equipo", "en": "Equipment rental", "pt": "Aluguel de equipamento"}, 4_990, 12_990},
			{map[string]string{"es": "Instalación", "en": "Installation", "pt": "Instalação"}, 35_000, 90_000},
			{map[string]string{"es": "Plan móvil multilínea", "en": "Multi-line mobile plan", "pt": "Plano móvel multilinha"}, 32_990, 119_990},
		},
		people: []person{
			{"Camila Rojas Fuentes", "es", "CL", santiago, cases.Consumer, late},
			{"Comercial Los Boldos Ltda.", "es", "CL", santiago, cases.Company, many},
			{"Municipalidad de Quebrada Honda", "es", "CL", santiago, cases.PublicBody, several},
			{"Felipe Araya Muñoz", "es", "CL", santiago, cases.Consumer, partPaid},
			{"Rodrigo Pizarro Taxis", "es", "CL", santiago, cases.SoleTrader, late},
			{"Sofía Contreras Leiva", "es", "CL", santiago, cases.Consumer, onPlan},
			{"Viña Piedra Clara SpA", "es", "CL", santiago, cases.Company, disputed},
			{"Larissa Teles Duarte", "pt", "BR", saoPaulo, cases.Consumer, late},
			{"Hannah Brooks", "en", "CL", santiago, cases.Consumer, veryLate},
			{"Ferretería El Peumo", "es", "CL", santiago, cases.SoleTrader, several},
			{"Matías Sepúlveda Ríos", "es", "CL", santiago, cases.Consumer, onTime},
			{"Clínica Veterinaria Patas", "es", "CL", santiago, cases.Company, veryLate},
			{"Ignacia Valdés Soto", "es", "CL", santiago, cases.Consumer, noAddress},
			{"Hostal Cerro Azul", "es", "CL", santiago, cases.SoleTrader, late},
			{"Tomás Bravo Cárcamo", "es", "CL", santiago, cases.Consumer, settled},
			{"Constructora Maitén Ltda.", "es", "CL", santiago, cases.Company, several},
			{"Daniela Orellana Paz", "es", "CL", santiago, cases.Consumer, disputed},
			{"Imprenta Austral", "es", "CL", santiago, cases.SoleTrader, onTime},
			{"Vicente Lagos Mora", "es", "CL", santiago, cases.Consumer, late},
		},
	}
}

func harbor() house {
	return house{
		creditor: cases.Creditor{
			Slug: "harbor-street", Name: "Harbor Street Studio", LegalName: "Harbor Street Studio LLC", TaxID: "00-0000012",
			Address: "12 Harbor Street, Portland, ME 04101", Country: "US", Language: "en", TimeZone: newYork, Currency: "USD",
			Email: "billing@harborstreet.example", Phone: "+1 207 555 0110", Website: "https://harborstreet.example",
			Colour: "#1d3f72", LogoSVG: logoHarbor, KnownFacts: []string{"postal_code", "invoice_last4"}, RequiredTier: 1,
		},
		numbers: "HS-%d-%04d", interest: 0, lateFee: 25_00,
		goods: []good{
			{map[string]string{"es": "Diseño de identidad", "en": "Brand identity design", "pt": "Design de identidade"}, 850_00, 3_200_00},
			{map[string]string{"es": "Mantenimiento web, un mes", "en": "Website care, one month", "pt": "Manutenção do site, um mês"}, 95_00, 240_00},
			{map[string]string{"es": "Sesión de fotos", "en": "Photo session", "pt": "Sessão de fotos"}, 320_00, 780_00},
			{map[string]string{"es": "Folletos impresos", "en": "Printed brochures", "pt": "Folhetos impressos"}, 140_00, 460_00},
			{map[string]string{"es": "Rótulo de escaparate", "en": "Storefront sign", "pt": "Letreiro de loja"}, 480_00, 1_300_00},
		},
		people: []person{
			{"Olivia Bennett", "en", "US", newYork, cases.Consumer, late},
			{"Brackett & Sons Roofing Inc.", "en", "US", newYork, cases.Company, several},
			{"Town of Cedar Falls Library", "en", "US", newYork, cases.PublicBody, veryLate},
			{"Marcus Hill Carpentry", "en", "US", newYork, cases.SoleTrader, partPaid},
			{"Gabriela Torres", "es", "US", chicago, cases.SoleTrader, late},
			{"Padaria Sol Nascente LLC", "pt", "US", newYork, cases.Company, late},
			{"Lighthouse Yoga", "en", "US", newYork, cases.SoleTrader, disputed},
			{"Nathan Cole", "en", "US", newYork, cases.Consumer, onTime},
			{"Pine Tree Outfitters Inc.", "en", "US", newYork, cases.Company, many},
			{"Grace Kim", "en", "US", chicago, cases.Consumer, onPlan},
			{"Taquería La Esquina", "es", "US", chicago, cases.SoleTrader, several},
			{"Samuel Ortiz", "es", "US", newYork, cases.Consumer, noAddress},
			{"Blue Heron Books", "en", "US", newYork, cases.Company, onTime},
			{"Ana Paula Ribeiro", "pt", "US", newYork, cases.Consumer, late},
			{"Wells Dental Group", "en", "US", chicago, cases.Company, veryLate},
			{"Harriet Doyle", "en", "US", newYork, cases.Consumer, settled},
			{"Kessler Moving Co.", "en", "US", newYork, cases.Company, partPaid},
			{"Tobias Grant", "en", "US", newYork, cases.SoleTrader, late},
			{"Mill Pond Montessori", "en", "US", newYork, cases.Company, disputed},
		},
	}
}

// roundTo drops the odd units of a currency without decimals, as its prices do.
func roundTo(minor int64, c money.Currency) int64 {
	if c.Decimals() == 0 {
		return minor / 10 * 10
	}
	return minor
}
