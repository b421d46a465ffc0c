package sandbox

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math/big"
	"os"
	"path/filepath"
)

// platformAccount owns whatever is made without a Stripe-Account header.
const platformAccount = "acct_sandbox"

// state is everything that survives a restart.
type state struct {
	Seed     string              `json:"seed"`
	Counter  uint64              `json:"counter"`
	Accounts map[string]*account `json:"accounts"`
	Answers  map[string]*answer  `json:"answers"` // by account and idempotency key
}

// account is one merchant's partition: it never sees another's objects.
type account struct {
	ID         string                     `json:"id"`
	Customers  table[*customer]           `json:"customers"`
	Methods    table[*paymentMethod]      `json:"payment_methods"`
	Intents    table[*paymentIntent]      `json:"payment_intents"`
	Setups     table[*setupIntent]        `json:"setup_intents"`
	Sessions   table[*checkoutSession]    `json:"sessions"`
	Charges    table[*charge]             `json:"charges"`
	Refunds    table[*refund]             `json:"refunds"`
	Disputes   table[*dispute]            `json:"disputes"`
	Balance    table[*balanceTransaction] `json:"balance_transactions"`
	Events     table[*event]              `json:"events"`
	Endpoints  table[*webhookEndpoint]    `json:"webhook_endpoints"`
	OpenByTime map[string]int64           `json:"open_sessions"` // session id → expires_at
}

// header is what every object starts with.
type header struct {
	ID      string `json:"id"`
	Object  string `json:"object"`
	Created int64  `json:"created"`
}

func (h header) ident() string    { return h.ID }
func (h header) createdAt() int64 { return h.Created }

type object interface {
	ident() string
	createdAt() int64
}

// table keeps objects by id and in the order they were made.
type table[T object] struct {
	Rows  map[string]T `json:"rows"`
	Order []string     `json:"order"`
}

func (t *table[T]) add(row T) {
	if t.Rows == nil {
		t.Rows = map[string]T{}
	}
	t.Rows[row.ident()] = row
	t.Order = append(t.Order, row.ident())
}

func (t *table[T]) get(id string) (T, bool) {
	row, ok := t.Rows[id]
	return row, ok
}

// newest yields rows from the last made to the first, as Stripe lists them.
func (t *table[T]) newest(yield func(T) bool) {
	for i := len(t.Order) - 1; i >= 0; i-- {
		if !yield(t.Rows[t.Order[i]]) {
			return
		}
	}
}

// opt is a nullable string: "" is null in JSON. References are of this type.
type opt string

func (o opt) MarshalJSON() ([]byte, error) {
	if o == "" {
		return []byte("null"), nil
	}
	return json.Marshal(string(o))
}

func (s *state) account(id string) *account {
	a, ok := s.Accounts[id]
	if !ok {
		a = &account{ID: id, OpenByTime: map[string]int64{}}
		s.Accounts[id] = a
	}
	return a
}

// id makes an identifier of Stripe's look. It is a hash of a counter that is
// part of the state, so a restart can't hand out the same one twice.
func (s *state) id(prefix string, length int) string {
	s.Counter++
	const alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	sum := sha256.Sum256(fmt.Appendf(nil, "%s/%s/%d", s.Seed, prefix, s.Counter))
	n, base, digit := new(big.Int).SetBytes(sum[:]), big.NewInt(int64(len(alphabet))), new(big.Int)
	out := []byte(prefix)
	for range length {
		n.DivMod(n, base, digit)
		out = append(out, alphabet[digit.Int64()])
	}
	return string(out)
}

func loadState(path string, seed uint64) (*state, error) {
	st := &state{Accounts: map[string]*account{}, Answers: map[string]*answer{}, Seed: fmt.Sprint(seed)}
	if seed == 0 {
		st.Seed = rand.Text()
	}
	if path == "" {
		return st, nil
	}
	raw, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return st, nil
	}
	if err != nil {
		return nil, fmt.Errorf("sandbox: read state: %w", err)
	}
	if err := json.Unmarshal(raw, st); err != nil {
		return nil, fmt.Errorf("sandbox: %s is not a sandbox state file: %w", path, err)
	}
	for slot, a := range st.Answers {
		if a.Status == 0 { // claimed by a request that the last process never finished
			delete(st.Answers, slot)
		}
	}
	return st, nil
}

// save replaces the file in one rename, so a crash leaves the old or the new state.
func (s *state) save(path string) error {
	if path == "" {
		return nil
	}
	raw, err := json.Marshal(s)
	if err != nil {
		return fmt.Errorf("sandbox: encode state: %w", err)
	}
	f, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*")
	if err != nil {
		return fmt.Errorf("sandbox: save state: %w", err)
	}
	defer os.Remove(f.Name())
	_, err = f.Write(raw)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("sandbox: save state: %w", err)
	}
	return os.Rename(f.Name(), path)
}
