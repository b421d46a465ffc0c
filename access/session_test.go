package access_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/acuerdo/acuerdo/access"
	"github.com/acuerdo/acuerdo/db"
	"github.com/acuerdo/acuerdo/db/dbtest"
	"github.com/acuerdo/acuerdo/fault"
)

func TestASessionEndsWhenIdle(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		b := setup(t, d)
		token := b.mustToken(b.signIn())
		for range 6 {
			b.clock.Advance(access.MaxSessionIdle)
			session, err := b.Session(ctx, token)
			if err != nil {
				t.Fatal(err)
			}
			if session.CaseID != b.caseID || session.Tier != 1 {
				t.Fatalf("%+v", session)
			}
		}
		b.clock.Advance(access.MaxSessionIdle + time.Microsecond)
		_, err := b.Session(ctx, token)
		want(t, err, fault.Unauthorized, "session_ended")
	})
}

func TestASessionEndsAfterEightHoursHoweverBusy(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		b := setup(t, d)
		first := b.signIn()
		b.clock.Advance(10 * time.Minute)
		raised, _, err := b.VerifyCode(ctx, first, b.code(first, ""))
		if err != nil {
			t.Fatal(err)
		}
		token := b.mustToken(raised)
		for b.clock.Now().Before(start.Add(access.MaxSessionAge - 10*time.Minute)) {
			b.clock.Advance(10 * time.Minute)
			if _, err := b.Session(ctx, token); err != nil {
				t.Fatal(b.clock.Now(), err)
			}
		}
		b.clock.Set(start.Add(access.MaxSessionAge + time.Microsecond))
		_, err = b.Session(ctx, token)
		want(t, err, fault.Unauthorized, "session_ended")
	})
}

func TestMostReadsWriteNothing(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		b := setup(t, d)
		token := b.mustToken(b.signIn())
		before := dump(t, d)
		b.clock.Advance(59 * time.Second)
		for range 5 {
			if _, err := b.Session(ctx, token); err != nil {
				t.Fatal(err)
			}
		}
		if dump(t, d) != before {
			t.Error("a read within a minute wrote")
		}
		b.clock.Advance(time.Second)
		if _, err := b.Session(ctx, token); err != nil {
			t.Fatal(err)
		}
		if dump(t, d) == before {
			t.Error("a read after a minute did not note it")
		}
	})
}

func TestSessionAndPageAreReadTogether(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		b, stranger := setup(t, d), setup(t, d)
		claims, err := b.Claims(b.mustToken(b.signIn()))
		if err != nil || claims.CreditorID != b.creditor || claims.CaseID != b.caseID {
			t.Fatalf("%+v, %v", claims, err)
		}
		read := func(scope db.Scope, c access.Claims) error {
			var r db.Reads
			session := b.ReadSession(&r, c)
			if err := d.Read(ctx, scope, &r); err != nil {
				return err
			}
			_, err := session()
			return err
		}
		if err := read(db.Of(claims.CreditorID), claims); err != nil {
			t.Fatal(err)
		}
		foreign := claims
		foreign.CreditorID = stranger.creditor
		want(t, read(db.Of(stranger.creditor), foreign), fault.Unauthorized, "session_ended")
		foreign = claims
		foreign.CaseID = stranger.caseID
		want(t, read(db.Of(b.creditor), foreign), fault.Unauthorized, "session_ended")
	})
}

func TestSigningOutEndsTheSessionOnly(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		b := setup(t, d)
		one, two := b.signIn(), b.signIn()
		for range 2 {
			if err := b.End(ctx, one); err != nil {
				t.Fatal(err)
			}
		}
		_, err := b.Session(ctx, b.mustToken(one))
		want(t, err, fault.Unauthorized, "session_ended")
		if _, err := b.Session(ctx, b.mustToken(two)); err != nil {
			t.Error(err)
		}
	})
}

func TestASwitchedLanguageStaysThroughTheRaise(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		b := setup(t, d)
		session := b.signIn()
		if err := b.SetLanguage(ctx, session, "pt"); err != nil {
			t.Fatal(err)
		}
		raised, _, err := b.VerifyCode(ctx, session, b.code(session, ""))
		if err != nil || raised.Language != "pt" {
			t.Errorf("%q, %v", raised.Language, err)
		}
	})
}

func TestForgedTokensAreRefused(t *testing.T) {
	b := setup(t, dbtest.SQLite(t))
	session := b.signIn()
	good := b.mustToken(session)
	parts := strings.Split(good, ".")
	key := b.Keys.Keys["k2"]

	var base jwt.MapClaims
	raw, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil || json.Unmarshal(raw, &base) != nil {
		t.Fatal(err)
	}
	sign := func(method jwt.SigningMethod, kid any, key any, change map[string]any) string {
		claims := jwt.MapClaims{}
		for k, v := range base {
			claims[k] = v
		}
		for k, v := range change {
			if claims[k] = v; v == nil {
				delete(claims, k)
			}
		}
		token := jwt.NewWithClaims(method, claims)
		if token.Header["kid"] = kid; kid == nil {
			delete(token.Header, "kid")
		}
		s, err := token.SignedString(key)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	resigned := func(header string) string {
		head := base64.RawURLEncoding.EncodeToString([]byte(header)) + "." + parts[1]
		mac := hmac.New(sha256.New, key)
		mac.Write([]byte(head))
		return head + "." + base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
	}
	hs := jwt.SigningMethodHS256
	if _, err := b.Session(ctx, sign(hs, "k2", key, nil)); err != nil {
		t.Fatalf("the forger's tool makes no good token: %v", err)
	}
	if _, err := b.Session(ctx, sign(hs, "k1", b.Keys.Keys["k1"], nil)); err != nil {
		t.Errorf("the older key of the ring: %v", err)
	}
	tampered := base64.RawURLEncoding.EncodeToString([]byte(strings.Replace(string(raw), b.creditor.String(), db.NewID().String(), 1)))
	past := float64(start.Add(-time.Second).Unix())
	for name, token := range map[string]string{
		"empty":                 "",
		"rubbish":               "a.b.c",
		"alg none":              sign(jwt.SigningMethodNone, "k2", jwt.UnsafeAllowNoneSignatureType, nil),
		"no signature":          parts[0] + "." + parts[1] + ".",
		"another algorithm":     sign(jwt.SigningMethodHS512, "k2", key, nil),
		"alg lies":              resigned(`{"alg":"none","kid":"k2"}`),
		"another key":           sign(hs, "k2", []byte(strings.Repeat("x", 32)), nil),
		"the other key's id":    sign(hs, "k1", key, nil),
		"unknown kid":           sign(hs, "k3", key, nil),
		"no kid":                sign(hs, nil, key, nil),
		"kid is no text":        sign(hs, []string{"k2"}, key, nil),
		"empty key, unknown id": sign(hs, "", []byte{}, nil),
		"another audience":      sign(hs, "k2", key, map[string]any{"aud": "acuerdo/console"}),
		"no audience":           sign(hs, "k2", key, map[string]any{"aud": nil}),
		"another issuer":        sign(hs, "k2", key, map[string]any{"iss": "evil"}),
		"expired":               sign(hs, "k2", key, map[string]any{"exp": past}),
		"no expiry":             sign(hs, "k2", key, map[string]any{"exp": nil}),
		"not yet":               sign(hs, "k2", key, map[string]any{"nbf": float64(start.Add(time.Hour).Unix())}),
		"no id":                 sign(hs, "k2", key, map[string]any{"jti": nil}),
		"unknown id":            sign(hs, "k2", key, map[string]any{"jti": db.NewID().String()}),
		"another creditor":      sign(hs, "k2", key, map[string]any{"cr": db.NewID().String()}),
		"another case":          sign(hs, "k2", key, map[string]any{"cs": db.NewID().String()}),
		"tampered claims":       parts[0] + "." + tampered + "." + parts[2],
		"tampered signature":    parts[0] + "." + parts[1] + "." + strings.Repeat("A", len(parts[2])),
	} {
		_, err := b.Session(ctx, token)
		if e := fault.As(err); err == nil || e.Code != fault.Unauthorized || e.Key != "session_ended" {
			t.Errorf("%s: %v", name, err)
		}
	}
	b.clock.Advance(access.MaxSessionAge + time.Second)
	if _, err := b.Claims(good); !fault.Is(err, fault.Unauthorized) {
		t.Errorf("after eight hours: %v", err)
	}
}

func TestWeakSecretsAreNamed(t *testing.T) {
	s := &access.Service{Secret: []byte("short-secret"), Keys: access.KeyRing{Current: "b", Keys: map[string][]byte{"a": []byte("weak-key")}}}
	err := s.Validate()
	if err == nil {
		t.Fatal("no error")
	}
	for _, part := range []string{"access secret", `"b"`, `"a"`} {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("%q is not named in: %v", part, err)
		}
	}
	if strings.Contains(err.Error(), "weak-key") || strings.Contains(err.Error(), "short-secret") {
		t.Error("a secret is in the error")
	}
	s.Keys.Current = "a"
	if _, err := s.Token(access.Session{}); err == nil {
		t.Error("a weak key signs")
	}
}
