package demo

import (
	"net/http"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/acuerdo/acuerdo/fault"
	"github.com/acuerdo/acuerdo/frontend"
	"github.com/acuerdo/acuerdo/money"
	"github.com/acuerdo/acuerdo/reminders"
	"github.com/acuerdo/acuerdo/web"
)

func moneyOf(k Case) frontend.Money { return frontend.Of(k.BalanceMinor, money.Currency(k.Currency)) }

// inbox is GET /inbox: every message that left, to whoever it went.
func (d *Demo) inbox(c *gin.Context) {
	all, err := d.messages(c.Request.Context())
	if err != nil {
		web.Fail(c, err)
		return
	}
	v := frontend.InboxView{Page: d.page(c), Query: c.Query("q")}
	for _, m := range all {
		row := rowOf(m)
		if q := strings.ToLower(v.Query); q == "" || strings.Contains(strings.ToLower(row.To+" "+row.Subject), q) {
			v.Messages = append(v.Messages, row)
		}
	}
	d.render(c, frontend.InboxPage(v))
}

func rowOf(m reminders.Message) frontend.InboxRow {
	return frontend.InboxRow{
		URL: "/inbox/" + m.ID.String(), Channel: string(m.Channel), To: m.Recipient, Subject: m.Subject, Preview: preview(m.TextBody), At: sentAt(m),
	}
}

func preview(text string) string {
	r := []rune(strings.Join(strings.Fields(text), " "))
	if len(r) > 110 {
		return string(r[:110]) + "…"
	}
	return string(r)
}

func (d *Demo) find(c *gin.Context) (reminders.Message, error) {
	all, err := d.messages(c.Request.Context())
	if err != nil {
		return reminders.Message{}, err
	}
	for _, m := range all {
		if m.ID.String() == c.Param("id") {
			return m, nil
		}
	}
	return reminders.Message{}, fault.New(fault.NotFound, "not_found")
}

// message is GET /inbox/{id}.
func (d *Demo) message(c *gin.Context) {
	m, err := d.find(c)
	if err != nil {
		web.Fail(c, err)
		return
	}
	v := frontend.MessageView{Page: d.page(c), InboxRow: rowOf(m), Text: m.TextBody, Links: m.Links(), BackURL: "/inbox"}
	if m.HTMLBody != "" {
		v.HTMLURL = v.URL + "/html"
	}
	d.render(c, frontend.MessagePage(v))
}

// messageHTML is the message as a mail program shows it, for a sandboxed frame.
func (d *Demo) messageHTML(c *gin.Context) {
	m, err := d.find(c)
	if err != nil {
		web.Fail(c, err)
		return
	}
	h := c.Writer.Header()
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'; "+
		"sandbox allow-popups allow-popups-to-escape-sandbox allow-top-navigation-by-user-activation")
	web.Page(c, http.StatusOK, []byte(m.HTMLBody))
}

// inboxJSON is GET /inbox.json, for scripts.
func (d *Demo) inboxJSON(c *gin.Context) {
	all, err := d.messages(c.Request.Context())
	if err != nil {
		web.Fail(c, err)
		return
	}
	type message struct {
		To       string    `json:"to"`
		Channel  string    `json:"channel"`
		Kind     string    `json:"kind"`
		Language string    `json:"language"`
		Subject  string    `json:"subject"`
		Text     string    `json:"text"`
		HTML     string    `json:"html"`
		SentAt   time.Time `json:"sent_at"`
		Links    []string  `json:"links"`
	}
	out := make([]message, 0, len(all))
	for _, m := range all {
		links := m.Links()
		if links == nil {
			links = []string{}
		}
		out = append(out, message{m.Recipient, string(m.Channel), string(m.Kind), m.Language, m.Subject, m.TextBody, m.HTMLBody, sentAt(m), links})
	}
	c.JSON(http.StatusOK, out)
}
