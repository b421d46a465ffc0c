package cases

import (
	"crypto/sha256"
	"encoding/hex"
	"time"

	"github.com/acuerdo/acuerdo/clock"
	"github.com/acuerdo/acuerdo/db"
	"github.com/acuerdo/acuerdo/fault"
	"github.com/acuerdo/acuerdo/ledger"
	"github.com/acuerdo/acuerdo/money"
	"github.com/acuerdo/acuerdo/states"
)

// CommitmentKind is the sort of terms agreed.
type CommitmentKind string

// The kinds of commitment.
const (
	EarlyPayment CommitmentKind = "early_payment" // pay by a day, less a discount
	Settlement   CommitmentKind = "settlement"    // less than owed, in a few payments
	Plan         CommitmentKind = "plan"          // all of it, in instalments
)

// CommitmentState is where an agreement stands.
type CommitmentState string

// CommitmentEvent is what changes that.
type CommitmentEvent string

// States and events of an agreement.
const (
	Active     CommitmentState = "active"
	Kept       CommitmentState = "kept"
	Broken     CommitmentState = "broken"
	Cancelled  CommitmentState = "cancelled"
	Superseded CommitmentState = "superseded"

	PaidInFull   CommitmentEvent = "paid_in_full"
	GraceRanOut  CommitmentEvent = "grace_ran_out"
	CalledOff    CommitmentEvent = "called_off"
	ReplacedByIt CommitmentEvent = "replaced"
)

// CommitmentStates is the life of an agreement once it is accepted; before that it is an offer.
var CommitmentStates = states.Table[CommitmentState, CommitmentEvent]{
	{From: Active, Event: PaidInFull, To: Kept},
	{From: Active, Event: GraceRanOut, To: Broken},
	{From: Active, Event: CalledOff, To: Cancelled},
	{From: Active, Event: ReplacedByIt, To: Superseded},
}

// Commitment is an agreement with its evidence.
type Commitment struct {
	ID                     db.ID
	CreditorID             db.ID
	CaseID                 db.ID
	OfferID                *db.ID
	Kind                   CommitmentKind
	State                  CommitmentState
	PolicyVersion          int
	BalanceMinor           int64 // owed when it was agreed
	DiscountPrincipalMinor int64 // the discount falls away when the agreement is kept
	DiscountInterestMinor  int64
	DiscountFeesMinor      int64
	TotalMinor             int64 // to be paid: balance less discount
	Currency               money.Currency
	Autopay                bool
	TermsText              string // exactly what was shown
	TermsSHA256            string `gorm:"column:terms_sha256"`
	Language               string
	ShownAt                time.Time
	AcceptedAt             time.Time
	IP                     string `gorm:"column:ip"`
	UserAgent              string
	VerifiedBy             string
	GraceDays              int
	DocumentID             *db.ID
	EndedAt                *time.Time
	EndReason              string
}

// DiscountMinor is the whole discount, in minor units.
func (c Commitment) DiscountMinor() int64 {
	return c.DiscountPrincipalMinor + c.DiscountInterestMinor + c.DiscountFeesMinor
}

// CommitmentInvoice is one invoice that an agreement covers.
type CommitmentInvoice struct {
	CommitmentID db.ID
	InvoiceID    db.ID
	CreditorID   db.ID
	Active       bool // while the agreement runs: an invoice is in one running agreement
}

// Instalment is what falls due when; whether it is paid is derived.
type Instalment struct {
	ID           db.ID
	CreditorID   db.ID
	CommitmentID db.ID
	Position     int // from 0
	DueOn        clock.Date
	AmountMinor  int64
	AskedAt      *time.Time
	WarnedAt     *time.Time
}

// Agree stores an accepted agreement on the case file. The caller has checked
// that the terms are allowed; Agree checks that they still fit: the case is
// open, no covered invoice is disputed or in another running agreement, and
// the instalments add up. The caller holds the case's lock.
func Agree(tx *db.Tx, c Commitment, instalments []Instalment, invoices []db.ID) (Commitment, error) {
	if err := checkSums(c, instalments); err != nil {
		return c, err
	}
	sum := sha256.Sum256([]byte(c.TermsText))
	c.TermsSHA256, c.State = hex.EncodeToString(sum[:]), Active
	if c.ID == (db.ID{}) {
		c.ID = db.NewID()
	}
	if err := tx.Create(&c).Error; err != nil {
		return c, err
	}
	covered := make([]CommitmentInvoice, len(invoices))
	for i, id := range invoices {
		covered[i] = CommitmentInvoice{CommitmentID: c.ID, InvoiceID: id, CreditorID: c.CreditorID, Active: true}
	}
	if err := tx.Create(&covered).Error; err != nil {
		return c, err
	}
	for i := range instalments {
		instalments[i].ID, instalments[i].CommitmentID, instalments[i].CreditorID = db.NewID(), c.ID, c.CreditorID
	}
	if err := tx.Create(&instalments).Error; err != nil {
		return c, err
	}
	return c, Record(tx, Event{
		CreditorID: c.CreditorID, CaseID: c.CaseID, Kind: EventCommitmentMade, Actor: ByDebtor, Channel: "portal", At: c.AcceptedAt,
		Data: map[string]any{
			"commitment_id": c.ID, "kind": c.Kind, "total_minor": c.TotalMinor, "discount_minor": c.DiscountMinor(),
			"instalments": len(instalments), "policy_version": c.PolicyVersion, "verified_by": c.VerifiedBy,
		},
	})
}

func checkSums(c Commitment, instalments []Instalment) error {
	var sum int64
	for i, in := range instalments {
		sum += in.AmountMinor
		if in.Position != i || (i > 0 && !instalments[i-1].DueOn.Before(in.DueOn)) {
			return fault.Newf(fault.Internal, "internal", "cases: instalment %d is out of order", i)
		}
	}
	if sum != c.TotalMinor || c.TotalMinor+c.DiscountMinor() != c.BalanceMinor {
		return fault.Newf(fault.Internal, "internal", "cases: instalments %d, total %d, discount %d, balance %d don't add up",
			sum, c.TotalMinor, c.DiscountMinor(), c.BalanceMinor)
	}
	return nil
}

// end moves an agreement along its table and frees its invoices.
func (c Commitment) end(tx *db.Tx, event CommitmentEvent, at time.Time, reason string) error {
	to, err := CommitmentStates.Next(c.State, event)
	if err != nil {
		return err
	}
	err = db.CompareAndSet(tx.Model(&Commitment{}).Where("creditor_id = ? AND id = ? AND state = ?", c.CreditorID, c.ID, c.State).
		Updates(map[string]any{"state": to, "ended_at": at, "end_reason": reason}))
	if err != nil {
		return err
	}
	return tx.Model(&CommitmentInvoice{}).Where("creditor_id = ? AND commitment_id = ?", c.CreditorID, c.ID).
		Update("active", false).Error
}

// InstalmentState is how an instalment stands on a day.
type InstalmentState string

// The states of an instalment, all derived.
const (
	InstalmentPaid     InstalmentState = "paid"
	InstalmentDue      InstalmentState = "due"  // the next to pay, while nothing is late
	InstalmentLate     InstalmentState = "late" // its day has passed
	InstalmentUpcoming InstalmentState = "upcoming"
)

// InstalmentProgress is an instalment with what was paid of it.
type InstalmentProgress struct {
	Instalment
	State     InstalmentState
	PaidMinor int64
	OpenMinor int64
}

// Progress fills instalments in their order with what was paid towards the agreement.
func Progress(instalments []Instalment, paidMinor int64, today clock.Date) []InstalmentProgress {
	out := make([]InstalmentProgress, len(instalments))
	next := true
	for i, in := range instalments {
		paid := max(0, min(paidMinor, in.AmountMinor))
		paidMinor -= paid
		p := InstalmentProgress{Instalment: in, PaidMinor: paid, OpenMinor: in.AmountMinor - paid, State: InstalmentUpcoming}
		switch {
		case p.OpenMinor == 0:
			p.State = InstalmentPaid
		case in.DueOn.Before(today):
			p.State, next = InstalmentLate, false
		case next:
			p.State, next = InstalmentDue, false
		}
		out[i] = p
	}
	return out
}

// DueMinor is what should have been paid by the end of a day and wasn't.
func DueMinor(progress []InstalmentProgress, day clock.Date) int64 {
	var n int64
	for _, p := range progress {
		if !p.DueOn.After(day) {
			n += p.OpenMinor
		}
	}
	return n
}

// CommitmentFile is an agreement with its schedule and what was paid towards it.
type CommitmentFile struct {
	Commitment
	Invoices  []db.ID
	Schedule  []InstalmentProgress
	PaidMinor int64
}

// LeftMinor is what is still to be paid towards it.
func (c CommitmentFile) LeftMinor() int64 { return max(0, c.TotalMinor-c.PaidMinor) }

// Next is the first instalment that is not paid, nil when all are.
func (c CommitmentFile) Next() *InstalmentProgress {
	for i := range c.Schedule {
		if c.Schedule[i].OpenMinor > 0 {
			return &c.Schedule[i]
		}
	}
	return nil
}

var (
	commitmentsOfCase = db.From[Commitment]("WHERE creditor_id = ? AND case_id = ? ORDER BY accepted_at DESC, id DESC")
	instalmentsOfCase = db.From[Instalment]("WHERE creditor_id = ? AND commitment_id IN " + ofCase + " ORDER BY position")
	coveredByCase     = db.From[CommitmentInvoice]("WHERE creditor_id = ? AND commitment_id IN " + ofCase)
)

const ofCase = "(SELECT id FROM commitments WHERE creditor_id = ? AND case_id = ?)"

// commitmentParts is a case's agreements on their way from the database.
type commitmentParts struct {
	commitments *db.Found[Commitment]
	instalments *db.Found[Instalment]
	covered     *db.Found[CommitmentInvoice]
}

func readCommitments(r *db.Reads, creditor, caseID db.ID) commitmentParts {
	return commitmentParts{
		commitments: commitmentsOfCase.In(r, creditor, caseID),
		instalments: instalmentsOfCase.In(r, creditor, creditor, caseID),
		covered:     coveredByCase.In(r, creditor, creditor, caseID),
	}
}

// files gives each agreement its own schedule, invoices and money, newest first.
func (p commitmentParts) files(entries []ledger.Entry, today clock.Date) []CommitmentFile {
	commitments := p.commitments.All()
	files := make([]CommitmentFile, len(commitments))
	for i, c := range commitments {
		f := CommitmentFile{Commitment: c, PaidMinor: ledger.PaidTowards(entries, c.ID)}
		var own []Instalment
		for _, in := range p.instalments.All() {
			if in.CommitmentID == c.ID {
				own = append(own, in)
			}
		}
		for _, ci := range p.covered.All() {
			if ci.CommitmentID == c.ID {
				f.Invoices = append(f.Invoices, ci.InvoiceID)
			}
		}
		f.Schedule = Progress(own, f.PaidMinor, today)
		files[i] = f
	}
	return files
}
