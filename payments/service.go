package payments

import (
	"context"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"

	"github.com/acuerdo/acuerdo/clock"
	"github.com/acuerdo/acuerdo/db"
)

// Service starts payments and brings them to their end. The first five fields
// are required; use it by pointer.
type Service struct {
	DB       *db.DB
	Clock    clock.Clock
	Gateway  Gateway
	Livemode bool // what Stripe's objects must say
	// ReturnURL is where Stripe's page leads back to; the pages there only read.
	ReturnURL func(paymentID db.ID) (success, cancel string)

	// Describe is the line on Stripe's page, in the debtor's language; the
	// creditor's name and the reference where it is nil. It must not change while
	// a payment is live, and says nothing of the debt that a card statement shouldn't.
	Describe func(language, creditor, caseRef string) string
	// CheckoutLife is how long a hosted page waits, from 30 minutes to 24 hours by
	// Stripe's clock; 0 leaves it to Stripe: 24 hours.
	CheckoutLife time.Duration
	// OnPaid and OnFailed run inside the transaction in which a payment succeeded
	// or was failed by the bank, so that what they enqueue holds if and only if that does.
	OnPaid   func(tx *db.Tx, p Payment) error
	OnFailed func(tx *db.Tx, p Payment) error

	calls  singleflight.Group // one call to Stripe for one payment at a time
	mu     sync.Mutex
	looked map[db.ID]time.Time // when Sweep last looked at a processing payment
}

// ProcessEventArgs is the job that works on a stored event: Service.ProcessEvent.
type ProcessEventArgs struct {
	EventID string `json:"event_id"`
}

// Kind names the job.
func (ProcessEventArgs) Kind() string { return "process_stripe_event" }

// Get reads one payment of a case, as it is in our own books: a return page
// shows it and changes nothing.
func (s *Service) Get(ctx context.Context, creditor, caseID, id db.ID) (Payment, error) {
	var p Payment
	err := s.DB.View(ctx, db.Of(creditor), func(tx *db.Tx) (err error) {
		p, err = Get(tx, creditor, caseID, id)
		return err
	})
	return p, err
}

// byID reads a payment whose creditor is not known yet.
func (s *Service) byID(ctx context.Context, id db.ID) (Payment, error) {
	var p Payment
	err := s.DB.View(ctx, db.Everyone("a payment's id tells whose it is"), func(tx *db.Tx) error {
		return tx.Where("id = ?", id).Take(&p).Error
	})
	return p, err
}

func (s *Service) reread(ctx context.Context, p Payment) (Payment, error) {
	return s.Get(ctx, p.CreditorID, p.CaseID, p.ID)
}
