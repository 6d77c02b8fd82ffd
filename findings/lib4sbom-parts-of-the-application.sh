#!/usr/bin/env bash
# lib4sbom flattens nested components, but not those of the application that a CycloneDX document describes.
#
# Seen with: lib4sbom 0.10.4, 2026-11-29. A component under `components[].components` is returned by get_packages, one
# under `metadata.component.components` is not, though it is as much inside the image.
# For users: a scanner on top of it is silent about what some tools write there. bomgate reads both places alike.
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT; cd "$folder"
python3 -m venv python && python/bin/pip install -q --disable-pip-version-check lib4sbom==0.10.4
cat >bom.json <<'JSON'
{"bomFormat": "CycloneDX", "specVersion": "1.6", "version": 1,
 "metadata": {"component": {"type": "application", "name": "shop", "version": "1.0",
   "components": [{"type": "library", "name": "of-the-application", "version": "2.0", "purl": "pkg:npm/of-the-application@2.0"}]}},
 "components": [{"type": "library", "name": "outer", "version": "1.0", "purl": "pkg:npm/outer@1.0",
   "components": [{"type": "library", "name": "nested", "version": "3.0", "purl": "pkg:npm/nested@3.0"}]}]}
JSON
names=$(python/bin/python -c '
from lib4sbom.parser import SBOMParser
parser = SBOMParser()
parser.parse_file("bom.json")
print(*sorted(package["name"] for package in parser.get_packages()))')
echo "packages: $names"
[ "$names" = 'nested outer' ]
