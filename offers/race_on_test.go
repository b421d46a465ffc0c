//go:build race

package offers_test

// raceDetector: the pure laws run fewer cases under it.
const raceDetector = true
