#!/usr/bin/env bash
# osv-scanner finds nothing for most Debian packages of an SBOM: neither by point release nor by source package.
#
# Seen with: github.com/google/osv-scanner/v2 v2.5.1, 2026-11-30. Trivy 0.74 and Syft write distro=debian-12.4, and the
# source package as upstream=openssl. osv-scanner looks for the ecosystem Debian:12.4, which no record has (they say
# Debian:12), and for the name of the binary package, which is another in three of four packages.
# For users: scan the image, and not its SBOM; a clean result for an SBOM of Debian says nothing. bomgate takes the release
# from the first number, and the source package from the SBOM.
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT; cd "$folder"

GOBIN="$folder/bin" go install github.com/google/osv-scanner/v2/cmd/osv-scanner@v2.5.1 2>/dev/null
mkdir -p db/osv-scalibr/Debian sboms
python3 - <<'PYTHON'
import json, zipfile

events = [{"introduced": "0"}, {"fixed": "3.0.8-1"}]
package = {"package": {"ecosystem": "Debian:12", "name": "openssl"}, "ranges": [{"type": "ECOSYSTEM", "events": events}]}
record = {"id": "EXAMPLE-1", "modified": "2026-01-01T00:00:00Z", "affected": [package]}
with zipfile.ZipFile("db/osv-scalibr/Debian/all.zip", "w") as archive:
    archive.writestr("EXAMPLE-1.json", json.dumps(record))
purls = (
    "pkg:deb/debian/openssl@3.0.7-1?distro=debian-12",
    "pkg:deb/debian/openssl@3.0.7-1?distro=debian-12.4",
    "pkg:deb/debian/libssl3@3.0.7-1?distro=debian-12&upstream=openssl",
)
for number, purl in enumerate(purls):
    component = {"type": "library", "name": purl.split("/")[2].split("@")[0], "version": "3.0.7-1", "purl": purl}
    with open(f"sboms/{number}.cdx.json", "w") as file:
        json.dump({"bomFormat": "CycloneDX", "specVersion": "1.6", "version": 1, "components": [component]}, file)
PYTHON
found=$(XDG_CACHE_HOME="$folder/db" bin/osv-scanner scan source --offline-vulnerabilities --format json sboms 2>/dev/null || true)
python3 -c '
import json, sys
found = [result["source"]["path"].rpartition("/")[2] for result in json.loads(sys.argv[1])["results"]]
print("found in", found, "of 0 (debian-12), 1 (debian-12.4), 2 (another name than the source package)")
assert found == ["0.cdx.json"]' "$found"
