package frontend

import (
	"encoding/json"
	"strings"

	"github.com/acuerdo/acuerdo/clock"
	"github.com/acuerdo/acuerdo/money"
)

// TimelineAgreementAccepted is the event that heads the queue.
const TimelineAgreementAccepted = "commitment_made"

// timelineText is the sentence timeline.<kind>; a kind without one is shown by
// its name.
func timelineText(p Page, c money.Currency, kind string, data map[string]any) string {
	if !Has("timeline." + kind) {
		return p.Tx("timeline.", kind)
	}
	params := eventParams(p, c, data)
	if n, ok := whole(data["instalments"]); ok {
		return textN(p.Locale, p.Zone, "timeline."+kind, n, params)
	}
	return Text(p.Locale, p.Zone, "timeline."+kind, params)
}

// names are the data of an event that stand for a translated word.
var names = map[string]string{
	"kind": "offer_kind.", "fact": "verified.", "code_channel": "channel.", "message": "message_kind.", "reason": "failure.",
}

// eventParams turns an event's data, as it was stored in JSON, into
// placeholders: total_minor is {{.Total}} in the case's currency, due_on is
// {{.Due}}, position (from 0) is {{.Number}}, code_channel is {{.CodeChannel}}
// in words. What is already a Money or a Date stays as it is.
func eventParams(p Page, c money.Currency, data map[string]any) map[string]any {
	out := make(map[string]any, len(data))
	for key, value := range data {
		switch {
		case names[key] != "":
			if s, ok := value.(string); ok {
				value = p.Tx(names[key], s)
			}
		case strings.HasSuffix(key, "_minor"):
			if n, ok := whole(value); ok {
				key, value = strings.TrimSuffix(key, "_minor"), Of(n, c)
			}
		case strings.HasSuffix(key, "_bp"):
			if n, ok := whole(value); ok {
				key, value = strings.TrimSuffix(key, "_bp"), BasisPoints(n)
			}
		case strings.HasSuffix(key, "_on"):
			if d, err := clock.ParseDate(asText(value)); err == nil {
				key, value = strings.TrimSuffix(key, "_on"), d
			}
		case key == "position":
			if n, ok := whole(value); ok {
				key, value = "number", n+1
			}
		default:
			if n, ok := whole(value); ok {
				value = n
			}
		}
		out[camel(key)] = value
	}
	return out
}

// whole reads a whole number of any type that JSON or a caller may leave.
func whole(v any) (int64, bool) {
	switch n := v.(type) {
	case int:
		return int64(n), true
	case int64:
		return n, true
	case float64:
		return int64(n), n == float64(int64(n))
	case json.Number:
		i, err := n.Int64()
		return i, err == nil
	}
	return 0, false
}

func asText(v any) string {
	switch s := v.(type) {
	case string:
		return s
	case clock.Date:
		return s.String()
	}
	return ""
}

func camel(key string) string {
	var b strings.Builder
	for _, part := range strings.Split(key, "_") {
		if part != "" {
			b.WriteString(strings.ToUpper(part[:1]) + part[1:])
		}
	}
	return b.String()
}
