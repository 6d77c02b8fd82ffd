#!/usr/bin/env bash
# cyclonedx-python-lib reads a CycloneDX 1.7 external component and writes it again without its versionRange, in silence.
#
# Seen with: cyclonedx-python-lib 11.12.0, 2026-11-29. `isExternal` survives, `versionRange` does not, so what comes out is
# an external component of any version.
# For users: do not send 1.7 documents through it before they are attached. bomgate reads both fields itself: an external
# component is not in the image.
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT; cd "$folder"
python3 -m venv python
python/bin/pip install -q --disable-pip-version-check 'cyclonedx-python-lib[json-validation]==11.12.0'
cat >read.py <<'PY'
import json
import warnings

from cyclonedx.model.bom import Bom
from cyclonedx.output import make_outputter
from cyclonedx.schema import OutputFormat, SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

component = {
    "type": "library", "name": "tzdata", "bom-ref": "tz", "isExternal": True, "versionRange": "vers:pypi/>=2024.1",
    "purl": "pkg:pypi/tzdata",
}
document = {"bomFormat": "CycloneDX", "specVersion": "1.7", "version": 1, "components": [component]}
assert JsonStrictValidator(SchemaVersion.V1_7).validate_str(json.dumps(document)) is None, "the input is valid"
warnings.simplefilter("error")
written = make_outputter(Bom.from_json(document), OutputFormat.JSON, SchemaVersion.V1_7).output_as_string()
print(sorted(set(component) - set(json.loads(written)["components"][0])))
PY
lost=$(python/bin/python read.py)
echo "lost on the way through: $lost"
[ "$lost" = "['versionRange']" ]
