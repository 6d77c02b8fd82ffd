#!/usr/bin/env bash
# packageurl-js ends in a ReferenceError for a golang purl whose version is a "v" and not three numbers.
#
# Seen with: packageurl-js 2.0.1 (npm), 2026-11-29: "ReferenceError: throws is not defined" for pkg:golang/stdlib@v1.22, which
# was meant to be its own validation error; packageurl-python 0.17.6 reads the same purl.
# For users: a tool in JavaScript that expects its documented error stops at SBOMs that name the Go standard library so.
# bomgate reads the purl, and gives the standard library one key in every spelling.
set -euo pipefail
purl='pkg:golang/stdlib@v1.22'
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT; cd "$folder"

python3 -m venv python && python/bin/pip install -q --disable-pip-version-check packageurl-python==0.17.6
python=$(python/bin/python -c 'import sys; from packageurl import PackageURL as P; print(P.from_string(sys.argv[1]).version)' "$purl")
npm install --silent --no-fund --no-audit packageurl-js@2.0.1 >/dev/null
npm=$(node -p 'try { require("packageurl-js").PackageURL.fromString(process.argv[1]).toString() } catch (e) { `${e.name}: ${e.message}` }' "$purl")

printf 'python %s\njs     %s\n' "$python" "$npm"
[ "$python" = v1.22 ] && [ "$npm" = 'ReferenceError: throws is not defined' ]
