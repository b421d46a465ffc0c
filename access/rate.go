package access

import (
	"context"
	"errors"
	"fmt"
	"time"

	"gorm.io/gorm"

	"github.com/acuerdo/acuerdo/db"
	"github.com/acuerdo/acuerdo/fault"
)

// counter is a row of rate_counters, which all replicas share. Three sorts live
// there, told apart by their key:
//
//	rate:KEY  window_at = the window's start, hits = requests in it
//	try:KEY   window_at = the epoch,          hits = tries in the running window
//	end:KEY   window_at = when that window, or the lock after it, ends
//
// A "try" row has a fixed primary key, so that adding one locks it: of many
// tries at once on many replicas, each sees its own number.
type counter struct {
	Key      string
	WindowAt time.Time
	Hits     int
}

// TableName is rate_counters.
func (counter) TableName() string { return "rate_counters" }

var epoch = time.Unix(0, 0).UTC()

// limit is: at most max tries within a window that starts with the first of
// them; the last one locks the key for a while.
type limit struct {
	key    string
	max    int
	window time.Duration
	lock   time.Duration
	fault  string // message key of the refusal
}

func add(tx *db.Tx, key string, windowAt time.Time) (hits int, err error) {
	err = tx.Raw(`INSERT INTO rate_counters (key, window_at, hits) VALUES (?, ?, 1)
		ON CONFLICT (key, window_at) DO UPDATE SET hits = rate_counters.hits + 1 RETURNING hits`, key, windowAt).Scan(&hits).Error
	return hits, err
}

// take counts a try against every limit before it is known to be right or
// wrong, so that tries made at the same time can't outrun the count. It answers
// how many are left under the tightest limit, and which that is, or RateLimited;
// on an error the caller lets the transaction roll back, so that a refused try
// counts nothing. Give limits in a fixed order, because each locks its row.
func take(tx *db.Tx, now time.Time, limits ...limit) (left int, tightest limit, err error) {
	for i, l := range limits {
		n, err := l.take(tx, now)
		if err != nil {
			return 0, l, err
		}
		if i == 0 || l.max-n < left {
			left, tightest = l.max-n, l
		}
	}
	return left, tightest, nil
}

func (l limit) take(tx *db.Tx, now time.Time) (n int, err error) {
	if n, err = add(tx, "try:"+l.key, epoch); err != nil {
		return 0, err
	}
	end, err := l.end(tx)
	if err != nil {
		return 0, err
	}
	if !end.After(now) { // no window runs: this try starts one
		n = 1
		if err := l.set(tx, n); err != nil {
			return 0, err
		}
		if err := l.setEnd(tx, now.Add(l.window)); err != nil {
			return 0, err
		}
	}
	if n > l.max {
		return 0, l.refuse(now, end)
	}
	if n == l.max {
		if err := l.setEnd(tx, now.Add(l.lock)); err != nil {
			return 0, err
		}
	}
	return n, nil
}

func (l limit) end(tx *db.Tx) (time.Time, error) {
	var c counter
	err := tx.Where("key = ?", "end:"+l.key).Order("window_at DESC").Take(&c).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return time.Time{}, nil
	}
	return c.WindowAt, err
}

func (l limit) set(tx *db.Tx, hits int) error {
	return tx.Model(&counter{}).Where("key = ? AND window_at = ?", "try:"+l.key, epoch).Update("hits", hits).Error
}

// setEnd is safe because the try's row is locked by now.
func (l limit) setEnd(tx *db.Tx, at time.Time) error {
	if err := tx.Where("key = ?", "end:"+l.key).Delete(&counter{}).Error; err != nil {
		return err
	}
	return tx.Create(&counter{Key: "end:" + l.key, WindowAt: at}).Error
}

// forget takes every try back: the right person came.
func (l limit) forget(tx *db.Tx) error {
	if err := l.set(tx, 0); err != nil {
		return err
	}
	return tx.Where("key = ?", "end:"+l.key).Delete(&counter{}).Error
}

// giveBack takes one try back, because it was right; the wrong ones stay. If
// it was the last one, the lock it brought stays away too.
func (l limit) giveBack(tx *db.Tx, now time.Time) error {
	var n int
	err := tx.Raw(`UPDATE rate_counters SET hits = hits - 1 WHERE key = ? AND window_at = ? AND hits > 0 RETURNING hits`,
		"try:"+l.key, epoch).Scan(&n).Error
	if err != nil || n != l.max-1 {
		return err
	}
	return l.setEnd(tx, now.Add(l.window))
}

func (l limit) refuse(now, end time.Time) error { return refuse(l.fault, now, end) }

// refuse says when to come back: minutes, rounded up, and the instant.
func refuse(key string, now, end time.Time) error {
	minutes := int((end.Sub(now) + time.Minute - 1) / time.Minute)
	return &fault.Error{Code: fault.RateLimited, Key: key, Params: map[string]any{"minutes": max(1, minutes), "until": end.UTC()}}
}

// Allow counts a request in a fixed window that all replicas share and refuses
// it, with RateLimited "too_many_requests" (minutes, until), once there were
// max in the window. Keys are the caller's; don't put personal data in them
// (see IPKey).
func (s *Service) Allow(ctx context.Context, key string, max int, window time.Duration) error {
	now := s.Clock.Now()
	start := now.Truncate(window)
	var hits int
	err := s.DB.Update(ctx, db.Everyone("request counters belong to no creditor"), func(tx *db.Tx) (err error) {
		hits, err = add(tx, fmt.Sprintf("rate:%s/%s", key, window), start)
		return err
	})
	if err != nil {
		return err
	}
	if hits > max {
		return refuse("too_many_requests", now, start.Add(window))
	}
	return nil
}

// IPKey names an address for Allow without storing it.
func (s *Service) IPKey(ip string) string { return "ip:" + s.ipKey(ip) }

// keepCounters is longer than any window or lock.
const keepCounters = 48 * time.Hour

// PruneCounters removes counters whose window is long over; a daily job calls it.
func (s *Service) PruneCounters(ctx context.Context) error {
	before := s.Clock.Now().Add(-keepCounters)
	return s.DB.Update(ctx, db.Everyone("counters belong to no creditor"), func(tx *db.Tx) error {
		if err := tx.Where("window_at > ? AND window_at < ?", epoch, before).Delete(&counter{}).Error; err != nil {
			return err
		}
		return tx.Exec(`DELETE FROM rate_counters WHERE window_at = ? AND key LIKE 'try:%' AND NOT EXISTS
			(SELECT 1 FROM rate_counters AS e WHERE e.key = 'end:' || substr(rate_counters.key, 5))`, epoch).Error
	})
}

// keepEnded is how long ended codes and sessions stay, for questions about them.
const keepEnded = 30 * 24 * time.Hour

// PruneExpired removes one-time codes a day after they expired, and sessions of
// debtors and staff a month after nothing could be done with them.
func (s *Service) PruneExpired(ctx context.Context) error {
	now := s.Clock.Now()
	return s.DB.Update(ctx, db.Everyone("expired secrets of all creditors are swept together"), func(tx *db.Tx) error {
		if err := tx.Where("expires_at < ?", now.Add(-24*time.Hour)).Delete(&oneTimeCode{}).Error; err != nil {
			return err
		}
		if err := tx.Where("started_at < ?", now.Add(-keepEnded)).Delete(&Session{}).Error; err != nil {
			return err
		}
		return tx.Where("started_at < ?", now.Add(-keepEnded)).Delete(&staffSession{}).Error
	})
}
