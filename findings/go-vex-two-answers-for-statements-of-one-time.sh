#!/usr/bin/env bash
# Of two statements that inherit one time, go-vex has two answers: `EffectiveStatement` the later one in the document,
# the end of `Matches` the earlier one.
#
# Seen with: github.com/openvex/go-vex v0.2.9 (Go module), 2026-11-30. `Matches` sorts by time, and turns the order of
# statements of one time round; whoever takes its last entry for the newest gets the first that the document lists.
# For users: a document that says not_affected and then affected, both at the document's time, suppresses the finding in
# one tool and not in another. Give each statement a time. bomgate takes the less favourable of the two.
set -euo pipefail
folder=$(mktemp -d); trap 'chmod -R u+w "$folder"; rm -rf "$folder"' EXIT; cd "$folder"

cat > vex.json <<'JSON'
{"@context": "https://openvex.dev/ns/v0.2.0", "@id": "https://example.com/1", "author": "a", "version": 1,
 "timestamp": "2026-11-01T00:00:00Z", "statements": [
  {"vulnerability": {"name": "CVE-2026-1"}, "products": [{"@id": "pkg:npm/a@1"}], "status": "not_affected",
   "justification": "component_not_present"},
  {"vulnerability": {"name": "CVE-2026-1"}, "products": [{"@id": "pkg:npm/a@1"}], "status": "affected",
   "action_statement": "update"}]}
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
	matches := document.Matches("CVE-2026-1", "pkg:npm/a@1", nil)
	fmt.Println(matches[len(matches)-1].Status, document.EffectiveStatement("pkg:npm/a@1", "CVE-2026-1").Status)
}
GO
go mod init example.com/finding > /dev/null 2>&1
go get github.com/openvex/go-vex@v0.2.9 > /dev/null 2>&1
go mod tidy > /dev/null 2>&1
said=$(go run .)
echo "the end of Matches, and EffectiveStatement: $said"
[ "$said" = "not_affected affected" ]
