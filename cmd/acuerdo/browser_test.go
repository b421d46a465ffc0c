package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"github.com/acuerdo/acuerdo/db/dbtest"
)

// browser is one person's browser window.
type browser struct {
	t     *testing.T
	ctx   context.Context
	name  string // of its pictures
	shots int
}

// look is how the window looks at pages.
type look struct {
	width, height int64
	mobile, dark  bool
	language      string
	noScript      bool
}

var (
	phone   = look{width: 390, height: 844, mobile: true, language: "es-ES"}
	desktop = look{width: 1280, height: 900, language: "en-US"}
)

func openBrowser(t *testing.T, name string, l look) *browser {
	t.Helper()
	path := chromium()
	if path == "" {
		dbtest.Missing(t, "browser", "install Chromium, or set ACUERDO_TEST_BROWSER to one")
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-dev-shm-usage", true), chromedp.Flag("lang", l.language),
		chromedp.Flag("accept-lang", l.language), chromedp.UserDataDir(t.TempDir()))
	alloc, stop := chromedp.NewExecAllocator(context.Background(), options...)
	ctx, cancel := chromedp.NewContext(alloc)
	ctx, cancelTime := context.WithTimeout(ctx, 3*time.Minute)
	t.Cleanup(func() { cancelTime(); cancel(); stop() })
	b := &browser{t: t, ctx: ctx, name: name}
	scheme := "light"
	if l.dark {
		scheme = "dark"
	}
	b.command(chromedp.Do(b.ctx, chromedp.Navigate("about:blank"))) // starts the browser, which lives as long as this context
	b.command(call(b, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{
		Width: l.width, Height: l.height, DeviceScaleFactor: 1, Mobile: l.mobile}))
	b.command(call(b, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
		Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}}))
	b.command(call(b, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: l.noScript}))
	return b
}

// call is one command of the browser's own protocol.
func call[P, R any](b *browser, cmd cdp.Command[P, R], params P) error {
	_, err := chromedp.Call(b.ctx, cmd, params)
	return err
}

func (b *browser) command(err error) {
	b.t.Helper()
	if err != nil {
		b.t.Fatalf("%s: %v", b.name, err)
	}
}

func chromium() string {
	if given := os.Getenv("ACUERDO_TEST_BROWSER"); given != "" {
		return given
	}
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	return ""
}

func (b *browser) do(actions ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, stepWithin)
	defer cancel()
	b.check("", chromedp.Do(ctx, actions...))
}

// stepWithin ends a test that waits for what never comes.
const stepWithin = 20 * time.Second

// check stops the test where the browser could not do something, and says what it showed.
func (b *browser) check(what string, err error) {
	b.t.Helper()
	if err != nil {
		b.shot("stuck")
		b.t.Fatalf("%s: %s %v\non %s\n%s", b.name, what, err, b.url(), b.text("body"))
	}
}

func (b *browser) open(url string) { b.t.Helper(); b.do(chromedp.Navigate(url)) }

// click presses something and waits for the page it leads to.
func (b *browser) click(selector string) {
	b.t.Helper()
	b.do(chromedp.WaitVisible(selector))
	ctx, cancel := context.WithTimeout(b.ctx, stepWithin)
	defer cancel()
	_, err := chromedp.RunResponse(ctx, chromedp.Click(selector))
	b.check("clicking "+selector, err)
}

func (b *browser) fill(selector, value string) {
	b.t.Helper()
	b.do(chromedp.WaitVisible(selector))
	_, err := chromedp.Run(b.ctx, chromedp.Evaluate[bool](fmt.Sprintf("(document.querySelector(%q).value='')==''", selector)))
	b.check("emptying "+selector, err)
	b.do(chromedp.SendKeys(selector, value))
}

func (b *browser) tick(selector string) {
	b.t.Helper()
	b.do(chromedp.Click(selector))
}

// text is what a person reads in an element, "" where there is none.
func (b *browser) text(selector string) string {
	s, _ := chromedp.Run(b.ctx, chromedp.Evaluate[string](fmt.Sprintf("(document.querySelector(%q)||{innerText:''}).innerText", selector)))
	return strings.ReplaceAll(s, "\u00a0", " ")
}

// value is what stands in an input.
func (b *browser) value(selector string) string {
	s, _ := chromedp.Run(b.ctx, chromedp.Evaluate[string](fmt.Sprintf("(document.querySelector(%q)||{value:''}).value", selector)))
	return s
}

func (b *browser) url() string {
	s, _ := chromedp.Run(b.ctx, chromedp.Location())
	return s
}

// reads fails unless a page says all of these, and says none of what follows "not:".
func (b *browser) reads(selector string, wanted ...string) {
	b.t.Helper()
	got := b.text(selector)
	for _, w := range wanted {
		w, unwanted := strings.CutPrefix(w, "not:")
		if strings.Contains(got, w) == unwanted {
			b.shot("misread")
			b.t.Errorf("%s: %s on %s reads\n%s\nwanted %q (unwanted: %v)", b.name, selector, b.url(), got, w, unwanted)
		}
	}
}

// until reloads a page that waits for a webhook until it says so.
func (b *browser) until(selector, wanted string) {
	b.t.Helper()
	waitFor(b.t, wanted, func() bool {
		if strings.Contains(b.text(selector), wanted) {
			return true
		}
		_ = chromedp.Do(b.ctx, chromedp.Reload())
		return false
	})
}

// shot takes a picture of the whole page where ACUERDO_TEST_SHOTS names a
// folder; the pictures of the documentation are made so.
func (b *browser) shot(what string) {
	dir := os.Getenv("ACUERDO_TEST_SHOTS")
	if dir == "" {
		return
	}
	b.shots++
	if png, err := chromedp.Run(b.ctx, chromedp.FullScreenshot(100)); err == nil {
		_ = os.WriteFile(filepath.Join(dir, fmt.Sprintf("%s-%02d-%s.png", b.name, b.shots, what)), png, 0o600)
	}
}
