package frontend

import "time"

// InboxView is the demo's list of messages, newest first.
type InboxView struct {
	Page
	Messages []InboxRow
	Query    string
	To       string
}

// InboxRow is one message in the list.
type InboxRow struct {
	URL     string
	Channel string
	From    string
	To      string
	Subject string
	Preview string
	At      time.Time
}

// MessageView is one message. HTML is shown only inside a sandboxed frame.
type MessageView struct {
	Page
	InboxRow
	HTMLURL string // GET that answers the HTML alone, for the frame; "" when none
	Text    string
	Links   []string
	BackURL string
}

// DemoHomeView lists what to open.
type DemoHomeView struct {
	Page
	ConsoleURL string
	InboxURL   string
	StripeURL  string
	DocsURL    string // OpenAPI
	Users      []DemoUser
	Cases      []DemoCase
	Cards      []DemoCard
}

// DemoUser is a member of staff to sign in as.
type DemoUser struct {
	Creditor, Role, Email, Password string
}

// DemoCase is a case to open as its debtor.
type DemoCase struct {
	Ref, Creditor, Debtor, Kind, Language string
	Balance                               Money
	URL                                   string // the link
	Fact                                  FactKind
	KnownFact                             string
	Note                                  string // what makes it special: "disputed", "part paid", …
}

// DemoCard is a test card of the sandbox.
type DemoCard struct {
	Number, Outcome string // succeed, decline, authenticate, …: demo.card.*
}
