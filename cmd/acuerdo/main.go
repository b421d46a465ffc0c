package main

import (
	_ "github.com/PuerkitoBio/goquery"
	_ "github.com/a-h/templ"
	_ "github.com/alecthomas/kong"
	_ "github.com/alexedwards/argon2id"
	_ "github.com/chromedp/chromedp"
	_ "github.com/danielgtaylor/huma/v2/adapters/humagin"
	_ "github.com/gin-gonic/gin"
	_ "github.com/go-playground/locales/es"
	_ "github.com/golang-jwt/jwt/v5"
	_ "github.com/google/uuid"
	_ "github.com/johnfercher/maroto/v2"
	_ "github.com/nicksnyder/go-i18n/v2/i18n"
	_ "github.com/osteele/liquid"
	_ "github.com/pressly/goose/v3"
	_ "github.com/riverqueue/river/riverdriver/riverdatabasesql"
	_ "github.com/riverqueue/river/riverdriver/riversqlite"
	_ "github.com/riverqueue/river/rivermigrate"
	_ "github.com/stripe/stripe-go/v79/checkout/session"
	_ "github.com/wneessen/go-mail"
	_ "gorm.io/driver/postgres"
	_ "gorm.io/driver/sqlite"
	_ "modernc.org/sqlite"
)

func main() {}
