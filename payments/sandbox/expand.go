package sandbox

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
)

// public is an object as Stripe would show it: fields that start with "_" are
// the sandbox's own memory and stay inside.
func public(v any) map[string]any {
	raw, err := json.Marshal(v)
	if err != nil {
		panic(err) // objects hold only plain values
	}
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber() // amounts stay integers
	var m map[string]any
	if err := dec.Decode(&m); err != nil {
		panic(err)
	}
	for k := range m {
		if strings.HasPrefix(k, "_") {
			delete(m, k)
		}
	}
	return m
}

// page is one page of a list.
type page struct {
	Object  string           `json:"object"`
	URL     string           `json:"url"`
	HasMore bool             `json:"has_more"`
	Data    []map[string]any `json:"data"`
}

// listParams are understood by every list.
var listParams = []string{"limit", "starting_after", "ending_before", "created", "created[*]"}

func withList(more ...string) []string { return append(more, listParams...) }

// list answers a page of the rows that pass keep, newest first.
func list[T object](c *call, rows *table[T], kind string, keep func(T) bool) (any, *apiError) {
	limit := 10
	if c.p.has("limit") {
		if limit = int(c.p.integer("limit")); limit < 1 || limit > 100 {
			return nil, invalid("parameter_invalid_integer", "limit", "limit must be between 1 and 100.")
		}
	}
	inTime := c.createdFilter()
	after, before := c.p.str("starting_after"), c.p.str("ending_before")
	if c.p.err != nil {
		return nil, c.p.err
	}
	for param, id := range map[string]string{"starting_after": after, "ending_before": before} {
		if _, ok := rows.get(id); id != "" && !ok {
			return nil, notFound(kind, id, param)
		}
	}
	matching, skipping := []map[string]any{}, after != ""
	for row := range rows.newest {
		if before != "" && row.ident() == before {
			break
		}
		if !skipping && inTime(row.createdAt()) && (keep == nil || keep(row)) {
			matching = append(matching, public(row))
		}
		skipping = skipping && row.ident() != after
		if before == "" && len(matching) > limit {
			break
		}
	}
	out := page{Object: "list", URL: c.path, HasMore: len(matching) > limit, Data: matching}
	switch {
	case out.HasMore && before != "":
		out.Data = matching[len(matching)-limit:] // the ones next to the cursor
	case out.HasMore:
		out.Data = matching[:limit]
	}
	return out, nil
}

func (c *call) createdFilter() func(int64) bool {
	var tests []func(int64) bool
	for name, test := range map[string]func(at, limit int64) bool{
		"created":      func(at, limit int64) bool { return at == limit },
		"created[gt]":  func(at, limit int64) bool { return at > limit },
		"created[gte]": func(at, limit int64) bool { return at >= limit },
		"created[lt]":  func(at, limit int64) bool { return at < limit },
		"created[lte]": func(at, limit int64) bool { return at <= limit },
	} {
		if c.p.has(name) {
			bound := c.p.integer(name)
			tests = append(tests, func(at int64) bool { return test(at, bound) })
		}
	}
	return func(at int64) bool {
		return !slices.ContainsFunc(tests, func(t func(int64) bool) bool { return !t(at) })
	}
}

// is is a list filter on an optional parameter.
func (c *call) is(param string, value opt) bool {
	return !c.p.has(param) || c.p.str(param) == string(value)
}

// expand replaces ids by objects along each expand[] path.
func (c *call) expand(result any) (any, *apiError) {
	pg, isList := result.(page)
	var m map[string]any
	if !isList {
		if m, isList = result.(map[string]any); !isList {
			m = public(result)
		}
	}
	for _, path := range c.p.list("expand") {
		steps := strings.Split(path, ".")
		targets := []map[string]any{m}
		if pg.Object == "list" {
			if targets = pg.Data; steps[0] != "data" || len(steps) < 2 {
				return nil, invalid("", "expand", "This property cannot be expanded (%s). You may want to try expanding 'data.%s' instead.", path, path)
			}
			steps = steps[1:]
		}
		for _, target := range targets {
			if !c.grow(target, steps) {
				return nil, invalid("", "expand", "This property cannot be expanded (%s).", path)
			}
		}
	}
	if pg.Object == "list" {
		return pg, nil
	}
	return m, nil
}

// grow expands one path inside one object; false when there is nothing to expand.
func (c *call) grow(m map[string]any, steps []string) bool {
	if len(steps) == 0 {
		return true
	}
	name := steps[0]
	id, _ := m["id"].(string)
	switch value := m[name].(type) {
	case string:
		found := c.acct.find(value)
		if found == nil {
			return false
		}
		m[name] = found
		return c.grow(found, steps[1:])
	case map[string]any: // expanded before, or a plain sub-object
		return c.grow(value, steps[1:])
	case nil:
		if s, ok := c.acct.Sessions.get(id); ok && name == "line_items" {
			m[name] = s.lineItems()
			return true
		}
		if ch, ok := c.acct.Charges.get(id); ok && name == "refunds" {
			m[name] = c.refundsOf(ch)
			return true
		}
		_, known := m[name]
		return known
	}
	return false
}

// find looks an object of any kind up by its id.
func (a *account) find(id string) map[string]any {
	prefix, _, _ := strings.Cut(id, "_")
	switch prefix {
	case "cus":
		return row(a.Customers.get(id))
	case "pm":
		return row(a.Methods.get(id))
	case "pi":
		return row(a.Intents.get(id))
	case "seti":
		return row(a.Setups.get(id))
	case "cs":
		return row(a.Sessions.get(id))
	case "ch", "py":
		return row(a.Charges.get(id))
	case "re", "pyr":
		return row(a.Refunds.get(id))
	case "dp":
		return row(a.Disputes.get(id))
	case "txn":
		return row(a.Balance.get(id))
	}
	return nil
}

func row(v any, ok bool) map[string]any {
	if !ok {
		return nil
	}
	return public(v)
}
