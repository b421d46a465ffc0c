package api_test

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/acuerdo/acuerdo/clock"
	"github.com/acuerdo/acuerdo/db"
)

// contract is a served OpenAPI document, against which answers are held: as
// much of JSON Schema as it uses, and what it doesn't know is an error.
type contract struct{ document map[string]any }

// response is the schema of an operation's answer.
func (c contract) response(path string, status int, media string) any {
	at := any(c.document)
	for _, key := range []string{"paths", path, "get", "responses", fmt.Sprint(status), "content", media, "schema"} {
		m, _ := at.(map[string]any)
		at = m[key]
	}
	return at
}

// check lists what is wrong with a value.
func (c contract) check(schema any, value any, where string) []string {
	s, ok := schema.(map[string]any)
	if !ok {
		return []string{where + ": no schema"}
	}
	if ref, ok := s["$ref"].(string); ok {
		at := any(c.document)
		for _, key := range strings.Split(strings.TrimPrefix(ref, "#/"), "/") {
			m, _ := at.(map[string]any)
			at = m[key]
		}
		return c.check(at, value, where)
	}
	kinds := []string{}
	switch t := s["type"].(type) {
	case string:
		kinds = append(kinds, t)
	case []any:
		for _, k := range t {
			kinds = append(kinds, k.(string))
		}
	}
	kind := kindOf(value)
	if len(kinds) > 0 && !slices.Contains(kinds, kind) && !(kind == "integer" && slices.Contains(kinds, "number")) {
		return []string{fmt.Sprintf("%s: is %s, not %v", where, kind, kinds)}
	}
	switch v := value.(type) {
	case map[string]any:
		return c.object(s, v, where)
	case []any:
		var wrong []string
		for i, item := range v {
			wrong = append(wrong, c.check(s["items"], item, fmt.Sprintf("%s[%d]", where, i))...)
		}
		return wrong
	case string:
		return text(s, v, where)
	}
	return nil
}

func (c contract) object(s, v map[string]any, where string) []string {
	var wrong []string
	properties, _ := s["properties"].(map[string]any)
	required, _ := s["required"].([]any)
	for _, name := range required {
		if _, ok := v[name.(string)]; !ok {
			wrong = append(wrong, fmt.Sprintf("%s.%s is missing", where, name))
		}
	}
	for name, item := range v {
		property, known := properties[name]
		switch {
		case known:
			wrong = append(wrong, c.check(property, item, where+"."+name)...)
		case s["additionalProperties"] == false:
			wrong = append(wrong, fmt.Sprintf("%s.%s is not in the document", where, name))
		}
	}
	return wrong
}

func text(s map[string]any, v, where string) []string {
	var wrong []string
	if enum, ok := s["enum"].([]any); ok && !slices.Contains(enum, any(v)) {
		wrong = append(wrong, fmt.Sprintf("%s: %q is not one of %v", where, v, enum))
	}
	if pattern, ok := s["pattern"].(string); ok && !regexp.MustCompile(pattern).MatchString(v) {
		wrong = append(wrong, fmt.Sprintf("%s: %q is not %s", where, v, pattern))
	}
	var err error
	switch s["format"] {
	case nil, "uri":
	case "date":
		_, err = clock.ParseDate(v)
	case "date-time":
		_, err = time.Parse(time.RFC3339Nano, v)
	case "uuid":
		_, err = db.ParseID(v)
	default:
		err = fmt.Errorf("format %v is unknown to this test", s["format"])
	}
	if err != nil {
		wrong = append(wrong, where+": "+err.Error())
	}
	return wrong
}

func kindOf(v any) string {
	switch n := v.(type) {
	case nil:
		return "null"
	case bool:
		return "boolean"
	case string:
		return "string"
	case []any:
		return "array"
	case json.Number:
		if strings.ContainsAny(n.String(), ".eE") {
			return "number"
		}
		return "integer"
	default:
		return "object"
	}
}
