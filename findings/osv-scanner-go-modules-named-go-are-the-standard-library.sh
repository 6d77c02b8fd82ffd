#!/usr/bin/env bash
# osv-scanner takes every Go module whose path ends in /go, read from SPDX, for Go's standard library.
#
# Seen with: github.com/google/osv-scanner/v2 v2.5.1, 2026-11-30. github.com/json-iterator/go 1.1.12 is reported as
# stdlib 1.1.12, with each vulnerability of Go since 2009: 26,578 of 38,239 findings in 460 SBOMs of public images.
# For users: an image with cloud.google.com/go or json-iterator/go seems to have 149 vulnerabilities that it has not.
# bomgate compares whole paths; docs/reference/advisories.md lists this with the other differences.
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT; cd "$folder"

GOBIN="$folder/bin" go install github.com/google/osv-scanner/v2/cmd/osv-scanner@v2.5.1 2>/dev/null
mkdir -p db/osv-scalibr/Go sboms
python3 - <<'PYTHON'
import json, zipfile

events = [{"introduced": "0"}, {"fixed": "1.21.0"}]
package = {"package": {"ecosystem": "Go", "name": "stdlib"}, "ranges": [{"type": "SEMVER", "events": events}]}
record = {"id": "EXAMPLE-1", "modified": "2026-01-01T00:00:00Z", "affected": [package]}
with zipfile.ZipFile("db/osv-scalibr/Go/all.zip", "w") as archive:
    archive.writestr("EXAMPLE-1.json", json.dumps(record))
purl = "pkg:golang/github.com/json-iterator/go@v1.1.12"
locator = {"referenceCategory": "PACKAGE-MANAGER", "referenceType": "purl", "referenceLocator": purl}
entry = {"SPDXID": "SPDXRef-1", "name": "github.com/json-iterator/go", "versionInfo": "v1.1.12", "downloadLocation": "NOASSERTION"}
created = {"created": "2026-01-01T00:00:00Z", "creators": ["Tool: example"]}
head = {"spdxVersion": "SPDX-2.3", "dataLicense": "CC0-1.0", "SPDXID": "SPDXRef-DOCUMENT", "name": "a", "documentNamespace": "https://example.org/a"}
with open("sboms/a.spdx.json", "w") as file:
    json.dump({**head, "creationInfo": created, "packages": [{**entry, "externalRefs": [locator]}]}, file)
PYTHON
found=$(XDG_CACHE_HOME="$folder/db" bin/osv-scanner scan source --offline-vulnerabilities --format json sboms 2>/dev/null || true)
python3 -c '
import json, sys
(package,) = json.loads(sys.argv[1])["results"][0]["packages"]
print(package["package"]["name"], package["package"]["version"], [found["id"] for found in package["vulnerabilities"]])
assert (package["package"]["name"], package["vulnerabilities"][0]["id"]) == ("stdlib", "EXAMPLE-1")' "$found"
