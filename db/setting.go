package db

import (
	"gorm.io/gorm/clause"
)

type setting struct {
	Name  string
	Value string
}

// Setting reads a fact about the installation itself.
func Setting(tx *Tx, name string) (string, error) {
	var s setting
	err := tx.Where("name = ?", name).Take(&s).Error
	return s.Value, err
}

// SetSetting writes a fact about the installation itself.
func SetSetting(tx *Tx, name, value string) error {
	return tx.Clauses(clause.OnConflict{Columns: []clause.Column{{Name: "name"}}, DoUpdates: clause.AssignmentColumns([]string{"value"})}).
		Create(&setting{name, value}).Error
}
