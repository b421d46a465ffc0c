// Package frontend holds every page: the view structs that doors fill, the
// templ components that show them, styles, one small script and the
// translations, all embedded in the binary. It knows nothing of domains or
// databases.
//
// A door fills a view, whose common part is Page, and renders the component of
// the same name: OverviewView → OverviewPage(v).
package frontend
