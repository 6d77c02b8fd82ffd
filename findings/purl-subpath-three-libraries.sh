#!/usr/bin/env bash
# A purl whose subpath has empty and dot segments: the specification says to drop them; one of three libraries refuses it.
#
# Seen with: packageurl-python 0.17.6 and packageurl-js 2.0.1 (drop them), github.com/package-url/packageurl-go v0.1.7
# (error "invalid Package URL subpath"), 2026-11-29.
# For users: such a purl from an SBOM is readable for some tools and an error for those written in Go. bomgate reads it.
set -euo pipefail
purl='pkg:golang/google.golang.org/genproto@v0.1.0#/googleapis//api/./x/'
folder=$(mktemp -d); trap 'chmod -R u+w "$folder"; rm -rf "$folder"' EXIT; cd "$folder"

python3 -m venv python && python/bin/pip install -q --disable-pip-version-check packageurl-python==0.17.6
python=$(python/bin/python -c 'import sys; from packageurl import PackageURL as P; print(P.from_string(sys.argv[1]).subpath)' "$purl")

npm install --silent --no-fund --no-audit packageurl-js@2.0.1 >/dev/null
npm=$(node -p 'try { require("packageurl-js").PackageURL.fromString(process.argv[1]).subpath } catch (e) { `${e.name}: ${e.message}` }' "$purl")

mkdir go && cd go
cat >main.go <<'GO'
package main

import (
	"fmt"
	"os"

	packageurl "github.com/package-url/packageurl-go"
)

func main() {
	_, err := packageurl.FromString(os.Args[1])
	fmt.Println(err)
}
GO
export GOFLAGS=-mod=mod GOPATH="$folder/gopath"
go mod init example.org/purl >/dev/null 2>&1
go get github.com/package-url/packageurl-go@v0.1.7 >/dev/null 2>&1
go=$(go run . "$purl")

printf 'python %s\njs     %s\ngo     %s\n' "$python" "$npm" "$go"
[ "$python" = googleapis/api/x ] && [ "$npm" = googleapis/api/x ] &&
  [[ "$go" == 'invalid Package URL subpath'* ]]
