package frontend

// Tones are the looks of a tag: good, late, brand or plain. The word in it says
// the same, for those who see no colour.

func instalmentTone(s InstalmentState) string {
	switch s {
	case InstalmentPaid:
		return "good"
	case InstalmentLate:
		return "late"
	case InstalmentNext, InstalmentDue:
		return "brand"
	default:
		return "plain"
	}
}

func agreementTone(s AgreementState) string {
	switch s {
	case AgreementActive, AgreementKept:
		return "good"
	case AgreementBroken:
		return "late"
	default:
		return "plain"
	}
}

func caseTone(s CaseState) string {
	switch s {
	case CaseAgreed, CaseSettled:
		return "good"
	case CaseDisputed:
		return "late"
	default:
		return "plain"
	}
}

func paymentTone(s PaymentState) string {
	switch s {
	case PaymentPaid:
		return "good"
	case PaymentFailed:
		return "late"
	default:
		return "plain"
	}
}

func messageTone(s string) string {
	if s == "failed" {
		return "late"
	}
	return "plain"
}
