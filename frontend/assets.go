package frontend

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"net/http"
	"path"
	"strings"
	"time"
)

//go:embed static/app.css static/app.js
var staticFiles embed.FS

type asset struct {
	path   string // "/assets/app.1a2b3c4d.css"
	mime   string
	body   []byte
	zipped []byte
}

var (
	stylesheet = mustAsset("app.css", "text/css; charset=utf-8")
	script     = mustAsset("app.js", "text/javascript; charset=utf-8")
	assets     = map[string]asset{stylesheet.path: stylesheet, script.path: script}
)

// mustAsset names a file by its content, so that a browser may keep it for ever.
func mustAsset(name, mime string) asset {
	body, err := staticFiles.ReadFile("static/" + name)
	if err != nil {
		panic(err)
	}
	sum := sha256.Sum256(body)
	ext := path.Ext(name)
	var zipped bytes.Buffer
	w, err := gzip.NewWriterLevel(&zipped, gzip.BestCompression)
	if err == nil {
		_, err = w.Write(body)
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		panic(err)
	}
	return asset{
		path: "/assets/" + strings.TrimSuffix(name, ext) + "." + hex.EncodeToString(sum[:6]) + ext,
		mime: mime, body: body, zipped: zipped.Bytes(),
	}
}

// Assets serves the stylesheet and the script under /assets/ (the prefix stays
// in the path).
func Assets() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		a, ok := assets[r.URL.Path]
		if !ok || (r.Method != http.MethodGet && r.Method != http.MethodHead) {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Type", a.mime)
		w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
		w.Header().Set("X-Content-Type-Options", "nosniff")
		w.Header().Set("ETag", `"`+a.path+`"`)
		w.Header().Set("Vary", "Accept-Encoding")
		body := a.body
		if strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") && r.Header.Get("Range") == "" {
			w.Header().Set("Content-Encoding", "gzip")
			body = a.zipped
		}
		http.ServeContent(w, r, a.path, time.Time{}, bytes.NewReader(body))
	})
}
