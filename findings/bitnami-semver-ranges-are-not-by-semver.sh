#!/usr/bin/env bash
# Bitnami's records say SEMVER, but a version with Bitnami's revision comes before its own fix by Semantic Versioning.
#
# Seen with: github.com/bitnami/go-version v0.0.0-20250131085805-b1f57a8634ef, golang.org/x/mod v0.30.0, 2026-11-30. Images
# carry 1.25.3-1, where -1 is the revision of the package; records are fixed in 1.25.3, and a few in 1.81.0-1. By semver.org
# -1 is a pre-release of 1.25.3, and affected; by Bitnami's own library it is newer.
# For users: a tool that takes the OSV schema at its word reports each fixed package of Bitnami, until the next version.
# bomgate orders packages of Bitnami by Bitnami's rule.
set -euo pipefail
folder=$(mktemp -d); trap 'chmod -R u+w "$folder"; rm -rf "$folder"' EXIT; cd "$folder"

cat >main.go <<'GO'
package main

import (
	"fmt"

	"github.com/bitnami/go-version/pkg/version"
	"golang.org/x/mod/semver"
)

func main() {
	packaged, _ := version.Parse("1.25.3-1")
	fixed, _ := version.Parse("1.25.3")
	fmt.Println(packaged.Compare(fixed), semver.Compare("v1.25.3-1", "v1.25.3"))
}
GO
export GOFLAGS=-mod=mod
go mod init example.org/order >/dev/null 2>&1
go get github.com/bitnami/go-version@v0.0.0-20250131085805-b1f57a8634ef golang.org/x/mod@v0.30.0 >/dev/null 2>&1
found=$(go run .)
echo "1.25.3-1 compared with 1.25.3: by Bitnami and by semver.org $found"
[ "$found" = "1 -1" ]
