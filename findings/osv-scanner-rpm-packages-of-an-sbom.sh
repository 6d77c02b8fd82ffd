#!/usr/bin/env bash
# osv-scanner gives rpm packages of an SBOM no ecosystem, so that all of them are clean, whatever the advisories say.
#
# Seen with: github.com/google/osv-scanner/v2 v2.5.1, 2026-11-30. pkg:rpm/almalinux/…, redhat, rocky, suse and opensuse
# are listed with an empty ecosystem; the result says nothing of it, and the exit code is 0.
# For users: an SBOM of Red Hat's family or of SUSE is not scanned. bomgate matches them by release and epoch, and what it
# cannot match is not covered, and never clean.
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT; cd "$folder"

GOBIN="$folder/bin" go install github.com/google/osv-scanner/v2/cmd/osv-scanner@v2.5.1 2>/dev/null
mkdir -p db/osv-scalibr/AlmaLinux sboms
python3 - <<'PYTHON'
import json, zipfile

events = [{"introduced": "0"}, {"fixed": "1:3.0.7-27.el9"}]
package = {"package": {"ecosystem": "AlmaLinux:9", "name": "openssl"}, "ranges": [{"type": "ECOSYSTEM", "events": events}]}
record = {"id": "EXAMPLE-1", "modified": "2026-01-01T00:00:00Z", "affected": [package]}
with zipfile.ZipFile("db/osv-scalibr/AlmaLinux/all.zip", "w") as archive:
    archive.writestr("EXAMPLE-1.json", json.dumps(record))
purl = "pkg:rpm/almalinux/openssl@3.0.7-26.el9?arch=x86_64&distro=almalinux-9.3&epoch=1"
component = {"type": "library", "name": "openssl", "version": "3.0.7-26.el9", "purl": purl}
with open("sboms/a.cdx.json", "w") as file:
    json.dump({"bomFormat": "CycloneDX", "specVersion": "1.6", "version": 1, "components": [component]}, file)
PYTHON
code=0
found=$(XDG_CACHE_HOME="$folder/db" bin/osv-scanner scan source --offline-vulnerabilities --format json --all-packages sboms 2>/dev/null) || code=$?
python3 -c '
import json, sys
(package,) = json.loads(sys.argv[1])["results"][0]["packages"]
print(package, "exit code", sys.argv[2])
assert package["package"]["ecosystem"] == "" and "vulnerabilities" not in package and sys.argv[2] == "0"' "$found" "$code"
