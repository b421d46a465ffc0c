package reminders_test

import (
	"testing"

	"github.com/acuerdo/acuerdo/db/dbtest"
)

func TestMain(m *testing.M) { dbtest.Main(m) }
