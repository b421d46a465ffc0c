package offers

import (
	"embed"
	"strings"
)

//go:embed examples/*.json
var examples embed.FS

// ExampleNames are the written example policies, by what sort of creditor has one.
func ExampleNames() []string { return []string{"freelancer", "utility", "agency"} }

// Example is one of the written policies, with its money in euros, US dollars and
// Chilean pesos. Errors: policy_unreadable, or a name that there is none of.
func Example(name string) (Policy, error) {
	document, err := examples.ReadFile("examples/" + strings.ToLower(name) + ".json")
	if err != nil {
		return Policy{}, err
	}
	return ParsePolicy(document)
}
