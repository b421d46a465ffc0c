// Command testlog reads `go test -json` and prints what a person wants of it:
// each package's own line, the output of tests that failed, and the name of
// every test that was skipped. It fails when one failed or was skipped, or when
// nothing ran.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"strings"
)

// event is one line of `go test -json`.
type event struct {
	Action, Package, Test, Output, ImportPath string
}

func main() {
	output := map[string][]string{} // of the tests that run, by package and test
	var skipped []string
	passed, failed := 0, 0
	in := bufio.NewScanner(os.Stdin)
	in.Buffer(nil, 16<<20)
	for in.Scan() {
		var e event
		if json.Unmarshal(in.Bytes(), &e) != nil {
			fmt.Println(in.Text()) // go's own words, such as a module that is missing
			continue
		}
		name := e.Package + "." + e.Test
		switch {
		case e.Action == "build-output":
			fmt.Print(e.Output)
		case e.Action == "output" && e.Test == "":
			if e.Output != "PASS\n" {
				fmt.Print(e.Output)
			}
		case e.Action == "output":
			output[name] = append(output[name], e.Output)
		case e.Test == "":
			if e.Action == "fail" {
				failed++
			}
		case e.Action == "pass":
			passed++
			delete(output, name)
		case e.Action == "skip":
			skipped = append(skipped, name)
			delete(output, name)
		case e.Action == "fail":
			failed++
			fmt.Print(strings.Join(output[name], ""))
			delete(output, name)
		}
	}
	for name, lines := range output { // a test that never ended: the process died
		fmt.Printf("%s did not end:\n%s", name, strings.Join(lines, ""))
	}
	for _, name := range skipped {
		fmt.Println("SKIPPED", name)
	}
	fmt.Printf("%d tests passed, %d failed, %d skipped\n", passed, failed, len(skipped))
	if in.Err() != nil || failed > 0 || len(skipped) > 0 || passed == 0 {
		os.Exit(1)
	}
}
