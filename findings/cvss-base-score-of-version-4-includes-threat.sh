#!/usr/bin/env bash
# The `base_score` that cvss (PyPI) gives for a CVSS 4.0 vector includes threat and environmental metrics.
#
# Seen with: cvss 3.6 (PyPI), 2026-11-29.
# `CVSS3(...).base_score` leaves temporal metrics out, and so do the names of CVSS 4.0: CVSS-B is the score without
# threat (E) and environmental metrics, CVSS-BT and CVSS-BTE are those with them. The library computes one score.
# For users: 8.7 becomes 6.6 with /E:U, in a field that is called base. To compare with what databases print as the base
# score, take these metrics out of the vector first.
set -euo pipefail
vector='CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:N/VI:N/VA:H/SC:N/SI:N/SA:N'
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT; cd "$folder"

python3 -m venv python && python/bin/pip install -q --disable-pip-version-check cvss==3.6
score() { python/bin/python -c 'import sys, cvss; print(cvss.CVSS4(sys.argv[1]).base_score)' "$1"; }
base=$(score "$vector") threat=$(score "$vector/E:U") environment=$(score "$vector/MVA:L")
version3=$(python/bin/python -c '
import cvss
base = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:H"
print(cvss.CVSS3(base).base_score == cvss.CVSS3(base + "/E:U").base_score)')

echo "CVSS 4.0: $base, with /E:U $threat, with /MVA:L $environment; CVSS 3.1 keeps its base score with /E:U: $version3"
[ "$base" = 8.7 ] && [ "$threat" = 6.6 ] && [ "$environment" != "$base" ] && [ "$version3" = True ]
