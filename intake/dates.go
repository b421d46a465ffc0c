package intake

import (
	"strings"
	"time"

	"github.com/acuerdo/acuerdo/clock"
)

// dateFormat is a compiled notation: runs of D, M, Y and what is between them.
type dateFormat struct {
	notation string
	tokens   []dateToken
}

type dateToken struct {
	unit  byte // 'D', 'M', 'Y', or 0 for the literal
	width int  // how often the letter stands: 1 takes one or two digits
	text  string
}

// parseDateFormat reads D, DD, M, MM, YY and YYYY, each of day, month and year
// once. The error is a *MappingError.
func parseDateFormat(notation string) (*dateFormat, error) {
	f := &dateFormat{notation: notation}
	seen := map[byte]bool{}
	for i := 0; i < len(notation); {
		unit := notation[i]
		j := i + 1
		if !strings.ContainsRune("DMY", rune(unit)) {
			f.tokens = append(f.tokens, dateToken{text: notation[i:j]})
			i = j
			continue
		}
		for j < len(notation) && notation[j] == unit {
			j++
		}
		width := j - i
		if seen[unit] || width > 4 || unit != 'Y' && width > 2 || unit == 'Y' && width%2 == 1 {
			return nil, wrong("dates is %q, write for example M/D/YYYY, DD/MM/YYYY or YYYY-MM-DD", notation)
		}
		seen[unit] = true
		f.tokens = append(f.tokens, dateToken{unit: unit, width: width})
		i = j
	}
	if !seen['D'] || !seen['M'] || !seen['Y'] {
		return nil, wrong("dates is %q, write for example M/D/YYYY, DD/MM/YYYY or YYYY-MM-DD", notation)
	}
	return f, nil
}

// parse reads a date. A time of day behind it is passed over. The years it
// takes are 1900 to 2199; two digits are 1980 to 2079.
func (f *dateFormat) parse(s string) (clock.Date, bool) {
	var day, month, year int
	rest := s
	for _, t := range f.tokens {
		if t.unit == 0 {
			if !strings.HasPrefix(rest, t.text) {
				return clock.Date{}, false
			}
			rest = rest[len(t.text):]
			continue
		}
		n, used := digits(rest, max(t.width, 2))
		if used == 0 || t.width > 1 && used != t.width {
			return clock.Date{}, false
		}
		rest = rest[used:]
		switch t.unit {
		case 'D':
			day = n
		case 'M':
			month = n
		default:
			year = n
			if t.width == 2 {
				year = 1900 + n
				if n < 80 {
					year = 2000 + n
				}
			}
		}
	}
	if !isTimeOfDay(rest) || year < 1900 || year > 2199 || month < 1 || month > 12 || day < 1 || day > daysIn(year, month) {
		return clock.Date{}, false
	}
	return clock.Date{Year: year, Month: time.Month(month), Day: day}, true
}

func digits(s string, most int) (n, used int) {
	for used < len(s) && used < most && s[used] >= '0' && s[used] <= '9' {
		n = n*10 + int(s[used]-'0')
		used++
	}
	return n, used
}

// isTimeOfDay: exports of date-and-time columns carry 00:00:00 along.
func isTimeOfDay(s string) bool {
	if s == "" {
		return true
	}
	if len(s) < 5 || s[0] != ' ' && s[0] != 'T' {
		return false
	}
	return strings.Trim(s[1:], "0123456789:.+-ZAPM ") == "" && strings.Contains(s, ":")
}

func daysIn(year, month int) int {
	switch month {
	case 4, 6, 9, 11:
		return 30
	case 2:
		if year%4 == 0 && (year%100 != 0 || year%400 == 0) {
			return 29
		}
		return 28
	}
	return 31
}

// appendDate writes 2006-01-02 without the cost of formatting: it runs for every row.
func appendDate(b []byte, d clock.Date) []byte {
	y, m := d.Year, int(d.Month)
	return append(b, byte('0'+y/1000), byte('0'+y/100%10), byte('0'+y/10%10), byte('0'+y%10), '-',
		byte('0'+m/10), byte('0'+m%10), '-', byte('0'+d.Day/10), byte('0'+d.Day%10))
}
