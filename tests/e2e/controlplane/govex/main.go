// Reads an OpenVEX document with go-vex and prints what it says of a product and its component, one line a vulnerability.
package main

import (
	"encoding/json"
	"fmt"
	"os"

	"github.com/openvex/go-vex/pkg/vex"
)

type answer struct {
	Vulnerability string `json:"vulnerability"`
	Status        string `json:"status"`
	Statements    int    `json:"statements"`
}

func main() {
	if len(os.Args) < 4 {
		fmt.Fprintln(os.Stderr, "usage: govex FILE PRODUCT COMPONENT VULNERABILITY...")
		os.Exit(2)
	}
	document, err := vex.Open(os.Args[1])
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	found := []answer{}
	for _, name := range os.Args[4:] {
		matches := document.Matches(name, os.Args[2], []string{os.Args[3]})
		one := answer{Vulnerability: name, Statements: len(matches)}
		for _, statement := range matches {
			if err := statement.Validate(); err != nil {
				fmt.Fprintln(os.Stderr, err)
				os.Exit(1)
			}
			one.Status = string(statement.Status)
		}
		found = append(found, one)
	}
	json.NewEncoder(os.Stdout).Encode(found)
}
