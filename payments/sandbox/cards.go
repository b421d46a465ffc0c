package sandbox

import (
	"strconv"
	"strings"
	"time"
)

// behaviour is what a test card or account does when money is asked of it.
type behaviour string

const (
	pays          behaviour = "pays"
	asksOnce      behaviour = "asks_once"   // 3-D Secure until it was set up for later use
	asksAlways    behaviour = "asks_always" // 3-D Secure at every payment
	failsLater    behaviour = "fails_later" // pays on session, declines off session
	isDisputed    behaviour = "is_disputed" // pays, then the payer disputes it
	isDeclined    behaviour = "card_declined/generic_decline"
	isPoor        behaviour = "card_declined/insufficient_funds"
	isExpired     behaviour = "expired_card"
	hasWrongCVC   behaviour = "incorrect_cvc"
	debitPays     behaviour = "debit_pays" // a debit is only settled later; the bank's word decides
	debitBounces  behaviour = "debit_bounces"
	askedForProof behaviour = "authentication_required/authentication_required"
)

// testCards are Stripe's own numbers, with the tokens that name some of them.
var testCards = []struct {
	Number, Brand, Token string
	Does                 behaviour
}{
	{"4242424242424242", "visa", "pm_card_visa", pays},
	{"5555555555554444", "mastercard", "pm_card_mastercard", pays},
	{"4000002500003155", "visa", "pm_card_threeDSecureOptional", asksOnce},
	{"4000002760003184", "visa", "pm_card_authenticationRequired", asksAlways},
	{"4000000000000002", "visa", "pm_card_visa_chargeDeclined", isDeclined},
	{"4000000000009995", "visa", "pm_card_visa_chargeDeclinedInsufficientFunds", isPoor},
	{"4000000000000069", "visa", "pm_card_chargeDeclinedExpiredCard", isExpired},
	{"4000000000000127", "visa", "pm_card_chargeDeclinedIncorrectCvc", hasWrongCVC},
	{"4000000000000341", "visa", "pm_card_chargeCustomerFail", failsLater},
	{"4000000000000259", "visa", "pm_card_createDispute", isDisputed},
}

// bouncingIBANs are debits that the bank returns; any other valid IBAN pays.
var bouncingIBANs = map[string]bool{"DE62370400440532013001": true, "ES1920200000000000000001": true}

// judge says how a payment with this method ends: pays, isDisputed, debitPays,
// debitBounces, asksAlways, or a decline.
func (m *paymentMethod) judge(offSession, authenticated bool) behaviour {
	switch m.Does {
	case asksOnce:
		if authenticated || offSession && m.Proven {
			return pays
		}
		return asksAlways
	case asksAlways:
		if authenticated {
			return pays
		}
		return asksAlways
	case failsLater:
		if offSession {
			return isDeclined
		}
		return pays
	}
	return m.Does
}

// declined is the error of a refusing card; nil when the behaviour is no refusal.
func (b behaviour) declined() *apiError {
	messages := map[behaviour]string{
		isDeclined:    "Your card was declined.",
		isPoor:        "Your card has insufficient funds.",
		isExpired:     "Your card has expired.",
		hasWrongCVC:   "Your card's security code is incorrect.",
		askedForProof: "Your card was declined. This transaction requires authentication.",
	}
	text, ok := messages[b]
	if !ok {
		return nil
	}
	code, reason, _ := strings.Cut(string(b), "/")
	if reason == "" && b == hasWrongCVC {
		reason = "incorrect_cvc"
	}
	return &apiError{Status: 402, Type: "card_error", Code: code, DeclineCode: reason, Message: text}
}

// readCard makes a payment method from what a payer typed; the code names the
// mistake: incorrect_number, invalid_expiry, expired_card, invalid_cvc.
func readCard(number, expiry, cvc string, now time.Time) (card *paymentMethod, code string) {
	digits := onlyDigits(number)
	if len(digits) < 12 || len(digits) > 19 || !luhn(digits) {
		return nil, "incorrect_number"
	}
	if expiry == "" {
		expiry = "12/" + strconv.Itoa((now.Year()+3)%100)
	}
	month, year, ok := readExpiry(expiry)
	if !ok {
		return nil, "invalid_expiry"
	}
	if year < now.Year() || year == now.Year() && month < int(now.Month()) {
		return nil, "expired_card"
	}
	if n := len(onlyDigits(cvc)); cvc != "" && (n < 3 || n > 4 || n != len(cvc)) {
		return nil, "invalid_cvc"
	}
	m := &paymentMethod{Type: "card", Does: pays, Card: &cardDetails{
		Brand: brandOf(digits), Country: "ES", ExpMonth: month, ExpYear: year, Funding: "credit",
		Last4: digits[len(digits)-4:], Fingerprint: "sandbox" + digits[len(digits)-4:]}}
	for _, known := range testCards {
		if known.Number == digits {
			m.Does, m.Card.Brand = known.Does, known.Brand
		}
	}
	return m, ""
}

func readExpiry(s string) (month, year int, ok bool) {
	digits := onlyDigits(s)
	if len(digits) == 3 {
		digits = "0" + digits
	}
	if len(digits) == 6 { // MM/YYYY
		digits = digits[:2] + digits[4:]
	}
	if len(digits) != 4 {
		return 0, 0, false
	}
	month, _ = strconv.Atoi(digits[:2])
	year, _ = strconv.Atoi(digits[2:])
	return month, 2000 + year, month >= 1 && month <= 12
}

func readIBAN(s string) (*paymentMethod, string) {
	iban := strings.ToUpper(strings.Join(strings.Fields(s), ""))
	if len(iban) < 15 || len(iban) > 34 || !ibanAddsUp(iban) {
		return nil, "invalid_iban"
	}
	m := &paymentMethod{Type: "sepa_debit", Does: debitPays, SEPA: &sepaDetails{
		BankCode: iban[4:8], Country: iban[:2], Last4: iban[len(iban)-4:], Fingerprint: "sandbox" + iban[len(iban)-4:]}}
	if bouncingIBANs[iban] {
		m.Does = debitBounces
	}
	return m, ""
}

// ibanAddsUp is ISO 7064 mod 97-10.
func ibanAddsUp(iban string) bool {
	rest := 0
	for _, r := range iban[4:] + iban[:4] {
		switch {
		case r >= '0' && r <= '9':
			rest = (rest*10 + int(r-'0')) % 97
		case r >= 'A' && r <= 'Z':
			rest = (rest*100 + int(r-'A') + 10) % 97
		default:
			return false
		}
	}
	return rest == 1
}

// onlyDigits drops spaces, dashes and slashes; anything else makes it unusable.
func onlyDigits(s string) string {
	var b strings.Builder
	for _, r := range s {
		switch {
		case r >= '0' && r <= '9':
			b.WriteRune(r)
		case r != ' ' && r != '-' && r != '/' && r != '\u00a0':
			return ""
		}
	}
	return b.String()
}

func luhn(digits string) bool {
	sum := 0
	for i := range len(digits) {
		d := int(digits[len(digits)-1-i] - '0')
		if i%2 == 1 {
			if d *= 2; d > 9 {
				d -= 9
			}
		}
		sum += d
	}
	return sum%10 == 0 && strings.Trim(digits, "0") != ""
}

func brandOf(digits string) string {
	switch {
	case digits[0] == '4':
		return "visa"
	case digits[0] == '5', digits[0] == '2':
		return "mastercard"
	case strings.HasPrefix(digits, "34"), strings.HasPrefix(digits, "37"):
		return "amex"
	}
	return "unknown"
}
