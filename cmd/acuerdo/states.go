package main

import (
	"fmt"

	"github.com/acuerdo/acuerdo/cases"
	"github.com/acuerdo/acuerdo/payments"
)

// StatesCmd draws the state machines from their tables.
type StatesCmd struct{}

// Run prints docs/states.md.
func (*StatesCmd) Run() error {
	fmt.Print(statesDocument())
	return nil
}

func statesDocument() string {
	return "# State machines\n\nDrawn from the tables in the code by `go run ./cmd/acuerdo states > docs/states.md`; a test fails when they differ.\n\n" +
		"## Agreement (`cases.CommitmentStates`)\n\n```mermaid\n" + cases.CommitmentStates.Mermaid() + "```\n\n" +
		"## Payment (`payments.States`)\n\n```mermaid\n" + payments.States.Mermaid() + "```\n"
}
