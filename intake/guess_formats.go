package intake

import (
	"fmt"
	"slices"
	"strings"
)

// guessDates finds the format that reads every sample. Where several do, and
// that is the order of day and month, the country's habit decides and is named.
func guessDates(samples []string, country string) (format, note string) {
	if len(samples) == 0 {
		return "YYYY-MM-DD", "there are no dates to look at: check the format under dates"
	}
	var fit []string
	for _, sep := range []string{"/", "-", "."} {
		for _, order := range []string{"D M Y", "M D Y", "Y M D"} {
			for _, width := range []int{2, 1} {
				for _, year := range []string{"YYYY", "YY"} {
					f := strings.NewReplacer("D", "DD"[:width], "M", "MM"[:width], "Y", year, " ", sep).Replace(order)
					if readsAll(f, samples) {
						fit = append(fit, f)
					}
				}
			}
		}
	}
	for _, f := range []string{"YYYYMMDD", "DDMMYYYY"} {
		if readsAll(f, samples) {
			fit = append(fit, f)
		}
	}
	if len(fit) == 0 {
		return "YYYY-MM-DD", fmt.Sprintf("no date format reads dates like %q: write it under dates", samples[0])
	}
	dayFirst := func(f string) bool { return strings.Index(f, "D") < strings.Index(f, "M") }
	first := fit[0]
	other := slices.IndexFunc(fit, func(f string) bool { return dayFirst(f) != dayFirst(first) && !strings.HasPrefix(f, "Y") })
	if other < 0 || strings.HasPrefix(first, "Y") {
		return first, ""
	}
	monthFirst := fit[other]
	if country == "US" {
		return monthFirst, fmt.Sprintf("dates like %q could be read day first too; %s is taken because the creditor is in US: check it", samples[0], monthFirst)
	}
	why := "the creditor is in " + country
	if country == "" {
		why = "most countries write so"
	}
	return first, fmt.Sprintf("dates like %q could be read month first too; %s is taken because %s: check it", samples[0], first, why)
}

func readsAll(format string, samples []string) bool {
	f, err := parseDateFormat(format)
	if err != nil {
		return false
	}
	for _, s := range samples {
		if _, ok := f.parse(s); !ok {
			return false
		}
	}
	return true
}

// guessNumbers finds the decimal separator: the last of several, or the one
// that is not followed by three digits everywhere.
func guessNumbers(samples []string, country string) (Numbers, string) {
	comma := map[bool]Numbers{true: {Decimal: ",", Group: "."}, false: {Decimal: ".", Group: ","}}
	var seen string
	points, commas, groups := 0, 0, ""
	for _, s := range samples {
		s = bare(s, "")
		if i := strings.IndexAny(s, " '"); i > 0 {
			groups = s[i : i+1]
		}
		point, com := strings.LastIndex(s, "."), strings.LastIndex(s, ",")
		at := max(point, com)
		if at < 0 {
			continue
		}
		seen = s
		alone := strings.Count(s, s[at:at+1]) == 1
		if point >= 0 && com >= 0 || alone && len(s)-at-1 != 3 {
			if com > point {
				commas++
			} else {
				points++
			}
		}
		if !alone { // several of them group thousands
			if com > point {
				points++
			} else {
				commas++
			}
		}
	}
	byCountry := slices.Contains([]string{"ES", "AR", "CL", "CO", "UY", "PY", "BO", "EC", "VE", "CR", "PT", "BR", "DE", "IT", "NL", "BE", "AT", "DK"}, country)
	n, note := comma[commas > points], ""
	if commas == 0 && points == 0 {
		n = comma[byCountry]
		if seen != "" {
			note = fmt.Sprintf("amounts like %q could be read in two ways; the decimal is taken to be %q: check it", seen, n.Decimal)
		}
	}
	if commas > 0 && points > 0 {
		note = fmt.Sprintf("amounts are written in two ways; the decimal is taken to be %q: check it", n.Decimal)
	}
	if groups != "" {
		n.Group = groups
	}
	return n, note
}
