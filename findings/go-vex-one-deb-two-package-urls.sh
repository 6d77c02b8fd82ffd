#!/usr/bin/env bash
# The epoch of a Debian package is a part of the version in one package URL and a qualifier in another, and go-vex does
# not see that they name one package: a statement with the first does nothing where a scanner writes the second.
#
# Seen with: github.com/openvex/go-vex v0.2.9 (Go module), 2026-11-30. Syft 1.57 writes diffutils@1:3.7-3, as the purl
# specification's examples of deb do; Trivy 0.74 (pkg/purl, parseQualifier) writes diffutils@3.7-3?epoch=1.
# `PurlMatches` compares versions letter by letter, and wants each qualifier of the statement.
# For users: name a package with an epoch in both ways in the subcomponents of a statement. bomgate reads both as one,
# and `bomgate vex export` writes both.
set -euo pipefail
folder=$(mktemp -d); trap 'chmod -R u+w "$folder"; rm -rf "$folder"' EXIT; cd "$folder"

cat > main.go <<'GO'
package main

import (
	"fmt"

	"github.com/openvex/go-vex/pkg/vex"
)

func main() {
	syft, trivy := "pkg:deb/debian/diffutils@1%3A3.7-3", "pkg:deb/debian/diffutils@3.7-3?epoch=1"
	scanned := trivy + "&arch=amd64&distro=debian-11.6"
	fmt.Println(vex.PurlMatches(syft, scanned), vex.PurlMatches(trivy, scanned), vex.PurlMatches(trivy, syft))
}
GO
go mod init example.com/finding > /dev/null 2>&1
go get github.com/openvex/go-vex@v0.2.9 > /dev/null 2>&1
go mod tidy > /dev/null 2>&1
said=$(go run .)
echo "Syft's name, and Trivy's, for what Trivy found, and Trivy's for Syft's: $said"
[ "$said" = "false true false" ]
