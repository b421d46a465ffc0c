package db

import (
	"fmt"
	"strings"

	"gorm.io/gorm"
)

// shared are the tables that belong to the installation, not to one creditor.
var shared = map[string]bool{
	"": true, "creditors": true, "stripe_events": true, "rate_counters": true, "staff_users": true,
	"staff_sessions": true, "settings": true,
}

// GuardTenants makes a query on a creditor's table panic when its SQL names no
// creditor, unless the transaction was opened for everyone. Tests open with it.
func GuardTenants(g *gorm.DB) error {
	check := func(tx *gorm.DB) {
		scope, _ := tx.Statement.Context.Value(insideKey{}).(string)
		if scope == "" || scope == "*" || shared[tx.Statement.Table] {
			return
		}
		if query := tx.Statement.SQL.String(); query != "" && !strings.Contains(query, "creditor_id") {
			panic(fmt.Sprintf("db: a query on %s without its creditor: %s", tx.Statement.Table, query))
		}
	}
	c := g.Callback()
	for _, err := range []error{
		c.Query().After("gorm:query").Register("acuerdo:tenant_query", check),
		c.Row().After("gorm:row").Register("acuerdo:tenant_row", check),
		c.Update().After("gorm:update").Register("acuerdo:tenant_update", check),
		c.Delete().After("gorm:delete").Register("acuerdo:tenant_delete", check),
	} {
		if err != nil {
			return err
		}
	}
	return nil
}
