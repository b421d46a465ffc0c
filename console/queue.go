package console

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/acuerdo/acuerdo/clock"
	"github.com/acuerdo/acuerdo/db"
	"github.com/acuerdo/acuerdo/frontend"
	"github.com/acuerdo/acuerdo/present"
)

// Sizes of the lists. A day with more news than newRows is worked from the top.
const (
	newRows   = 200
	pageRows  = 25
	maxQuery  = 100
	maxPageNo = 10_000
)

// queue is GET /console/queue: what is new today, or (?tab=cases&q=&page=) the
// cases to search. The count of what is new stands on both.
func (d *Door) queue(c *gin.Context, v visit) {
	now := d.Clock.Now()
	view := frontend.QueueView{Page: v.page, Today: clock.DateIn(now, zoneOf(v.page)), Tab: "new", PageNo: 1, Query: searchText(c.Query("q"))}
	if c.Query("tab") == "cases" {
		view.Tab = "cases"
	}
	if n, err := strconv.Atoi(c.Query("page")); err == nil && n > 1 {
		view.PageNo = min(n, maxPageNo)
	}
	err := d.DB.View(c.Request.Context(), v.scope(), func(tx *db.Tx) (err error) {
		if view.NewCount, err = countNew(tx, v.shown(), now); err != nil {
			return err
		}
		if view.Tab == "cases" {
			return fillCases(tx, v.ids(), &view, now)
		}
		items, err := newToday(tx, v.shown(), now)
		for _, i := range items {
			view.New = append(view.New, frontend.QueueItem{
				CaseURL: present.CasePath(i.Case.Ref), CaseRef: i.Case.Ref, Debtor: i.DebtorName, Kind: string(i.Event.Kind),
				Params: i.Event.Data, Amount: frontend.Of(present.EventMinor(i.Event), i.Case.Currency), At: *i.Case.NewsAt,
			})
		}
		return err
	})
	if err != nil {
		d.fail(c, v.page, err)
		return
	}
	d.render(c, v.page, http.StatusOK, frontend.QueuePage(view))
}

// fillCases puts one page of the found cases into the view.
func fillCases(tx *db.Tx, creditors []db.ID, view *frontend.QueueView, now time.Time) error {
	found, total, err := findCases(tx, creditors, view.Query, (view.PageNo-1)*pageRows, pageRows)
	if err != nil {
		return err
	}
	standing, err := standings(tx, creditors, found)
	if err != nil {
		return err
	}
	view.Total, view.HasNext = total, int64(view.PageNo*pageRows) < total
	for _, f := range found {
		s := standing[f.ID]
		row := frontend.CaseRow{
			URL: present.CasePath(f.Ref), Ref: f.Ref, Debtor: f.DebtorName, DebtorKind: f.DebtorKind,
			Balance: frontend.Of(s.balanceMinor, f.Currency), LastEvent: s.lastEvent,
			State: present.CaseStateOf(f.State, s.agreed, s.open, s.payable),
		}
		if row.LastEvent.IsZero() {
			row.LastEvent = f.OpenedAt
		}
		if !s.oldestDue.IsZero() {
			row.DaysLate = max(0, f.debtor().Today(now).DaysSince(s.oldestDue))
		}
		view.Cases = append(view.Cases, row)
	}
	return nil
}

// searchText is what a person typed, without what no reference, name or number has.
func searchText(q string) string {
	q = strings.Join(strings.Fields(strings.ToValidUTF8(strings.ReplaceAll(q, "\x00", ""), "")), " ")
	if runes := []rune(q); len(runes) > maxQuery {
		q = string(runes[:maxQuery])
	}
	return q
}
