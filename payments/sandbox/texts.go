package sandbox

import (
	"net/http"
	"strings"
)

// textsFor picks the language of a page: the session's locale, else what the
// browser asks for, else English.
func textsFor(locale string, r *http.Request) map[string]string {
	if locale == "" || locale == "auto" {
		locale = r.Header.Get("Accept-Language")
	}
	if len(locale) >= 2 {
		if t, ok := texts[strings.ToLower(locale[:2])]; ok {
			return t
		}
	}
	return texts["en"]
}

var texts = map[string]map[string]string{
	"en": {
		"lang": "en", "banner": "Sandbox: no real money moves here", "pay": "Pay", "pay_title": "Payment", "save": "Save payment method", "save_title": "Save a payment method",
		"back": "Go back without paying", "continue": "Continue", "card": "Card", "sepa_debit": "SEPA direct debit", "method": "Payment method",
		"number": "Card number", "expiry": "Expiry (MM/YY)", "cvc": "Security code (CVC)", "iban": "IBAN", "total": "Total",
		"iban_hint": "Your bank confirms a direct debit some days later. Test account:",
		"mandate":   "By paying you let the creditor debit this account for this payment.", "hints": "Test cards", "optional": "Expiry and code may stay empty.",
		"proof_title": "Confirm with your bank", "proof_text": "Your bank wants to know that it is you (3-D Secure, simulated).", "complete": "Confirm the payment", "fail": "Refuse",
		"done": "This payment is complete", "done_text": "There is nothing more to do here.", "pending_text": "Your bank has the order. The payment is being processed; don't pay again.",
		"expired": "This payment page has expired", "expired_text": "Nothing was charged. Go back to start a new payment.", "gone": "This page does not exist", "gone_text": "Check the link, or go back to where you came from.",
		"for":                    "Receipt to",
		"error_incorrect_number": "That card number is not valid. Check the digits.", "error_invalid_expiry": "Write the expiry as MM/YY.", "error_expired_card": "This card has expired.",
		"error_invalid_cvc": "The security code has 3 or 4 digits.", "error_incorrect_cvc": "The security code is wrong.", "error_invalid_iban": "That IBAN is not valid. Check the letters and digits.",
		"error_unknown_method": "This way of paying is not available here.", "error_card_declined": "Your card was declined. Try another card.", "error_insufficient_funds": "The card has insufficient funds. Try another card.",
		"error_payment_intent_authentication_failure": "Your bank did not confirm the payment. Try again or use another card.", "error_setup_intent_authentication_failure": "Your bank did not confirm the card. Try again or use another card.",
		"does_pays": "pays", "does_asks_once": "asks for 3-D Secure", "does_asks_always": "asks for 3-D Secure every time", "does_card_declined/generic_decline": "is declined", "does_card_declined/insufficient_funds": "has insufficient funds",
		"does_expired_card": "has expired", "does_incorrect_cvc": "wrong security code", "does_fails_later": "pays now, later instalments fail", "does_is_disputed": "pays, then the payment is disputed",
	},
	"es": {
		"lang": "es", "banner": "Entorno de prueba: aquí no se mueve dinero real", "pay": "Pagar", "pay_title": "Pago", "save": "Guardar método de pago", "save_title": "Guardar un método de pago",
		"back": "Volver sin pagar", "continue": "Continuar", "card": "Tarjeta", "sepa_debit": "Adeudo SEPA", "method": "Método de pago",
		"number": "Número de tarjeta", "expiry": "Caducidad (MM/AA)", "cvc": "Código CVC", "iban": "IBAN", "total": "Total",
		"iban_hint": "Tu banco confirma el adeudo unos días después. Cuenta de prueba:",
		"mandate":   "Al pagar autorizas al acreedor a cargar este pago en esta cuenta.", "hints": "Tarjetas de prueba", "optional": "La caducidad y el código pueden quedar vacíos.",
		"proof_title": "Confirma con tu banco", "proof_text": "Tu banco quiere saber que eres tú (3-D Secure, simulado).", "complete": "Confirmar el pago", "fail": "Rechazar",
		"done": "Este pago está completo", "done_text": "No hay nada más que hacer aquí.", "pending_text": "Tu banco tiene la orden. El pago se está procesando; no pagues otra vez.",
		"expired": "Esta página de pago ha caducado", "expired_text": "No se ha cobrado nada. Vuelve para empezar un pago nuevo.", "gone": "Esta página no existe", "gone_text": "Revisa el enlace o vuelve a donde estabas.",
		"for":                    "Recibo para",
		"error_incorrect_number": "Ese número de tarjeta no es válido. Revisa las cifras.", "error_invalid_expiry": "Escribe la caducidad como MM/AA.", "error_expired_card": "Esta tarjeta ha caducado.",
		"error_invalid_cvc": "El código de seguridad tiene 3 o 4 cifras.", "error_incorrect_cvc": "El código de seguridad no es correcto.", "error_invalid_iban": "Ese IBAN no es válido. Revisa letras y cifras.",
		"error_unknown_method": "Aquí no se puede pagar de esa manera.", "error_card_declined": "Tu tarjeta fue rechazada. Prueba con otra tarjeta.", "error_insufficient_funds": "La tarjeta no tiene saldo suficiente. Prueba con otra tarjeta.",
		"error_payment_intent_authentication_failure": "Tu banco no confirmó el pago. Inténtalo otra vez o usa otra tarjeta.", "error_setup_intent_authentication_failure": "Tu banco no confirmó la tarjeta. Inténtalo otra vez o usa otra.",
		"does_pays": "paga", "does_asks_once": "pide 3-D Secure", "does_asks_always": "pide 3-D Secure siempre", "does_card_declined/generic_decline": "es rechazada", "does_card_declined/insufficient_funds": "no tiene saldo suficiente",
		"does_expired_card": "ha caducado", "does_incorrect_cvc": "código incorrecto", "does_fails_later": "paga ahora, las cuotas siguientes fallan", "does_is_disputed": "paga y después se abre una disputa",
	},
	"pt": {
		"lang": "pt", "banner": "Ambiente de teste: aqui não circula dinheiro real", "pay": "Pagar", "pay_title": "Pagamento", "save": "Salvar método de pagamento", "save_title": "Salvar um método de pagamento",
		"back": "Voltar sem pagar", "continue": "Continuar", "card": "Cartão", "sepa_debit": "Débito SEPA", "method": "Método de pagamento",
		"number": "Número do cartão", "expiry": "Validade (MM/AA)", "cvc": "Código CVC", "iban": "IBAN", "total": "Total",
		"iban_hint": "O banco confirma o débito alguns dias depois. Conta de teste:",
		"mandate":   "Ao pagar, você autoriza o credor a debitar este pagamento nesta conta.", "hints": "Cartões de teste", "optional": "A validade e o código podem ficar vazios.",
		"proof_title": "Confirme com o seu banco", "proof_text": "O banco quer saber que é você (3-D Secure, simulado).", "complete": "Confirmar o pagamento", "fail": "Recusar",
		"done": "Este pagamento está concluído", "done_text": "Não há mais nada a fazer aqui.", "pending_text": "O banco recebeu a ordem. O pagamento está em processamento; não pague outra vez.",
		"expired": "Esta página de pagamento expirou", "expired_text": "Nada foi cobrado. Volte para iniciar um novo pagamento.", "gone": "Esta página não existe", "gone_text": "Confira o link ou volte para onde estava.",
		"for":                    "Recibo para",
		"error_incorrect_number": "Esse número de cartão não é válido. Confira os dígitos.", "error_invalid_expiry": "Escreva a validade como MM/AA.", "error_expired_card": "Este cartão expirou.",
		"error_invalid_cvc": "O código de segurança tem 3 ou 4 dígitos.", "error_incorrect_cvc": "O código de segurança está errado.", "error_invalid_iban": "Esse IBAN não é válido. Confira letras e números.",
		"error_unknown_method": "Aqui não é possível pagar dessa forma.", "error_card_declined": "O cartão foi recusado. Tente outro cartão.", "error_insufficient_funds": "O cartão não tem saldo suficiente. Tente outro cartão.",
		"error_payment_intent_authentication_failure": "O banco não confirmou o pagamento. Tente de novo ou use outro cartão.", "error_setup_intent_authentication_failure": "O banco não confirmou o cartão. Tente de novo ou use outro.",
		"does_pays": "paga", "does_asks_once": "pede 3-D Secure", "does_asks_always": "pede 3-D Secure sempre", "does_card_declined/generic_decline": "é recusado", "does_card_declined/insufficient_funds": "não tem saldo suficiente",
		"does_expired_card": "expirou", "does_incorrect_cvc": "código errado", "does_fails_later": "paga agora, as próximas parcelas falham", "does_is_disputed": "paga e depois é contestado",
	},
}
