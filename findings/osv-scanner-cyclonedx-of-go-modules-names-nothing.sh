#!/usr/bin/env bash
# What osv-scanner writes as CycloneDX does not say which Go module of an SBOM has a vulnerability.
#
# Seen with: github.com/google/osv-scanner/v2 v2.5.1, 2026-11-30, read from SPDX. The component golang.org/x/crypto becomes
# pkg:golang/crypto@v0.1.0, without its namespace, and affects.ref of the vulnerability is empty.
# For users: Dependency-Track and others attach such a vulnerability to nothing. The JSON output names the package without
# its namespace, too. bomgate keeps whole purls in all that it writes.
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT; cd "$folder"

GOBIN="$folder/bin" go install github.com/google/osv-scanner/v2/cmd/osv-scanner@v2.5.1 2>/dev/null
mkdir -p db/osv-scalibr/Go sboms
python3 - <<'PYTHON'
import json, zipfile

events = [{"introduced": "0"}, {"fixed": "0.17.0"}]
package = {"package": {"ecosystem": "Go", "name": "golang.org/x/crypto"}, "ranges": [{"type": "SEMVER", "events": events}]}
record = {"id": "EXAMPLE-1", "modified": "2026-01-01T00:00:00Z", "affected": [package]}
with zipfile.ZipFile("db/osv-scalibr/Go/all.zip", "w") as archive:
    archive.writestr("EXAMPLE-1.json", json.dumps(record))
purl = {"referenceCategory": "PACKAGE-MANAGER", "referenceType": "purl", "referenceLocator": "pkg:golang/golang.org/x/crypto@v0.1.0"}
entry = {"SPDXID": "SPDXRef-1", "name": "golang.org/x/crypto", "versionInfo": "v0.1.0", "downloadLocation": "NOASSERTION", "externalRefs": [purl]}
created = {"created": "2026-01-01T00:00:00Z", "creators": ["Tool: example"]}
head = {"spdxVersion": "SPDX-2.3", "dataLicense": "CC0-1.0", "SPDXID": "SPDXRef-DOCUMENT", "name": "a", "documentNamespace": "https://example.org/a"}
with open("sboms/a.spdx.json", "w") as file:
    json.dump({**head, "creationInfo": created, "packages": [entry]}, file)
PYTHON
found=$(XDG_CACHE_HOME="$folder/db" bin/osv-scanner scan source --offline-vulnerabilities --format cyclonedx-1-6 sboms 2>/dev/null || true)
python3 -c '
import json, sys
document = json.loads(sys.argv[1])
purls, (vulnerability,) = [component["purl"] for component in document["components"]], document["vulnerabilities"]
print(purls, vulnerability["id"], vulnerability["affects"])
assert purls == ["pkg:golang/crypto@v0.1.0"] and vulnerability["affects"] == [{"ref": ""}]' "$found"
