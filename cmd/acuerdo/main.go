// Command acuerdo is the whole product in one binary: the debtors' portal, the
// creditor's console, the API, the jobs, and a demo that needs nothing else.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	_ "time/tzdata" // a machine without a zone database still knows its debtors' midnights

	"github.com/alecthomas/kong"
)

// commands is every command; each struct is one file of this folder.
type commands struct {
	Demo     DemoCmd     `cmd:"" help:"Show the whole story on this machine: portal, console, inbox and a Stripe sandbox with believable data."`
	Serve    ServeCmd    `cmd:"" help:"Run the portal, the console, the API and the jobs."`
	Migrate  MigrateCmd  `cmd:"" help:"Bring the database's schema to this program's version."`
	Import   ImportCmd   `cmd:"" help:"Read a receivables export into a creditor's cases."`
	Cases    CasesCmd    `cmd:"" help:"List a creditor's cases with their references."`
	Link     LinkCmd     `cmd:"" help:"Make a link that opens a case for its debtor."`
	Creditor CreditorCmd `cmd:"" help:"Add a creditor, with a first policy."`
	User     UserCmd     `cmd:"" help:"Add a member of staff, or give one a role at another creditor."`
	Key      KeyCmd      `cmd:"" help:"Make an API key for a creditor's system; it is shown once."`

	Bench         BenchCmd         `cmd:"" help:"Measure against a floor taken in the same run."`
	States        StatesCmd        `cmd:"" help:"Draw the state machines as docs/states.md holds them."`
	StripeSandbox StripeSandboxCmd `cmd:"" help:"Run the Stripe sandbox alone."`
}

// usageError is a mistake in how the program was called: exit status 2.
type usageError struct{ error }

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // the second Ctrl-C ends it at once
	code := run(ctx, os.Args[1:])
	stop()
	os.Exit(code)
}

func run(ctx context.Context, args []string) int {
	parser, err := kong.New(&commands{}, kong.Name("acuerdo"), kong.UsageOnError(),
		kong.Description("A self-service payment portal with negotiation."), kong.BindTo(ctx, (*context.Context)(nil)))
	if err != nil {
		fmt.Fprintln(os.Stderr, "acuerdo:", err)
		return 2
	}
	k, err := parser.Parse(args)
	if err != nil {
		fmt.Fprintln(os.Stderr, "acuerdo:", err)
		return 2
	}
	err = k.Run()
	var usage usageError
	switch {
	case err == nil:
		return 0
	case errors.As(err, &usage):
		fmt.Fprintln(os.Stderr, "acuerdo:", err)
		return 2
	default:
		fmt.Fprintln(os.Stderr, "acuerdo:", err)
		return 1
	}
}
