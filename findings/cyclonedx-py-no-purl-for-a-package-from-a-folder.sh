#!/usr/bin/env bash
# cyclonedx-py gives a package no purl when it was installed from a folder, and one when the same came as a wheel.
#
# Seen with: cyclonedx-bom 7.5.0 (PyPI), 2026-11-29.
# pip writes where a package came from (`direct_url.json`). For a folder the component has a name and a version and an
# external reference, but no purl; built from that folder and found with --find-links, it is `pkg:pypi/NAME@VERSION`.
# For users: whoever goes by purls sees fewer components for an application that its image installed with `pip install .`
# than for the same one installed from a wheel. Build the wheel first, or count components without a purl.
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT; cd "$folder"

python3 -m venv tool && tool/bin/pip install -q --disable-pip-version-check cyclonedx-bom==7.5.0
mkdir shop && cat >shop/pyproject.toml <<'TOML'
[build-system]
requires = ["setuptools"]
build-backend = "setuptools.build_meta"
[project]
name = "shop-basket"
version = "1.2.3"
[tool.setuptools]
packages = []
TOML
tool/bin/pip wheel -q --no-deps --disable-pip-version-check -w wheels ./shop
purl_after() {
  python3 -m venv "$1" && "$1/bin/pip" install -q --disable-pip-version-check --no-deps "${@:2}"
  tool/bin/cyclonedx-py environment "$1" 2>/dev/null | tool/bin/python -c '
import json, sys
(shop,) = [component for component in json.load(sys.stdin)["components"] if component["name"] == "shop-basket"]
print(shop["version"], shop.get("purl"))'
}
from_folder=$(purl_after one ./shop)
from_wheel=$(purl_after two --no-index --find-links wheels shop-basket)

echo "from the folder: $from_folder; from the wheel: $from_wheel"
[ "$from_folder" = '1.2.3 None' ] && [ "$from_wheel" = '1.2.3 pkg:pypi/shop-basket@1.2.3' ]
