package jobs

import (
	"context"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"
)

// The jobs of the schedule. A kind that is waiting or running isn't enqueued
// again, so a slow sweep is followed by one, not by a queue of them.
type sweepArgs struct{}

func (sweepArgs) Kind() string { return "sweep" }

type pollStripeArgs struct{}

func (pollStripeArgs) Kind() string { return "poll_stripe" }

type pruneArgs struct{}

func (pruneArgs) Kind() string { return "prune" }

// sweepTime is how long a sweep may take: a creditor with very many cases needs minutes.
const sweepTime = 15 * time.Minute

func nothing(context.Context) error { return nil }

// registerPeriodic registers the schedule's kinds also where they aren't run
// from here, because another replica may have enqueued one.
func registerPeriodic(r *Runner) {
	or := func(fn func(context.Context) error) func(context.Context) error {
		if fn == nil {
			return nothing
		}
		return fn
	}
	sweep, poll, prune := or(r.config.Sweep), or(r.config.PollStripe), or(r.config.Prune)
	Register(r, func(ctx context.Context, _ sweepArgs) error { return sweep(ctx) }, Timeout[sweepArgs](sweepTime))
	Register(r, func(ctx context.Context, _ pollStripeArgs) error { return poll(ctx) }, Timeout[pollStripeArgs](sweepTime))
	Register(r, func(ctx context.Context, _ pruneArgs) error { return prune(ctx) }, Timeout[pruneArgs](sweepTime))
}

func (r *Runner) periodic() []*river.PeriodicJob {
	var all []*river.PeriodicJob
	add := func(fn func(context.Context) error, every time.Duration, args river.JobArgs) {
		if fn == nil {
			return
		}
		options := &river.InsertOpts{
			MaxAttempts: 1, // the next one comes anyway
			UniqueOpts: river.UniqueOpts{ByState: []rivertype.JobState{
				rivertype.JobStateAvailable, rivertype.JobStatePending, rivertype.JobStateRunning,
				rivertype.JobStateRetryable, rivertype.JobStateScheduled,
			}},
		}
		all = append(all, river.NewPeriodicJob(river.PeriodicInterval(every),
			func() (river.JobArgs, *river.InsertOpts) { return args, options }, &river.PeriodicJobOpts{RunOnStart: true}))
	}
	add(r.config.Sweep, time.Minute, sweepArgs{})
	add(r.config.PollStripe, time.Hour, pollStripeArgs{})
	add(r.config.Prune, 24*time.Hour, pruneArgs{})
	return all
}
