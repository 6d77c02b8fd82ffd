#!/usr/bin/env bash
# osv-scanner leaves the other ranges of a record unread when the first of them is one of commits.
#
# Seen with: github.com/google/osv-scanner/v2 v2.5.1, 2026-11-30. Of 2,661 records of the Python advisory database 1,385
# have a range of type GIT before that of versions, such as PYSEC-2022-43012. Only versions that are listed are found
# then, and post releases that a distributor made, such as setuptools 52.0.0.post20210125, are not.
# For users: conda's builds of a vulnerable Python package pass. bomgate reads each range by itself.
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT; cd "$folder"

GOBIN="$folder/bin" go install github.com/google/osv-scanner/v2/cmd/osv-scanner@v2.5.1 2>/dev/null
mkdir -p db/osv-scalibr/PyPI sboms
python3 - <<'PYTHON'
import json, zipfile

commits = {"type": "GIT", "repo": "https://example.org/a", "events": [{"introduced": "0"}, {"fixed": "a" * 40}]}
versions = {"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "65.5.1"}]}
with zipfile.ZipFile("db/osv-scalibr/PyPI/all.zip", "w") as archive:
    for name, ranges in (("commits-first", [commits, versions]), ("versions-first", [versions, commits])):
        package = {"package": {"ecosystem": "PyPI", "name": name}, "ranges": ranges, "versions": ["52.0.0"]}
        record = {"id": name.upper(), "modified": "2026-01-01T00:00:00Z", "affected": [package]}
        archive.writestr(f"{name}.json", json.dumps(record))
components = [
    {"type": "library", "name": name, "version": version, "purl": f"pkg:pypi/{name}@{version}"}
    for name in ("commits-first", "versions-first")
    for version in ("52.0.0", "52.0.0.post20210125")
]
with open("sboms/a.cdx.json", "w") as file:
    json.dump({"bomFormat": "CycloneDX", "specVersion": "1.6", "version": 1, "components": components}, file)
PYTHON
found=$(XDG_CACHE_HOME="$folder/db" bin/osv-scanner scan source --offline-vulnerabilities --format json sboms 2>/dev/null || true)
python3 -c '
import json, sys
packages = [entry["package"] for entry in json.loads(sys.argv[1])["results"][0]["packages"]]
found = sorted((package["name"], package["version"]) for package in packages)
print(*found, sep="\n")
assert ("versions-first", "52.0.0.post20210125") in found
assert ("commits-first", "52.0.0") in found
assert ("commits-first", "52.0.0.post20210125") not in found' "$found"
