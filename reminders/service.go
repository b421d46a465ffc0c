package reminders

import (
	"errors"
	"maps"
	"strings"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"github.com/acuerdo/acuerdo/cases"
	"github.com/acuerdo/acuerdo/clock"
	"github.com/acuerdo/acuerdo/db"
	"github.com/acuerdo/acuerdo/fault"
	"github.com/acuerdo/acuerdo/locale"
)

// Service writes messages and finds out what falls due.
type Service struct {
	DB        *db.DB
	Clock     clock.Clock
	PublicURL string // where the portal is, without a slash at the end
	// NewLink makes a locator for a case and keeps its hash; access does it.
	NewLink func(tx *db.Tx, creditor, caseID db.ID) (token string, err error)
	// CanSMS tells that the sender delivers text messages, so a debtor without
	// an e-mail address can get a code.
	CanSMS bool
	// KeepSecrets leaves links and codes in the messages after they were sent,
	// for the demo's inbox. Never in production.
	KeepSecrets bool
}

// Vars are a template's variables besides those that every message has.
type Vars map[string]any

// Outgoing is a message to be written. File says whose it is; DedupeKey names
// the fact within its kind and case: the same fact is told once.
type Outgoing struct {
	Kind       Kind
	File       cases.File
	Channel    Channel // e-mail when empty
	Language   string  // the debtor's when empty
	Vars       Vars
	DedupeKey  string
	DocumentID *db.ID         // goes along as an attachment
	Data       map[string]any // what the timeline keeps, ids and amounts only
}

// Queue writes a message in the caller's transaction, has a job send it, and
// tells the timeline. The same dedupe key again changes nothing and returns the
// message as it is. Without an address, or a reminder to somebody who wants
// none, nothing is written: the message comes back skipped.
func (s *Service) Queue(tx *db.Tx, o Outgoing) (Message, error) {
	m, _, err := s.queue(tx, o)
	return m, err
}

// queue also tells whether the message is new.
func (s *Service) queue(tx *db.Tx, o Outgoing) (Message, bool, error) {
	if o.Channel == "" {
		o.Channel = Email
	}
	f := o.File
	m := Message{
		CreditorID: f.Case.CreditorID, CaseID: f.Case.ID, Kind: o.Kind, Channel: o.Channel, Recipient: address(f.Debtor, o.Channel),
		Language: string(languageOf(o)), DocumentID: o.DocumentID, State: Queued, CreatedAt: s.Clock.Now(),
		DedupeKey: strings.Join([]string{string(o.Kind), f.Case.ID.String(), o.DedupeKey}, ":"),
	}
	if o.Kind == Reminder && f.Debtor.OptedOut {
		m.State, m.Failure = Skipped, OptedOut
		return m, false, nil
	}
	if m.Recipient == "" {
		m.State, m.Failure = Skipped, NoAddress
		return m, false, nil
	}
	if known, err := byKey(tx, m); err == nil || !errors.Is(err, gorm.ErrRecordNotFound) {
		return known, false, err
	}
	m.ID = db.NewID()
	if err := s.render(tx, &m, o); err != nil {
		return m, false, err
	}
	created := tx.Clauses(clause.OnConflict{Columns: []clause.Column{{Name: "dedupe_key"}}, DoNothing: true}).Create(&m)
	if created.Error != nil {
		return m, false, created.Error
	}
	if created.RowsAffected == 0 { // somebody else told it at this very moment
		known, err := byKey(tx, m)
		return known, false, err
	}
	if err := tx.Enqueue(SendArgs{MessageID: m.ID}); err != nil {
		return m, false, err
	}
	return m, true, s.record(tx, m, o)
}

func byKey(tx *db.Tx, m Message) (Message, error) {
	var known Message
	err := tx.Where("creditor_id = ? AND dedupe_key = ?", m.CreditorID, m.DedupeKey).Take(&known).Error
	return known, err
}

// address is where a debtor is reached by a channel, "" when nowhere.
func address(d cases.Debtor, c Channel) string {
	to := d.Email
	if c == SMS {
		to = d.Phone
	}
	to = strings.TrimSpace(to)
	if strings.ContainsAny(to, "\r\n") {
		return "" // an address that would add a header is none
	}
	return to
}

// languageOf is the language asked for, else the debtor's, else the creditor's.
func languageOf(o Outgoing) locale.Language {
	for _, candidate := range []string{o.Language, o.File.Debtor.Language, o.File.Creditor.Language} {
		if l, ok := locale.ParseLanguage(candidate); ok {
			return l
		}
	}
	return locale.Spanish
}

// localeOf is how a debtor reads amounts and dates.
func localeOf(o Outgoing) locale.Locale {
	return locale.Locale{Language: languageOf(o), Country: o.File.Debtor.Country}
}

// render makes the link and the texts.
func (s *Service) render(tx *db.Tx, m *Message, o Outgoing) error {
	vars := commonVars(o)
	if o.Kind != Code { // a link and the code that it asks for never share a message
		if s.NewLink == nil {
			return fault.Newf(fault.Internal, "internal", "reminders: the service has no NewLink")
		}
		token, err := s.NewLink(tx, m.CreditorID, m.CaseID)
		if err != nil {
			return err
		}
		link := strings.TrimRight(s.PublicURL, "/") + "/l/" + token
		vars["link"] = link
		if o.Kind == Reminder {
			vars["opt_out_url"] = link + "/stop"
		}
	}
	maps.Copy(vars, o.Vars)
	text, err := Render(o.Kind, o.Channel, languageOf(o), vars)
	if err != nil {
		return err
	}
	m.Subject, m.TextBody, m.HTMLBody = text.Subject, text.Text, text.HTML
	return nil
}

// commonVars are what every template knows.
func commonVars(o Outgoing) Vars {
	c, d := o.File.Creditor, o.File.Debtor
	return Vars{
		"creditor_name": c.Name, "creditor_legal_name": c.LegalName, "creditor_phone": c.Phone, "creditor_email": c.Email,
		"creditor_website": c.Website, "colour": c.Colour, "debtor_name": d.Name, "case_ref": o.File.Case.Ref,
		"link": "", "opt_out_url": "",
	}
}

// eventKinds are what the timeline calls a message; the others are message_sent.
var eventKinds = map[Kind]cases.EventKind{
	Reminder: cases.EventReminderSent, Code: cases.EventCodeSent,
	InstalmentAsked: cases.EventInstalmentAsked, InstalmentMissed: cases.EventInstalmentMissed,
}

func (s *Service) record(tx *db.Tx, m Message, o Outgoing) error {
	data := map[string]any{"message_id": m.ID}
	maps.Copy(data, o.Data)
	kind, ok := eventKinds[m.Kind]
	if !ok {
		kind, data["message"] = cases.EventMessageSent, m.Kind
	}
	return cases.Record(tx, cases.Event{
		CreditorID: m.CreditorID, CaseID: m.CaseID, Kind: kind, Actor: cases.BySystem, Channel: string(m.Channel), Data: data, At: m.CreatedAt,
	})
}
