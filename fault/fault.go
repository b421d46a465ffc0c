// Package fault is the one vocabulary of failure: a closed set of codes, one
// table from code to HTTP status that HTML pages and the JSON API share, and an
// error that names the translation key and the form field it belongs to.
package fault

import (
	"errors"
	"fmt"
	"net/http"
)

// Code says what kind of failure it is; doors map it to a status, never to a text.
type Code string

// The closed set of codes.
const (
	Invalid      Code = "invalid"      // the input can't be used; Field says which part
	NotFound     Code = "not_found"    // it doesn't exist, or isn't the asker's to see
	Conflict     Code = "conflict"     // it changed meanwhile, or can't happen in this state
	Unauthorized Code = "unauthorized" // who is asking is not known (any more)
	Forbidden    Code = "forbidden"    // known, but not allowed
	RateLimited  Code = "rate_limited" // too many tries; wait
	TooLarge     Code = "too_large"    // more bytes than the limit
	Unavailable  Code = "unavailable"  // something we depend on does not answer; try again
	Internal     Code = "internal"     // our mistake
)

// HTTPStatus is the only map from code to HTTP status.
func (c Code) HTTPStatus() int {
	switch c {
	case Invalid:
		return http.StatusUnprocessableEntity
	case NotFound:
		return http.StatusNotFound
	case Conflict:
		return http.StatusConflict
	case Unauthorized:
		return http.StatusUnauthorized
	case Forbidden:
		return http.StatusForbidden
	case RateLimited:
		return http.StatusTooManyRequests
	case TooLarge:
		return http.StatusRequestEntityTooLarge
	case Unavailable:
		return http.StatusServiceUnavailable
	case Internal:
		return http.StatusInternalServerError
	}
	return http.StatusInternalServerError
}

// Error is a failure that a reader can act on. Key names the translated message
// (for example "amount_above_balance"), Params fill its placeholders.
type Error struct {
	Code   Code
	Key    string
	Field  string
	Params map[string]any
	Err    error // the cause, for logs; never shown
}

func (e *Error) Error() string {
	s := string(e.Code) + ": " + e.Key
	if e.Field != "" {
		s += " (" + e.Field + ")"
	}
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	return s
}

func (e *Error) Unwrap() error { return e.Err }

// New makes an error of a code and a message key.
func New(code Code, key string) *Error { return &Error{Code: code, Key: key} }

// Newf wraps a technical detail that only logs will see.
func Newf(code Code, key, format string, args ...any) *Error {
	return &Error{Code: code, Key: key, Err: fmt.Errorf(format, args...)}
}

// Field makes an Invalid error that belongs beside one form field.
func Field(field, key string, params map[string]any) *Error {
	return &Error{Code: Invalid, Key: key, Field: field, Params: params}
}

// Wrap gives a cause a code and a key; a nil cause stays nil.
func Wrap(err error, code Code, key string) error {
	if err == nil {
		return nil
	}
	return &Error{Code: code, Key: key, Err: err}
}

// As finds the *Error in a chain; an error of any other kind becomes Internal.
func As(err error) *Error {
	var e *Error
	if errors.As(err, &e) {
		return e
	}
	return &Error{Code: Internal, Key: "internal", Err: err}
}

// CodeOf is the code of an error, "" for nil.
func CodeOf(err error) Code {
	if err == nil {
		return ""
	}
	return As(err).Code
}

// Is tells whether err carries the code.
func Is(err error, code Code) bool { return err != nil && CodeOf(err) == code }
