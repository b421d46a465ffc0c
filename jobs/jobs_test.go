package jobs_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/acuerdo/acuerdo/db"
	"github.com/acuerdo/acuerdo/db/dbtest"
	"github.com/acuerdo/acuerdo/jobs"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

type greetArgs struct {
	Name string `json:"name"`
}

func (greetArgs) Kind() string { return "greet" }

// journal is a log that tests may read while it is written.
type journal struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (j *journal) Write(p []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.b.Write(p)
}

func (j *journal) String() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.b.String()
}

func runner(d *db.DB, log *journal, change func(*jobs.Config)) *jobs.Runner {
	c := jobs.Config{DB: d, Logger: slog.New(slog.NewTextHandler(log, nil)), Poll: 20 * time.Millisecond}
	if change != nil {
		change(&c)
	}
	return jobs.New(c)
}

func start(t *testing.T, r *jobs.Runner) {
	t.Helper()
	if err := r.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
		defer cancel()
		if err := r.Stop(ctx); err != nil {
			t.Error(err)
		}
	})
}

func enqueue(t *testing.T, d *db.DB, args ...db.JobArgs) {
	t.Helper()
	err := d.Update(context.Background(), db.Everyone("test"), func(tx *db.Tx) error {
		for _, a := range args {
			if err := tx.Enqueue(a); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func drain(t *testing.T, r *jobs.Runner) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	if err := r.Drain(ctx); err != nil {
		t.Fatal(err)
	}
}

func TestAJobRunsOnceAndDrainWaitsForIt(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		var runs atomic.Int64
		var seen sync.Map
		r := runner(d, &journal{}, nil)
		jobs.Register(r, func(_ context.Context, a greetArgs) error {
			runs.Add(1)
			seen.Store(a.Name, true)
			if a.Name == "first" { // what a job enqueues is waited for too
				return d.Update(context.Background(), db.Everyone("test"), func(tx *db.Tx) error { return tx.Enqueue(greetArgs{"second"}) })
			}
			return nil
		})
		enqueue(t, d, greetArgs{"first"}, greetArgs{"other"})
		start(t, r)
		drain(t, r)
		if _, ok := seen.Load("second"); !ok || runs.Load() != 3 {
			t.Errorf("%d runs", runs.Load())
		}
	})
}

func TestDrainDoesNotWaitForALaterMoment(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		r := runner(d, &journal{}, nil)
		jobs.Register(r, func(context.Context, greetArgs) error { return errors.New("too early") })
		err := d.Update(context.Background(), db.Everyone("test"), func(tx *db.Tx) error {
			return tx.EnqueueAt(greetArgs{"tomorrow"}, time.Now().Add(24*time.Hour))
		})
		if err != nil {
			t.Fatal(err)
		}
		start(t, r)
		drain(t, r)
	})
}

func TestDrainGivesUpWithItsContext(t *testing.T) {
	d := dbtest.SQLite(t)
	r := runner(d, &journal{}, nil)
	enqueue(t, d, greetArgs{"nobody works"})
	ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	if err := r.Drain(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
}

func TestAFailedJobIsTriedAgainAndTellsNothingPersonal(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		var runs atomic.Int64
		log := &journal{}
		r := runner(d, log, nil)
		jobs.Register(r, func(_ context.Context, a greetArgs) error {
			if runs.Add(1) == 1 {
				return errors.New("550 <maria@example.com> at https://pay.example/l/tok-1 has code 493021 in 01890a5d-ac96-774b-bcce-b302099a8057, " + a.Name)
			}
			return nil
		})
		enqueue(t, d, greetArgs{"sk_test_abc"})
		start(t, r)
		drain(t, r)
		if runs.Load() != 2 {
			t.Errorf("%d runs", runs.Load())
		}
		var table string
		err := d.View(context.Background(), db.Everyone("test"), func(tx *db.Tx) error {
			query := "SELECT CAST(errors AS TEXT) FROM river_job"
			return tx.Raw(query).Scan(&table).Error
		})
		if err != nil {
			t.Fatal(err)
		}
		for where, text := range map[string]string{"log": log.String(), "table": table} {
			if !strings.Contains(text, "has code") || !strings.Contains(text, "01890a5d-ac96-774b-bcce-b302099a8057") {
				t.Errorf("the %s does not say what failed: %s", where, text)
			}
			for _, private := range []string{"maria", "tok-1", "493021", "sk_test_abc"} {
				if strings.Contains(text, private) {
					t.Errorf("the %s has %q: %s", where, private, text)
				}
			}
		}
	})
}

func TestTheLastFailureIsGivenUpAndAPanicIsAnError(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		log, gave := &journal{}, make(chan string, 1)
		r := runner(d, log, nil)
		jobs.Register(r, func(context.Context, greetArgs) error { panic("for maria@example.com") },
			jobs.GiveUp(func(_ context.Context, a greetArgs) error {
				gave <- a.Name
				return nil
			}))
		enqueue(t, d, greetArgs{"last"})
		err := d.Update(context.Background(), db.Everyone("test"), func(tx *db.Tx) error {
			return tx.Exec("UPDATE river_job SET max_attempts = 1").Error
		})
		if err != nil {
			t.Fatal(err)
		}
		start(t, r)
		drain(t, r)
		select {
		case name := <-gave:
			if name != "last" {
				t.Errorf("gave up %q", name)
			}
		default:
			t.Error("nobody gave up")
		}
		if s := log.String(); !strings.Contains(s, "panicked") || strings.Contains(s, "maria") {
			t.Errorf("the log: %s", s)
		}
	})
}

func TestStopWaitsForARunningJob(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		begun, finish := make(chan struct{}), make(chan struct{})
		var done atomic.Bool
		r := runner(d, &journal{}, nil)
		jobs.Register(r, func(ctx context.Context, _ greetArgs) error {
			close(begun)
			<-finish
			done.Store(ctx.Err() == nil)
			return nil
		})
		enqueue(t, d, greetArgs{"slow"})
		starting, cancel := context.WithCancel(context.Background())
		if err := r.Start(starting); err != nil {
			t.Fatal(err)
		}
		<-begun
		cancel() // a server's signal must not cut the job off
		stopped := make(chan error)
		go func() { stopped <- r.Stop(context.Background()) }()
		select {
		case <-stopped:
			t.Fatal("stopped while a job was running")
		default:
		}
		close(finish)
		if err := <-stopped; err != nil {
			t.Fatal(err)
		}
		if !done.Load() {
			t.Error("the job was cut off")
		}
		drain(t, r)
	})
}

func TestStopCutsOffWhatDoesNotEnd(t *testing.T) {
	d := dbtest.SQLite(t)
	begun := make(chan struct{})
	r := runner(d, &journal{}, nil)
	jobs.Register(r, func(ctx context.Context, _ greetArgs) error {
		close(begun)
		<-ctx.Done()
		return ctx.Err()
	})
	enqueue(t, d, greetArgs{"endless"})
	if err := r.Start(context.Background()); err != nil {
		t.Fatal(err)
	}
	<-begun
	ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	if err := r.Stop(ctx); err != nil {
		t.Error(err)
	}
}

func TestWhatRecursRuns(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		swept, polled := make(chan struct{}, 10), make(chan struct{}, 10)
		note := func(c chan struct{}) func(context.Context) error {
			return func(context.Context) error {
				c <- struct{}{}
				return nil
			}
		}
		r := runner(d, &journal{}, func(c *jobs.Config) { c.Periodic, c.Sweep, c.PollStripe = true, note(swept), note(polled) })
		if err := r.RunSweep(context.Background()); err != nil || len(swept) != 1 {
			t.Fatalf("swept %d times, %v", len(swept), err)
		}
		<-swept
		start(t, r)
		for name, c := range map[string]chan struct{}{"sweep": swept, "poll": polled} {
			select {
			case <-c:
			case <-time.After(30 * time.Second):
				t.Errorf("no %s", name)
			}
		}
		drain(t, r)
	})
}
