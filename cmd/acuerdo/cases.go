package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"text/tabwriter"

	"github.com/acuerdo/acuerdo/cases"
	"github.com/acuerdo/acuerdo/db"
)

// CasesCmd lists a creditor's cases with their references, which `link` takes.
type CasesCmd struct {
	onDatabase
	Creditor string    `required:"" placeholder:"SLUG" help:"Whose cases."`
	Open     bool      `help:"Only those on which something is owed."`
	JSON     bool      `name:"json" help:"One JSON object a line: ref, customer, name, currency, state, balance_minor."`
	Out      io.Writer `kong:"-"`
}

// listedCase is a line of --json.
type listedCase struct {
	Ref          string `json:"ref"`
	Customer     string `json:"customer"`
	Name         string `json:"name"`
	Currency     string `json:"currency"`
	State        string `json:"state"`
	BalanceMinor int64  `json:"balance_minor"`
}

// Run prints them by customer.
func (cmd *CasesCmd) Run(ctx context.Context) error {
	d, err := cmd.open(ctx)
	if err != nil {
		return err
	}
	defer d.Close()
	var creditor cases.Creditor
	err = d.View(ctx, db.Everyone("a command names a creditor"), func(tx *db.Tx) (err error) {
		creditor, err = cases.CreditorBySlug(tx, cmd.Creditor)
		return err
	})
	if err != nil {
		return usageError{fmt.Errorf("no creditor is called %q", cmd.Creditor)}
	}
	if cmd.Out == nil {
		cmd.Out = os.Stdout
	}
	out := bufio.NewWriter(cmd.Out)
	table, lines := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0), json.NewEncoder(out)
	err = d.View(ctx, db.Of(creditor.ID), func(tx *db.Tx) error {
		return cases.Each(tx, creditor.ID, func(l cases.Listed) error {
			if cmd.Open && l.State != cases.Open {
				return nil
			}
			if cmd.JSON {
				return lines.Encode(listedCase{l.Ref, l.Customer, l.Name, string(l.Currency), string(l.State), l.BalanceMinor})
			}
			_, err := fmt.Fprintf(table, "%s\t%s\t%s\t%s %s\t%s\n", l.Ref, l.Customer, l.State, l.Currency.Plain(l.BalanceMinor), l.Currency, l.Name)
			return err
		})
	})
	if err != nil {
		return err
	}
	if err := table.Flush(); err != nil {
		return err
	}
	return out.Flush()
}
