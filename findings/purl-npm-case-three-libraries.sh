#!/usr/bin/env bash
# Three purl libraries, three canonical forms of one scoped npm package whose name has capitals.
#
# Seen with: packageurl-python 0.17.6 (name in lower case, namespace as written), packageurl-js 2.0.1 (both in lower case),
# github.com/package-url/packageurl-go v0.1.7 (both as written), 2026-11-29.
# For users: the text of a purl is no key across tools. bomgate keeps the case that an SBOM shows for npm, because the
# registry has old packages with capitals, and never compares what another library has normalised.
set -euo pipefail
purl='pkg:npm/%40Angular/Core@1.0.0'
folder=$(mktemp -d); trap 'chmod -R u+w "$folder"; rm -rf "$folder"' EXIT; cd "$folder"

python3 -m venv python && python/bin/pip install -q --disable-pip-version-check packageurl-python==0.17.6
python=$(python/bin/python -c 'import sys; from packageurl import PackageURL as P; print(P.from_string(sys.argv[1]).to_string())' "$purl")

npm install --silent --no-fund --no-audit packageurl-js@2.0.1 >/dev/null
npm=$(node -p 'require("packageurl-js").PackageURL.fromString(process.argv[1]).toString()' "$purl")

mkdir go && cd go
cat >main.go <<'GO'
package main

import (
	"fmt"
	"os"

	packageurl "github.com/package-url/packageurl-go"
)

func main() {
	purl, err := packageurl.FromString(os.Args[1])
	if err != nil {
		panic(err)
	}
	fmt.Println(purl.ToString())
}
GO
export GOFLAGS=-mod=mod GOPATH="$folder/gopath"
go mod init example.org/purl >/dev/null 2>&1
go get github.com/package-url/packageurl-go@v0.1.7 >/dev/null 2>&1
go=$(go run . "$purl")

printf 'python %s\njs     %s\ngo     %s\n' "$python" "$npm" "$go"
[ "$python" = 'pkg:npm/%40Angular/core@1.0.0' ] && [ "$npm" = 'pkg:npm/%40angular/core@1.0.0' ] && [ "$go" = "$purl" ]
