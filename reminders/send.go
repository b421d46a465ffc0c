package reminders

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/acuerdo/acuerdo/cases"
	"github.com/acuerdo/acuerdo/db"
	"github.com/acuerdo/acuerdo/fault"
)

// Send delivers a queued message, once as far as we can tell: a message that is
// already sent is left alone. A permanent error ends the message and tells the
// collectors; any other comes back, and the job tries again.
func (s *Service) Send(ctx context.Context, sender Sender, messageID db.ID) error {
	l, why, err := s.letter(ctx, messageID)
	if err != nil || l.State != Queued {
		return err
	}
	if why != "" {
		return s.fail(ctx, l.Message, why)
	}
	if err := sender.Send(ctx, l); err != nil {
		var permanent *PermanentError
		if errors.As(err, &permanent) {
			return s.fail(ctx, l.Message, permanent.Reason)
		}
		return err
	}
	at := s.Clock.Now()
	return s.finish(ctx, l.Message, map[string]any{"state": Sent, "sent_at": at}, nil)
}

// GiveUp ends a message whose last attempt failed.
func (s *Service) GiveUp(ctx context.Context, messageID db.ID) error {
	l, _, err := s.letter(ctx, messageID)
	if err != nil || l.State != Queued {
		return err
	}
	return s.fail(ctx, l.Message, GivenUp)
}

// letter reads a message with its envelope; why tells that it should not go out any more.
func (s *Service) letter(ctx context.Context, messageID db.ID) (l Letter, why string, err error) {
	err = s.DB.View(ctx, db.Everyone("a job knows its message only by id"), func(tx *db.Tx) error {
		if err := tx.Where("id = ?", messageID).Take(&l.Message).Error; err != nil {
			return err
		}
		if l.State != Queued {
			return nil
		}
		c, err := cases.Get(tx, l.CreditorID, l.CaseID)
		if err != nil {
			return err
		}
		debtor, err := cases.GetDebtor(tx, l.CreditorID, c.DebtorID)
		if err != nil {
			return err
		}
		creditor, err := cases.GetCreditor(tx, l.CreditorID)
		if err != nil {
			return err
		}
		why = stale(l.Message, c, debtor, s.Clock.Now())
		l.FromName, l.ReplyTo = strip(creditor.Name), creditor.Email
		if l.Kind == Reminder {
			l.OptOutURL = optOutURL(l.Message)
		}
		if l.DocumentID == nil {
			return nil
		}
		document, err := cases.GetDocument(tx, l.CreditorID, l.CaseID, *l.DocumentID)
		if err != nil {
			return err
		}
		l.Attachments = []Attachment{{Filename: document.Filename, MediaType: document.MediaType, Content: document.Content}}
		return nil
	})
	return l, why, err
}

// stale tells why a message that waited (mail was down, say) is not true any more.
func stale(m Message, c cases.Case, d cases.Debtor, now time.Time) string {
	switch m.Kind {
	case Code:
		if now.Sub(m.CreatedAt) > CodeMinutes*time.Minute {
			return Expired
		}
	case Reminder:
		if d.OptedOut {
			return OptedOut
		}
		fallthrough
	case InstalmentAsked, InstalmentMissed:
		if c.State == cases.Closed {
			return CaseClosed
		}
	}
	return ""
}

func optOutURL(m Message) string {
	for _, link := range m.Links() {
		if strings.HasSuffix(link, "/stop") {
			return link
		}
	}
	return ""
}

// fail ends a message. A collector hears of it unless it is simply not needed
// any more, because somebody without a working address has to be reached otherwise.
func (s *Service) fail(ctx context.Context, m Message, reason string) error {
	return s.finish(ctx, m, map[string]any{"state": Failed, "failure": reason}, func(tx *db.Tx) error {
		if reason == OptedOut || reason == CaseClosed || reason == Expired {
			return nil
		}
		now := s.Clock.Now()
		return cases.AddTask(tx, cases.Task{
			CreditorID: m.CreditorID, CaseID: m.CaseID, Kind: "message_failed", DueAt: now, CreatedAt: now,
			Data: map[string]any{"message_id": m.ID, "message": m.Kind, "channel": m.Channel, "reason": reason},
		})
	})
}

// finish moves a message out of the queue, takes out its secrets, and does what
// goes with it. Losing the race to another worker is no error: the message is out.
func (s *Service) finish(ctx context.Context, m Message, set map[string]any, also func(*db.Tx) error) error {
	if !s.KeepSecrets {
		m = m.redact()
		set["text_body"], set["html_body"] = m.TextBody, m.HTMLBody
	}
	err := s.DB.Update(ctx, db.Of(m.CreditorID), func(tx *db.Tx) error {
		err := db.CompareAndSet(tx.Model(&Message{}).Where("creditor_id = ? AND id = ? AND state = ?", m.CreditorID, m.ID, Queued).Updates(set))
		if err != nil || also == nil {
			return err
		}
		return also(tx)
	})
	if fault.Is(err, fault.Conflict) {
		return nil
	}
	return err
}
