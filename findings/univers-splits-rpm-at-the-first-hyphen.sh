#!/usr/bin/env bash
# univers splits an rpm version at its first hyphen, rpm at its last: they disagree about 1.0-rc1-2 and 1.0-1.
#
# Seen with: univers 32.0.1 (PyPI), rpm 4.18.0, 2026-11-29. Its comparison of the parts is right in all 1,770 pairs of the
# tests.
# For users: versions with a hyphen in the version itself, which tools write that join name and version again, are put
# into the wrong range. bomgate splits by itself and compares the parts with univers.
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT; cd "$folder"

python3 -m venv python && python/bin/pip install -q --disable-pip-version-check univers==32.0.1
rpm=$(rpm --eval "%{lua: print(rpm.vercmp('1.0-rc1-2', '1.0-1'))}")
univers=$(python/bin/python -c 'from univers.rpm import compare_rpm_versions as c; print(c("1.0-rc1-2", "1.0-1"))')
echo "1.0-rc1-2 against 1.0-1: rpm says $rpm, univers says $univers"
[ "$rpm" != "$univers" ]
