package console

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"gorm.io/gorm"

	"github.com/acuerdo/acuerdo/cases"
	"github.com/acuerdo/acuerdo/clock"
	"github.com/acuerdo/acuerdo/db"
	"github.com/acuerdo/acuerdo/frontend"
)

// listed is a case with as much of its debtor as a list shows.
type listed struct {
	cases.Case
	DebtorName     string
	DebtorKind     string
	DebtorTimeZone string
}

func (l listed) debtor() cases.Debtor { return cases.Debtor{TimeZone: l.DebtorTimeZone} }

// newsItem is a case with news and the event that the queue tells of it.
type newsItem struct {
	listed
	Event cases.Event
}

func zoneOf(p frontend.Page) *time.Location {
	if p.Zone == nil {
		return time.UTC
	}
	return p.Zone
}

// withNews are a creditor's cases with news on its own today.
func withNews(tx *db.Tx, creditor cases.Creditor, now time.Time) *gorm.DB {
	today := clock.DateIn(now, creditor.Zone())
	return tx.Table("cases AS c").Where("c.creditor_id = ? AND c.news_at >= ? AND c.news_at < ?",
		creditor.ID, today.Start(creditor.Zone()), today.AddDays(1).Start(creditor.Zone()))
}

func countNew(tx *db.Tx, creditors []cases.Creditor, now time.Time) (int, error) {
	var sum int64
	for _, cr := range creditors {
		var n int64
		if err := withNews(tx, cr, now).Count(&n).Error; err != nil {
			return 0, err
		}
		sum += n
	}
	return int(sum), nil
}

// newToday is what is new, one line for a case: those that agreed today first,
// the latest news first within each. It reads each creditor's day, because
// their days begin at different instants.
func newToday(tx *db.Tx, creditors []cases.Creditor, now time.Time) ([]newsItem, error) {
	var all []newsItem
	for _, cr := range creditors {
		items, err := newTodayOf(tx, cr, now)
		if err != nil {
			return nil, err
		}
		all = append(all, items...)
	}
	slices.SortStableFunc(all, func(a, b newsItem) int {
		if agreed := cmp.Compare(rank(a.Event.Kind), rank(b.Event.Kind)); agreed != 0 && (rank(a.Event.Kind) == 0 || rank(b.Event.Kind) == 0) {
			return agreed
		}
		return b.NewsAt.Compare(*a.NewsAt)
	})
	return all[:min(len(all), newRows)], nil
}

func newTodayOf(tx *db.Tx, cr cases.Creditor, now time.Time) ([]newsItem, error) {
	start := clock.DateIn(now, cr.Zone()).Start(cr.Zone())
	var found []listed
	err := withNews(tx, cr, now).Select(listedColumns).
		Joins("JOIN debtors AS d ON d.id = c.debtor_id AND d.creditor_id = c.creditor_id").
		Order(gorm.Expr("CASE WHEN EXISTS (SELECT 1 FROM commitments AS m WHERE m.creditor_id = c.creditor_id AND m.case_id = c.id AND m.accepted_at >= ?) THEN 0 ELSE 1 END, c.news_at DESC, c.id DESC", start)).
		Limit(newRows).Scan(&found).Error
	if err != nil || len(found) == 0 {
		return nil, err
	}
	var events []cases.Event
	err = tx.Where("creditor_id = ? AND case_id IN ? AND at >= ?", cr.ID, idsOf(found), start).Order("at, id").Find(&events).Error
	if err != nil {
		return nil, err
	}
	newsAt := map[db.ID]time.Time{}
	for _, f := range found {
		newsAt[f.ID] = *f.NewsAt
	}
	told := map[db.ID]cases.Event{}
	for _, e := range events {
		// What set the case's news is told even if it is of a kind that is new here.
		if rank(e.Kind) == len(newsKinds) && !e.At.Equal(newsAt[e.CaseID]) {
			continue
		}
		if known, ok := told[e.CaseID]; !ok || tellsMore(e, known) {
			told[e.CaseID] = e
		}
	}
	items := make([]newsItem, 0, len(found))
	for _, f := range found {
		if e, ok := told[f.ID]; ok {
			items = append(items, newsItem{f, e})
		}
	}
	return items, nil
}

const listedColumns = "c.*, d.name AS debtor_name, d.kind AS debtor_kind, d.time_zone AS debtor_time_zone"

func idsOf(found []listed) []db.ID {
	ids := make([]db.ID, len(found))
	for i, f := range found {
		ids[i] = f.ID
	}
	return ids
}

// newsKinds are what moves a case into the queue, in the order in which one of
// several that happened at the same instant is told.
var newsKinds = []cases.EventKind{
	cases.EventCommitmentMade, cases.EventCommitmentBroken, cases.EventCommitmentKept, cases.EventPaymentQuarantined,
	cases.EventInstalmentMissed, cases.EventPaymentFailed, cases.EventPaymentReceived, cases.EventCaseClosed,
}

func rank(k cases.EventKind) int {
	if i := slices.Index(newsKinds, k); i >= 0 {
		return i
	}
	return len(newsKinds)
}

// tellsMore tells whether an event, not earlier than the one known, takes its
// place: an agreement made today is the news whatever came after it.
func tellsMore(e, known cases.Event) bool {
	switch {
	case e.Kind == cases.EventCommitmentMade:
		return true
	case known.Kind == cases.EventCommitmentMade:
		return false
	case e.At.Equal(known.At):
		return rank(e.Kind) < rank(known.Kind)
	default:
		return true
	}
}

// findCases searches by reference, debtor's name or invoice number: open cases
// first, then those with the latest news.
func findCases(tx *db.Tx, creditors []db.ID, query string, offset, limit int) (found []listed, total int64, err error) {
	q := tx.Table("cases AS c").Joins("JOIN debtors AS d ON d.id = c.debtor_id AND d.creditor_id = c.creditor_id").
		Where("c.creditor_id IN ?", creditors)
	if query != "" {
		like := "%" + likeEscape.Replace(strings.ToLower(query)) + "%"
		q = q.Where(`(LOWER(c.ref) LIKE ? ESCAPE '\' OR LOWER(d.name) LIKE ? ESCAPE '\' OR c.id IN
			(SELECT i.case_id FROM invoices AS i WHERE i.creditor_id IN ? AND LOWER(i.number) LIKE ? ESCAPE '\'))`, like, like, creditors, like)
	}
	if err := q.Session(&gorm.Session{}).Count(&total).Error; err != nil {
		return nil, 0, err
	}
	err = q.Session(&gorm.Session{}).Select(listedColumns).
		Order("CASE c.state WHEN 'open' THEN 0 ELSE 1 END, COALESCE(c.news_at, c.opened_at) DESC, c.ref").
		Offset(offset).Limit(limit).Scan(&found).Error
	return found, total, err
}

var likeEscape = strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`)

// standing is how a case in a list stands.
type standing struct {
	balanceMinor          int64
	oldestDue             clock.Date // of what is open and not disputed
	agreed, open, payable bool
	lastEvent             time.Time
}

// standings derives how a page of cases stands, in three queries whatever its length.
func standings(tx *db.Tx, creditors []db.ID, page []listed) (map[db.ID]standing, error) {
	if len(page) == 0 {
		return nil, nil
	}
	ids := idsOf(page)
	var open []struct {
		CaseID    db.ID
		DueOn     clock.Date
		Disputed  *bool
		OpenMinor int64
	}
	err := tx.Raw(`SELECT e.case_id, i.due_on, i.disputed,
			SUM(CASE WHEN e.debit LIKE 'receivable:%' THEN e.amount_minor ELSE 0 END) -
			SUM(CASE WHEN e.credit LIKE 'receivable:%' THEN e.amount_minor ELSE 0 END) AS open_minor
		FROM ledger_entries AS e LEFT JOIN invoices AS i ON i.id = e.invoice_id AND i.creditor_id = e.creditor_id
		WHERE e.creditor_id IN ? AND e.case_id IN ? GROUP BY e.case_id, e.invoice_id, i.due_on, i.disputed`, creditors, ids).Scan(&open).Error
	if err != nil {
		return nil, err
	}
	var agreed []db.ID
	err = tx.Raw("SELECT case_id FROM commitments WHERE creditor_id IN ? AND case_id IN ? AND state = ?", creditors, ids, cases.Active).Scan(&agreed).Error
	if err != nil {
		return nil, err
	}
	var last []cases.Event
	err = tx.Raw(`SELECT t.case_id, t.at FROM timeline_events AS t JOIN
		(SELECT case_id, MAX(at) AS at FROM timeline_events WHERE creditor_id IN ? AND case_id IN ? GROUP BY case_id) AS m
		ON m.case_id = t.case_id AND m.at = t.at WHERE t.creditor_id IN ?`, creditors, ids, creditors).Scan(&last).Error
	if err != nil {
		return nil, err
	}
	out := make(map[db.ID]standing, len(ids))
	for _, o := range open {
		s := out[o.CaseID]
		s.balanceMinor += o.OpenMinor
		if o.Disputed != nil && o.OpenMinor > 0 {
			s.open = true
			if !*o.Disputed {
				s.payable = true
				if s.oldestDue.IsZero() || o.DueOn.Before(s.oldestDue) {
					s.oldestDue = o.DueOn
				}
			}
		}
		out[o.CaseID] = s
	}
	for _, id := range agreed {
		s := out[id]
		s.agreed = true
		out[id] = s
	}
	for _, e := range last {
		s := out[e.CaseID]
		s.lastEvent = e.At
		out[e.CaseID] = s
	}
	return out, nil
}
