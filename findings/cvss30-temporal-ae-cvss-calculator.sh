#!/usr/bin/env bash
# One CVSS 3.0 temporal score, two values: ae-cvss-calculator rounds up what floating point puts just above 4.6.
#
# Seen with: ae-cvss-calculator 1.0.13 (npm) 4.7, cvss 3.6 (PyPI) 4.6, 2026-11-29. The base score 5.0 is the same, and the
# product is exactly 4.6 (5.0 x 1 x 1 x 0.92). CVSS 3.1 changed its Roundup for this; a vector that says 3.0 still meets it.
# For users: compare scores of 3.0 vectors with a tolerance of a tenth, or take the base score.
set -euo pipefail
vector='CVSS:3.0/AV:A/AC:H/PR:N/UI:N/S:U/C:L/I:L/A:L/E:H/RL:U/RC:U'
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT; cd "$folder"

python3 -m venv python && python/bin/pip install -q --disable-pip-version-check cvss==3.6
python=$(python/bin/python -c 'import sys, cvss; print(*cvss.CVSS3(sys.argv[1]).scores()[:2])' "$vector")
npm install --silent --no-fund --no-audit ae-cvss-calculator@1.0.13 >/dev/null
npm=$(node -p 'const s = new (require("ae-cvss-calculator").Cvss3P0)(process.argv[1]).calculateScores(); `${s.base} ${s.temporal}`' "$vector")

echo "base and temporal score: cvss (PyPI) $python, ae-cvss-calculator (npm) $npm"
[ "$python" = '5.0 4.6' ] && [ "$npm" = '5 4.7' ]
