package api

import (
	"context"

	"github.com/acuerdo/acuerdo/cases"
	"github.com/acuerdo/acuerdo/db"
	"github.com/acuerdo/acuerdo/payments"
)

// CaseInput names a case.
type CaseInput struct {
	Credentials
	Ref string `path:"ref" maxLength:"40" example:"7KQX-3M9P" doc:"The case's reference."`
}

// CaseOutput is a case's answer.
type CaseOutput struct {
	CacheControl string `header:"Cache-Control"`
	Body         Case
}

// getCase is GET /api/v1/cases/{ref}.
func (d *Door) getCase(ctx context.Context, in *CaseInput) (*CaseOutput, error) {
	var f cases.File
	var paid []payments.Payment
	err := d.read(ctx, in, func(tx *db.Tx, k cases.Case) (err error) {
		if f, err = cases.Load(tx, k.CreditorID, k.ID, d.Clock.Now()); err != nil {
			return err
		}
		paid, err = payments.OfCase(tx, k.CreditorID, k.ID)
		return err
	})
	if err != nil {
		return nil, d.problem(ctx, err)
	}
	return &CaseOutput{CacheControl: noStore, Body: caseOf(f, paid)}, nil
}

const noStore = "no-store"

// read finds a case of the key's creditors and reads it in one transaction of
// its creditor. A reference of anybody else's case is one that doesn't exist.
func (d *Door) read(ctx context.Context, in *CaseInput, fn func(*db.Tx, cases.Case) error) error {
	key, err := d.authorise(ctx, in.Credentials, ScopeReadCases)
	if err != nil {
		return err
	}
	creditor := key.CreditorID
	if len(key.Creditors) > 1 {
		err := d.DB.View(ctx, db.Everyone("an agency's key reads for several creditors"), func(tx *db.Tx) error {
			k, err := cases.ByRefAmong(tx, key.Creditors, in.Ref)
			creditor = k.CreditorID
			return err
		})
		if err != nil {
			return err
		}
	}
	return d.DB.View(ctx, db.Of(creditor), func(tx *db.Tx) error {
		k, err := cases.ByRef(tx, creditor, in.Ref)
		if err != nil {
			return err
		}
		return fn(tx, k)
	})
}

// TimelineOutput is a timeline's answer.
type TimelineOutput struct {
	CacheControl string  `header:"Cache-Control"`
	Body         []Event `nullable:"false"`
}

// getTimeline is GET /api/v1/cases/{ref}/timeline.
func (d *Door) getTimeline(ctx context.Context, in *CaseInput) (*TimelineOutput, error) {
	var events []cases.Event
	err := d.read(ctx, in, func(tx *db.Tx, k cases.Case) (err error) {
		events, err = cases.Timeline(tx, k.CreditorID, k.ID)
		return err
	})
	if err != nil {
		return nil, d.problem(ctx, err)
	}
	out := make([]Event, len(events))
	for i, e := range events {
		out[len(events)-1-i] = eventOf(e)
	}
	return &TimelineOutput{CacheControl: noStore, Body: out}, nil
}
