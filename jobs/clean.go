package jobs

import (
	"context"
	"fmt"
	"log/slog"
	"regexp"
	"strings"
)

// personal are the shapes that must reach neither a log nor the job table:
// addresses, links' tokens and keys.
var personal = []struct {
	shape *regexp.Regexp
	mark  string
}{
	{regexp.MustCompile(`[^\s<>"',;:(]+@[^\s<>"',;)]+`), "[address]"},
	{regexp.MustCompile(`/l/[^\s"']+`), "/l/[token]"},
	{regexp.MustCompile(`\b(?:sk|rk|pk|whsec)_[A-Za-z0-9_]+`), "[key]"},
	{regexp.MustCompile(`\b[A-Za-z0-9_-]{40,}\b`), "[token]"},
}

// digits are codes, phones and account numbers; ids, which logs need, look a
// little like them and stay.
var digits = regexp.MustCompile(`[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|\+?\d[\d ().]{4,}\d`)

func maskDigits(s string) string {
	if strings.Count(s, "-") == 4 {
		return s
	}
	return "[digits]"
}

const longestError = 500

// clean takes personal data out of an error's text.
func clean(s string) string {
	for _, p := range personal {
		s = p.shape.ReplaceAllString(s, p.mark)
	}
	s = digits.ReplaceAllStringFunc(s, maskDigits)
	if len(s) > longestError {
		s = strings.ToValidUTF8(s[:longestError], "") + "…"
	}
	return s
}

// quietHandler lets River say what is wrong with River. What a job did wrong is
// logged by its worker; arguments are logged by nobody.
type quietHandler struct{ slog.Handler }

// Enabled drops River's chatter.
func (h quietHandler) Enabled(ctx context.Context, level slog.Level) bool {
	return level >= slog.LevelWarn && h.Handler.Enabled(ctx, level)
}

// Handle passes a cleaned record on.
func (h quietHandler) Handle(ctx context.Context, r slog.Record) error {
	if strings.Contains(r.Message, "Job errored") || strings.Contains(r.Message, "Job panicked") {
		return nil
	}
	if stopping(r) {
		return nil
	}
	out := slog.NewRecord(r.Time, r.Level, r.Message, r.PC)
	r.Attrs(func(a slog.Attr) bool {
		switch a.Value.Kind() {
		case slog.KindString, slog.KindAny, slog.KindGroup, slog.KindLogValuer:
			a = slog.String(a.Key, clean(fmt.Sprint(a.Value.Resolve())))
		}
		out.AddAttrs(a)
		return true
	})
	return h.Handler.Handle(ctx, out)
}

// stopping tells a record of what Stop itself cut off: no failure of anything.
func stopping(r slog.Record) (cut bool) {
	r.Attrs(func(a slog.Attr) bool {
		cut = cut || strings.Contains(fmt.Sprint(a.Value.Resolve()), context.Canceled.Error())
		return !cut
	})
	return cut
}

// WithAttrs keeps the handler quiet.
func (h quietHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	return quietHandler{h.Handler.WithAttrs(attrs)}
}

// WithGroup keeps the handler quiet.
func (h quietHandler) WithGroup(name string) slog.Handler {
	return quietHandler{h.Handler.WithGroup(name)}
}
