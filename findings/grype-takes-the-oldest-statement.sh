#!/usr/bin/env bash
# Of several OpenVEX statements about one finding, Grype takes the oldest: what was "not_affected" stays suppressed after
# the supplier has stated "affected".
#
# Seen with: github.com/anchore/grype v0.121.3 (Go module), 2026-12-01. The match is among the ignored ones, and the exit
# code is 0. go-vex sorts statements by time, the oldest first, and Grype takes the first.
# For users: to take a statement back, replace it in the document, and add no newer one. bomgate takes the newest, and
# exports one statement for each finding.
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT; cd "$folder"

GOBIN="$folder/bin" go install -trimpath github.com/anchore/grype/cmd/grype@v0.121.3 2>/dev/null
python3 - <<'PYTHON'
import json, sqlite3

database = sqlite3.connect("own.db")
built = "2026-11-01 00:00:00+00:00"
database.executescript(
    "CREATE TABLE db_metadata (build_timestamp datetime NOT NULL, model integer NOT NULL, revision integer NOT NULL,"
    " addition integer NOT NULL);"
    "CREATE TABLE blobs (id integer PRIMARY KEY, value text NOT NULL);"
    "CREATE TABLE providers (id text PRIMARY KEY, version text);"
    "CREATE TABLE vulnerability_handles (id integer PRIMARY KEY, name text NOT NULL, status text NOT NULL,"
    " provider_id text NOT NULL, blob_id integer);"
    "CREATE TABLE packages (id integer PRIMARY KEY, ecosystem text, name text);"
    "CREATE TABLE affected_package_handles (id integer PRIMARY KEY, vulnerability_id integer NOT NULL,"
    " package_id integer, blob_id integer);"
)
affected = {"cves": ["CVE-2026-1"], "ranges": [{"version": {"constraint": ""}, "fix": {"state": "not-fixed"}}]}
for table, row in (
    ("db_metadata", (built, 6, 1, 10)),
    ("providers", ("own", "1")),
    ("blobs", (1, json.dumps({"id": "CVE-2026-1"}))),
    ("blobs", (2, json.dumps(affected))),
    ("vulnerability_handles", (1, "CVE-2026-1", "active", "own", 1)),
    ("packages", (1, "npm", "a")),
    ("affected_package_handles", (1, 1, 1, 2)),
):
    database.execute(f"INSERT INTO {table} VALUES ({', '.join('?' * len(row))})", row)
database.commit()
component = {"type": "library", "name": "a", "version": "1.0.0", "purl": "pkg:npm/a@1.0.0"}
with open("sbom.json", "w") as file:
    json.dump({"bomFormat": "CycloneDX", "specVersion": "1.6", "version": 1, "components": [component]}, file)
said = {"vulnerability": {"name": "CVE-2026-1"}, "products": [{"@id": component["purl"]}]}
older = {**said, "timestamp": "2026-01-01T00:00:00Z", "status": "not_affected", "justification": "component_not_present"}
newer = {**said, "timestamp": "2026-06-01T00:00:00Z", "status": "affected", "action_statement": "update"}
for name, statements in (("both", [older, newer]), ("newer", [newer])):
    heading = {"@context": "https://openvex.dev/ns/v0.2.0", "@id": "https://example.com/1", "author": "a", "version": 1}
    with open(f"{name}.json", "w") as file:
        json.dump({**heading, "timestamp": "2026-06-01T00:00:00Z", "statements": statements}, file)
PYTHON
export HOME="$folder" GRYPE_DB_CACHE_DIR="$folder/db" GRYPE_DB_AUTO_UPDATE=false GRYPE_DB_VALIDATE_AGE=false
export GRYPE_CHECK_FOR_APP_UPDATE=false
bin/grype --quiet db import own.db > /dev/null
for name in newer both; do
  bin/grype --quiet sbom:sbom.json --output json --vex "$name.json" > "$name.out"
done
python3 - <<'PYTHON'
import json

for name, expected in (("newer", (1, 0)), ("both", (0, 1))):
    with open(f"{name}.out") as file:
        found = json.load(file)
    counts = (len(found["matches"]), len(found.get("ignoredMatches") or []))
    print(f"{name}: {counts[0]} matches, {counts[1]} ignored")
    assert counts == expected
PYTHON
