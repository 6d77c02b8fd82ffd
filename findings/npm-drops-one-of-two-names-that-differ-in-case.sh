#!/usr/bin/env bash
# npm installs one of two dependencies whose names differ in case alone, and `npm sbom` does not speak of the other.
#
# Seen with: npm 11.19.1 (npm), JSONStream 1.3.5 and jsonstream 1.0.3 (npm), 2026-11-29.
# The registry holds both as packages of their own, from before names had to be in lower case. With both in
# `dependencies` npm ends with 0, `node_modules` has jsonstream alone, and the SBOM lists that one as complete.
# For users: what an application asked for and what the SBOM lists can be two packages. A scan of the SBOM says nothing
# about JSONStream, whose vulnerabilities are not those of jsonstream.
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT; cd "$folder"

npm install --silent --no-audit --no-fund --prefix tool npm@11.19.1 >/dev/null
npm() { node "$folder/tool/node_modules/npm/bin/npm-cli.js" "$@"; }
mkdir app && cd app
echo '{"name": "app", "version": "1.0.0", "dependencies": {"JSONStream": "1.3.5", "jsonstream": "1.0.3"}}' >package.json
npm install --silent --ignore-scripts --no-audit --no-fund >/dev/null 2>&1 && code=0 || code=$?
installed=$(ls node_modules | grep -i jsonstream | tr '\n' ' ')
listed=$(npm sbom --sbom-format cyclonedx 2>/dev/null | grep -io '"name": "jsonstream"' | sort -u | tr '\n' ' ')

echo "npm install ends with $code; installed: $installed; listed: $listed"
[ "$code" = 0 ] && [ "$installed" = 'jsonstream ' ] && [ "$listed" = '"name": "jsonstream" ' ]
