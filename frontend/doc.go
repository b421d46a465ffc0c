// Package frontend holds every page: the view structs that doors fill, the
// templ components that show them, styles, one small script and the
// translations, all embedded in the binary. It knows nothing of domains or
// databases.
//
// A door fills a view, whose common part is Page, and renders the component of
// the same name: OverviewView by OverviewPage, through Render. Errors go into
// Page.Errors by FormErrors, whole pages of failure come from ErrorPageFor.
// Amounts in the params of an error (minimum_minor) are in Page.Currency.
//
// Texts are in translations/{es,en,pt}.toml, keyed by page ("offer.accept"),
// by fault ("fault.amount_below_minimum") or by the members of a closed set
// ("timeline.payment_received"). A test fails when one is missing, unused, or
// asks for a placeholder that another language does not know; it reads the
// program's faults and events too. In a page, T and TN fill a text, Tx names a
// member of a set, M, D, S, At and Moment write amounts, dates and instants.
//
// Assets serves /assets/ with names made of their content. A creditor's colour
// comes from the stylesheet at BrandCSSPath, whose body is BrandCSS: no page
// has an inline style or script. The pages need this of a content security
// policy: style-src 'self'; script-src 'self'; img-src 'self' data:;
// form-action 'self'; and frame-src 'self' on the demo's message page, whose
// framed HTML must itself allow frame-ancestors 'self'.
//
// TermsText is the exact text of an agreement, shown, hashed and kept.
// Package pdf writes the documents, package storybook shows every page with
// canned data: ACUERDO_STORYBOOK=127.0.0.1:7007 go test ./frontend/storybook
// -run TestServe -timeout 0. After changing a .templ file run
// go tool templ generate -path frontend.
package frontend
