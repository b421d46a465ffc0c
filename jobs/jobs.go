// Package jobs runs what was enqueued and what recurs, on River. It is thin:
// each job calls one function that it was given, and knows no domain.
package jobs

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"math/rand/v2"
	"runtime/debug"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"

	"github.com/acuerdo/acuerdo/db"
)

// Config is what a Runner needs. A nil function is a job that doesn't exist here.
type Config struct {
	DB     *db.DB
	Logger *slog.Logger // slog's default when nil; it never sees arguments or personal data

	Sweep      func(context.Context) error // all that falls due: every minute
	PollStripe func(context.Context) error // what webhooks may have missed: every hour
	Prune      func(context.Context) error // what is no longer needed: every day

	Workers  int           // jobs at once; 2 on SQLite, 8 on PostgreSQL when 0
	Poll     time.Duration // between looks at the queue; 100 ms on SQLite, 250 ms on PostgreSQL when 0
	Periodic bool          // run what recurs; one replica at a time does
}

// maxAttempts is how often a job is tried: with retryAfter, for about a day.
const maxAttempts = 25

// Runner works on jobs from Start to Stop. Register every kind before Start.
type Runner struct {
	config  Config
	workers *river.Workers
	client  *river.Client[*sql.Tx]
}

// New makes a runner without any kind of job.
func New(config Config) *Runner {
	if config.Logger == nil {
		config.Logger = slog.Default()
	}
	small := config.DB.Kind() == db.SQLite // one writer: more workers would only wait
	if config.Workers <= 0 {
		config.Workers = 8
		if small {
			config.Workers = 2
		}
	}
	if config.Poll <= 0 {
		config.Poll = 250 * time.Millisecond
		if small {
			config.Poll = 100 * time.Millisecond
		}
	}
	return &Runner{config: config, workers: river.NewWorkers()}
}

// Option changes how one kind of job is handled.
type Option[T db.JobArgs] func(*worker[T])

// GiveUp is called instead of another attempt when the last one failed.
func GiveUp[T db.JobArgs](fn func(context.Context, T) error) Option[T] {
	return func(w *worker[T]) { w.giveUp = fn }
}

// Timeout is how long one attempt may take; a minute where it isn't said.
func Timeout[T db.JobArgs](d time.Duration) Option[T] {
	return func(w *worker[T]) { w.timeout = d }
}

// Register says what a kind of job does. It panics when the kind is known
// already, because that is a mistake in the wiring.
func Register[T db.JobArgs](r *Runner, work func(context.Context, T) error, options ...Option[T]) {
	w := &worker[T]{work: work, logger: r.config.Logger, timeout: time.Minute}
	for _, option := range options {
		option(w)
	}
	river.AddWorker(r.workers, w)
}

// worker calls one function, and lets nothing out of it but a cleaned error:
// River keeps errors in its table and in its log.
type worker[T db.JobArgs] struct {
	river.WorkerDefaults[T]
	work    func(context.Context, T) error
	giveUp  func(context.Context, T) error
	timeout time.Duration
	logger  *slog.Logger
}

func (w *worker[T]) Timeout(*river.Job[T]) time.Duration { return w.timeout }

func (w *worker[T]) NextRetry(job *river.Job[T]) time.Time { return retryAt(job.Attempt) }

func (w *worker[T]) Work(ctx context.Context, job *river.Job[T]) error {
	err := w.attempt(ctx, job)
	if err == nil {
		return nil
	}
	attrs := []any{"kind", job.Kind, "job", job.ID, "attempt", job.Attempt, "error", err.Error()}
	if job.Attempt < job.MaxAttempts {
		w.logger.WarnContext(ctx, "a job failed and is tried again", attrs...)
		return err
	}
	w.logger.ErrorContext(ctx, "a job failed for the last time", attrs...)
	if w.giveUp != nil {
		if giveUpErr := w.giveUp(ctx, job.Args); giveUpErr != nil {
			w.logger.ErrorContext(ctx, "giving a job up failed", "kind", job.Kind, "job", job.ID, "error", clean(giveUpErr.Error()))
		}
	}
	return err
}

// attempt runs the function; a panic is an error like any other.
func (w *worker[T]) attempt(ctx context.Context, job *river.Job[T]) (err error) {
	defer func() {
		if p := recover(); p != nil {
			w.logger.ErrorContext(ctx, "a job panicked", "kind", job.Kind, "job", job.ID,
				"panic", clean(fmt.Sprint(p)), "stack", string(debug.Stack()))
			err = errors.New("panic: " + clean(fmt.Sprint(p)))
		}
	}()
	if err := w.work(ctx, job.Args); err != nil {
		return errors.New(clean(err.Error()))
	}
	return nil
}

// retryAt waits 2, 4, 8 … seconds, an hour at most, give or take a tenth so
// that what failed together isn't tried together.
func retryAt(attempt int) time.Time {
	seconds := math.Min(math.Pow(2, float64(attempt)), 3600)
	jitter := 0.9 + 0.2*rand.Float64()
	return time.Now().Add(time.Duration(seconds * jitter * float64(time.Second)))
}

// Start begins to work on jobs, until Stop: the end of ctx alone stops nothing,
// so that the signal that ends a server does not cut jobs off.
func (r *Runner) Start(ctx context.Context) error {
	if r.client != nil {
		return errors.New("jobs: the runner was started before")
	}
	registerPeriodic(r)
	if err := r.takeUp(ctx); err != nil {
		return err
	}
	config := &river.Config{
		Queues:            map[string]river.QueueConfig{river.QueueDefault: {MaxWorkers: r.config.Workers}},
		Workers:           r.workers,
		FetchPollInterval: r.config.Poll,
		FetchCooldown:     min(r.config.Poll, 100*time.Millisecond),
		MaxAttempts:       maxAttempts,
		// A job whose process was killed is taken up again after its own timeout.
		RescueStuckJobsAfter: 2 * time.Minute,
		PollOnly:             true, // database/sql has no LISTEN
		Logger:               slog.New(quietHandler{r.config.Logger.Handler()}),
	}
	if r.config.Periodic {
		config.PeriodicJobs = r.periodic()
	}
	client, err := r.config.DB.River(config)
	if err != nil {
		return err
	}
	if err := client.Start(context.WithoutCancel(ctx)); err != nil {
		return err
	}
	r.client = client
	return nil
}

// takeUp makes the jobs of a process that was killed ready again at once. An
// SQLite file has one process, so none of them can still be running; where
// there are replicas, River finds them by their time.
func (r *Runner) takeUp(ctx context.Context) error {
	if r.config.DB.Kind() != db.SQLite {
		return nil
	}
	return r.config.DB.Update(ctx, db.Everyone("jobs belong to no creditor"), func(tx *db.Tx) error {
		return tx.Exec("UPDATE river_job SET state = ? WHERE state = ?", rivertype.JobStateAvailable, rivertype.JobStateRunning).Error
	})
}

// Stop takes no new job and waits for the running ones; when ctx ends first,
// they are cancelled and will be tried again.
func (r *Runner) Stop(ctx context.Context) error {
	if r.client == nil {
		return nil
	}
	err := r.client.Stop(ctx)
	if err != nil && ctx.Err() != nil {
		last, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		defer cancel()
		return r.client.StopAndCancel(last)
	}
	return err
}

// RunSweep does now what the schedule does every minute.
func (r *Runner) RunSweep(ctx context.Context) error {
	if r.config.Sweep == nil {
		return nil
	}
	return r.config.Sweep(ctx)
}

// unfinished are jobs that are running or could run now.
const unfinished = `SELECT count(*) FROM river_job WHERE state IN (?, ?) OR (state IN (?, ?) AND scheduled_at <= ?)`

// Drain waits until every job that was enqueued has run, those left out that
// wait for a later moment. It needs a started runner, here or in another process.
func (r *Runner) Drain(ctx context.Context) error {
	tick := time.NewTicker(max(r.config.Poll/2, 10*time.Millisecond))
	defer tick.Stop()
	for {
		n, err := r.unfinished(ctx)
		if err != nil || n == 0 {
			return err
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("jobs: %d are not done: %w", n, ctx.Err())
		case <-tick.C:
		}
	}
}

func (r *Runner) unfinished(ctx context.Context) (n int64, err error) {
	err = r.config.DB.View(ctx, db.Everyone("jobs belong to no creditor"), func(tx *db.Tx) error {
		var now any = time.Now().UTC()
		if tx.Kind() == db.SQLite {
			now = time.Now().UTC().Format("2006-01-02 15:04:05.999") // as River writes it there
		}
		return tx.Raw(unfinished, rivertype.JobStateAvailable, rivertype.JobStateRunning,
			rivertype.JobStateRetryable, rivertype.JobStateScheduled, now).Scan(&n).Error
	})
	return n, err
}
