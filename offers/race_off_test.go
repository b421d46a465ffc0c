//go:build !race

package offers_test

const raceDetector = false
