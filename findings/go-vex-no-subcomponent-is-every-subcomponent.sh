#!/usr/bin/env bash
# go-vex takes a statement that names subcomponents for one about the whole product where it is asked without a
# subcomponent: a question about a package that has no package URL gets the answer for another package.
#
# Seen with: github.com/openvex/go-vex v0.2.9 (Go module), 2026-11-30. The product has one subcomponent, pkg:npm/a@1.
# `Matches` finds the statement for it, does not for pkg:npm/b@1, and does for no subcomponent and for an empty name.
# For users: a scanner that asks with the package URL of a finding, and has none for it, suppresses the finding by a
# statement about another package with the same vulnerability. bomgate compares the component itself.
set -euo pipefail
folder=$(mktemp -d); trap 'chmod -R u+w "$folder"; rm -rf "$folder"' EXIT; cd "$folder"

cat > vex.json <<'JSON'
{"@context": "https://openvex.dev/ns/v0.2.0", "@id": "https://example.com/1", "author": "a", "version": 1,
 "timestamp": "2026-11-01T00:00:00Z", "statements": [
  {"vulnerability": {"name": "CVE-2026-1"}, "status": "not_affected", "justification": "component_not_present",
   "products": [{"@id": "pkg:oci/app@sha256%3Aaa", "subcomponents": [{"@id": "pkg:npm/a@1"}]}]}]}
JSON
cat > main.go <<'GO'
package main

import (
	"fmt"

	"github.com/openvex/go-vex/pkg/vex"
)

func main() {
	document, err := vex.Open("vex.json")
	if err != nil {
		panic(err)
	}
	for _, parts := range [][]string{{"pkg:npm/a@1"}, {"pkg:npm/b@1"}, nil, {""}} {
		fmt.Print(len(document.Matches("CVE-2026-1", "pkg:oci/app@sha256%3Aaa", parts)), " ")
	}
}
GO
go mod init example.com/finding > /dev/null 2>&1
go get github.com/openvex/go-vex@v0.2.9 > /dev/null 2>&1
go mod tidy > /dev/null 2>&1
said=$(go run .)
echo "statements for the package, another one, none, and an empty name: $said"
[ "$said" = "1 0 1 1 " ]
