#!/usr/bin/env bash
# Two libraries give one CVSS 4.0 vector two scores: go-cvss rounds a half down, cvss (PyPI) and ae-cvss-calculator up.
#
# Seen with: github.com/pandatix/go-cvss v0.6.4, cvss 3.6 (PyPI), ae-cvss-calculator 1.0.13 (npm), 2026-11-29.
# Of all 104,976 base vectors 450 differ: 432 are 5.7 and 5.6, 18 are 8.6 and 8.5; the two latter libraries agree on all.
# For users: a threshold on the exact tenth decides differently by the tool that computed the score. bomgate scores a
# vector itself only where a source gives none, and says so.
set -euo pipefail
vector='CVSS:4.0/AV:N/AC:H/AT:N/PR:H/UI:A/VC:L/VI:H/VA:N/SC:L/SI:L/SA:L'
folder=$(mktemp -d); trap 'chmod -R u+w "$folder"; rm -rf "$folder"' EXIT; cd "$folder"

python3 -m venv python && python/bin/pip install -q --disable-pip-version-check cvss==3.6
python=$(python/bin/python -c 'import sys, cvss; print(cvss.CVSS4(sys.argv[1]).base_score)' "$vector")

npm install --silent --no-fund --no-audit ae-cvss-calculator@1.0.13 >/dev/null
npm=$(node -p 'new (require("ae-cvss-calculator").Cvss4P0)(process.argv[1]).calculateScores().overall' "$vector")

mkdir go && cd go
cat >main.go <<'GO'
package main

import (
	"fmt"
	"os"

	gocvss40 "github.com/pandatix/go-cvss/40"
)

func main() {
	vector, err := gocvss40.ParseVector(os.Args[1])
	if err != nil {
		panic(err)
	}
	fmt.Println(vector.Score())
}
GO
export GOFLAGS=-mod=mod GOPATH="$folder/gopath"
go mod init example.org/score >/dev/null 2>&1
go get github.com/pandatix/go-cvss@v0.6.4 >/dev/null 2>&1
go=$(go run . "$vector")

echo "cvss (PyPI) $python, ae-cvss-calculator (npm) $npm, go-cvss $go"
[ "$python" = 5.7 ] && [ "$npm" = 5.7 ] && [ "$go" = 5.6 ]
