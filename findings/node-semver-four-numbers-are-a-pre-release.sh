#!/usr/bin/env bash
# node-semver, reading loosely, takes some versions of four numbers for a pre-release of another version.
#
# Seen with: semver 7.8.6 (npm), 2026-11-30.
# The hyphen before a pre-release may be missing, and the third number gives digits back to make room for one: 1.2.31.4 is
# read as 1.2.3-1.4, and 1.10.12.1 as 1.10.1-2.1. Where the third number has one digit, as in 1.2.3.4, it is no version.
# For users: a range that is tested with `loose: true` can hold a version that is newer than all of the range, such as a
# file version of a native library. Count the numbers before you compare.
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT; cd "$folder"

npm install --silent --no-audit --no-fund semver@7.8.6 >/dev/null
read_as() { node -e 'const s = require("semver"); console.log((s.parse(process.argv[1], true) || "none").toString())' "$1"; }
first=$(read_as 1.2.31.4); second=$(read_as 1.10.12.1); third=$(read_as 1.2.3.4)
held=$(node -e 'console.log(require("semver").satisfies("1.2.31.4", "<1.2.30", {loose: true, includePrerelease: true}))')

echo "1.2.31.4 is $first, 1.10.12.1 is $second, 1.2.3.4 is $third; <1.2.30 holds 1.2.31.4: $held"
[ "$first" = '1.2.3-1.4' ] && [ "$second" = '1.10.1-2.1' ] && [ "$third" = none ] && [ "$held" = true ]
