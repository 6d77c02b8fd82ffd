#!/usr/bin/env bash
# Conan's order of versions goes round in a circle: 9 < 10, 10 < 1a, and 1a < 9.
#
# Seen with: conan 2.34.0 (PyPI), 2026-11-29. Numbers are compared as numbers, and a number with a word as text.
# For users: what the newest version in a range is depends on the order in which they are listed; sorting is not stable.
# bomgate compares a version with each bound by itself, as Conan does (docs/reference/versions.md).
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT; cd "$folder"

python3 -m venv python && python/bin/pip install -q --disable-pip-version-check conan==2.34.0
python/bin/python - <<'PYTHON'
from itertools import permutations

from conan.tools.scm import Version

for low, high in (("9", "10"), ("10", "1a"), ("1a", "9")):
    print(f"{low} < {high}: {Version(low) < Version(high)}")
    assert Version(low) < Version(high)
newest = {max(map(Version, some)).__str__() for some in permutations(("9", "10", "1a"))}
print(f"the newest of the three, by how they are listed: {sorted(newest)}")
assert len(newest) > 1
PYTHON
