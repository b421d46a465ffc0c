package frontend

// The kinds of timeline entries that have a sentence. A door may map its own
// kinds to these; an unknown kind is shown by its name.
const (
	TimelineCaseOpened          = "case_opened"          // Amount
	TimelineCaseClosed          = "case_closed"          //
	TimelineCaseReopened        = "case_reopened"        //
	TimelineInvoiceImported     = "invoice_imported"     // Invoice, Amount
	TimelineInvoiceChanged      = "invoice_changed"      // Invoice
	TimelineInvoiceDisputed     = "invoice_disputed"     // Invoice
	TimelineInvoiceUndisputed   = "invoice_undisputed"   // Invoice
	TimelineInvoiceSettled      = "invoice_settled"      // Invoice
	TimelineLinkCreated         = "link_created"         //
	TimelineLinkRevoked         = "link_revoked"         //
	TimelineLinkOpened          = "link_opened"          // the right person came in
	TimelineFactFailed          = "fact_failed"          //
	TimelineLinkLocked          = "link_locked"          //
	TimelineStatementViewed     = "statement_viewed"     //
	TimelineOffersViewed        = "offers_viewed"        //
	TimelineOfferViewed         = "offer_viewed"         // Amount
	TimelineOfferLapsed         = "offer_lapsed"         // Amount
	TimelineCodeSent            = "code_sent"            // To
	TimelineCodeVerified        = "code_verified"        //
	TimelineCodeFailed          = "code_failed"          //
	TimelineAgreementAccepted   = "agreement_accepted"   // Amount, Count
	TimelineAgreementActive     = "agreement_active"     // Amount
	TimelineAgreementKept       = "agreement_kept"       // Amount
	TimelineAgreementBroken     = "agreement_broken"     // Amount
	TimelineAgreementCancelled  = "agreement_cancelled"  //
	TimelineAgreementSuperseded = "agreement_superseded" //
	TimelinePaymentStarted      = "payment_started"      // Amount
	TimelinePaymentProcessing   = "payment_processing"   // Amount
	TimelinePaymentSucceeded    = "payment_succeeded"    // Amount
	TimelinePaymentFailed       = "payment_failed"       // Amount
	TimelinePaymentCancelled    = "payment_cancelled"    // Amount
	TimelinePaymentRefunded     = "payment_refunded"     // Amount
	TimelineInstalmentDue       = "instalment_due"       // Amount, Number
	TimelineInstalmentPaid      = "instalment_paid"      // Amount, Number
	TimelineInstalmentMissed    = "instalment_missed"    // Amount, Number
	TimelineCardSaved           = "card_saved"           // Card
	TimelineCardCharged         = "card_charged"         // Amount
	TimelineDiscountApplied     = "discount_applied"     // Amount
	TimelineDiscountLapsed      = "discount_lapsed"      // Amount
	TimelineMessageSent         = "message_sent"         // Subject, To
	TimelineMessageFailed       = "message_failed"       // Subject, To
	TimelineReminderSent        = "reminder_sent"        // To
	TimelineReceiptSent         = "receipt_sent"         // To
	TimelineNoteAdded           = "note_added"           // Text
	TimelinePolicyPublished     = "policy_published"     // Version
	TimelineSignedOut           = "signed_out"           //
)

// timelineText is the sentence of an entry.
func timelineText(p Page, kind string, params map[string]any) string {
	if !Has("timeline." + kind) {
		return p.Tx("timeline.", kind)
	}
	return Text(p.Locale, p.Zone, "timeline."+kind, params)
}
