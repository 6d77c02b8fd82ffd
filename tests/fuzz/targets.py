"""One target for each parser that meets outside bytes: what it may raise, and what has to hold when it does not."""

from __future__ import annotations

import contextlib
import datetime as dt
import io
import json
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

from tests.fuzz.fleettargets import FLEET
from webhook.api.prefixes import PREFIX_BYTES, read_target
from webhook.api.reviews import decode_review
from webhook.clients.exploits.epss import read_epss
from webhook.clients.exploits.kev import read_kev
from webhook.clients.http import headers
from webhook.clients.kube import grants, nodes, pullsecrets, resources, sbomreports
from webhook.clients.kube.api import decoded
from webhook.clients.kube.problems import Wanted
from webhook.clients.ossindex.convert import convert
from webhook.clients.ossindex.matching import match
from webhook.clients.ossindex.reading import decode_reports, message_of, number_of
from webhook.clients.osv.records import SetBuilder
from webhook.clients.registry import providers
from webhook.clients.registry.anatomy import anatomy, inner_indexes
from webhook.clients.registry.dockerconfig import read_docker_config
from webhook.clients.registry.manifests import read_manifest
from webhook.clients.registry.problems import error_code
from webhook.clients.registry.providerconfig import Plugin
from webhook.errors import ConfigError, InvalidInput, SourceError
from webhook.model.changes import VulnerableComponent
from webhook.model.components import ComponentState
from webhook.model.durations import parse_duration
from webhook.model.fieldpaths import parse_field_path
from webhook.model.images import Digest, identity, parse_image
from webhook.model.jsonkeys import folded
from webhook.model.kinds import WORKLOAD_KINDS
from webhook.model.objects import decode_metadata, decode_workload, workload_of
from webhook.model.policies import ExtraKind
from webhook.model.purls import Purl, identify, parse_common, parse_purl, parse_written
from webhook.model.vex import KeptVex, VexOrigin, VexOriginKind
from webhook.model.vulnerabilities import Vulnerability
from webhook.policy.advisories import identifiers_in, is_rejected, score_of_vector
from webhook.policy.advisoryindex import AdvisoryIndex
from webhook.policy.imagenames import parse_pattern
from webhook.policy.matching import AssessmentIndex
from webhook.policy.precedence import Place
from webhook.policy.rangetexts import parse_range
from webhook.policy.versions import ORDERS, compare_versions
from webhook.policy.vex import VexIndex
from webhook.policy.vexexplaining import explain_vex
from webhook.policy.vextrust import NO_TRUST
from webhook.sboms import parse
from webhook.sboms.envelopes import read_envelope, read_statement, sbom_document
from webhook.sboms.paths import dependency_path
from webhook.sboms.vex import is_vex, parse_vex
from webhook.settings import load_settings

SEEDS = Path(__file__).parent / "seeds"
NOW = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
DIGEST = Digest(f"sha256:{'0' * 64}")


@dataclass(frozen=True)
class Target:
    """A parser.

    Attributes:
        read: reads an input, and asserts what has to hold.
        refusals: what it may raise.
    """

    read: Callable[[bytes], object]
    refusals: tuple[type[Exception], ...] = field(default=(InvalidInput,))

    def run(self, data: bytes) -> bool:
        """Give it an input; whether it was read and not refused."""
        try:
            self.read(data)
        except self.refusals as problem:
            assert str(problem), "a refusal says why"
            return False
        return True

    def run_quietly(self, data: bytes) -> None:
        """The same, for a fuzzer that wants no answer."""
        self.run(data)


def text_of(data: bytes) -> str:
    return data.decode("utf-8", "surrogateescape")


def sbom(data: bytes) -> None:
    for component in parse(data).components:
        assert parse_purl(str(component)) == component, "a key is its own key"


def relationships(data: bytes) -> None:
    """Of the components that a document lists, the way to a few; each step is a part of it and none comes twice."""
    try:
        components = list(parse(data).components)[:3]
    except InvalidInput:
        components = []
    for component in components or [Purl("pkg:npm/deep@1.0.0")]:
        found = dependency_path(data, component)
        assert bool(found.steps) != bool(found.reason), "a way, or why there is none"
        assert len(found.steps) != 1, "a way has a beginning and an end"
        assert not found.steps or found.steps[-1].purl, "it ends at the component"
        assert found == dependency_path(data, component), "the same document tells the same way"


def envelope(data: bytes) -> None:
    found = read_envelope(data)
    assert found is None or found.signed_bytes.endswith(found.payload)


def statement(data: bytes) -> None:
    sbom_document(read_statement(data))


def manifest(data: bytes) -> None:
    found = read_manifest(data, "here")
    anatomy(DIGEST, found, ("linux/amd64",))
    inner_indexes(found)
    # What Go would see: keys in any case, and the last of several.
    seen = json.loads(data, object_pairs_hook=lambda pairs: {folded(key): value for key, value in pairs})
    for key, read in (("manifests", found.manifests), ("layers", found.layers)):
        assert [item["digest"] for item in seen.get(key) or ()] == [descriptor.digest for descriptor in read or ()]


def review(data: bytes) -> None:
    target, request = read_target(data[:PREFIX_BYTES]), None
    try:
        request = decode_review(data, KINDS)
    finally:
        if request is not None and target is not None:
            assert target.uid == request.uid, "a prefix tells of the same request"


KINDS = (
    ExtraKind("example.dev", "Set", (parse_field_path("spec.sets[*].template.spec"), parse_field_path("spec.*.pod"))),
    ExtraKind("example.dev", "Engine", (), (parse_field_path("spec.images.*"), parse_field_path('spec["a.b"][0]'))),
)


def workload(data: bytes) -> None:
    for group, kind in WORKLOAD_KINDS:
        try:
            found = decode_workload(data, group, kind)
        except InvalidInput:
            continue
        decode_metadata(data, group, kind)
        assert found is not None
        try:
            content = json.loads(data.decode())
        except UnicodeDecodeError:
            continue  # a review with such an object is refused before
        version = f"{group}/v1" if group else "v1"
        again = workload_of({**content, "apiVersion": version, "kind": kind})
        assert again == found, "JSON and a mapping are read alike"
        # The same by way of a path: another reader of the same pod spec.
        paths = {"Pod": "spec", "PodTemplate": "template.spec", "CronJob": "spec.jobTemplate.spec.template.spec"}
        path = parse_field_path(paths.get(kind, "spec.template.spec"))
        by_path = decode_workload(data, "x", kind, (ExtraKind("x", kind, (path,)),))
        assert by_path is not None
        assert set(by_path.containers) == set(found.containers)


def custom(data: bytes) -> None:
    for kind in KINDS:
        try:
            decode_workload(data, kind.group, kind.kind, KINDS)
        except InvalidInput as problem:
            refused = problem
        else:
            return
    raise refused


def field_path(data: bytes) -> None:
    path = parse_field_path(text_of(data))
    assert parse_field_path(str(path)).steps == path.steps
    list(path.places({"spec": {"template": {"spec": {"containers": [{"image": "a"}]}}, "a.b": [1, {"x": None}]}}))


def image(data: bytes) -> None:
    found = parse_image(text_of(data))
    assert parse_image(found.identity).identity == found.identity == identity(found.text)
    assert parse_pattern(found.name).matches(found, None), "a name matches itself"


def pattern(data: bytes) -> None:
    found = parse_pattern(text_of(data))
    for name in ("a/b:1", "registry.example:5000/shop/web@" + DIGEST, "[2001:db8::1]:5000/a"):
        found.matches(parse_image(name), DIGEST)
    assert found.narrowness == parse_pattern(text_of(data)).narrowness


def purl(data: bytes) -> None:
    text = text_of(data)
    (common,) = parse_common([text])
    key = parse_purl(text)
    assert common in ("", key), "both readers agree"
    assert parse_purl(key) == key == identify(text).key
    parse_written(text)


def ossindex(data: bytes) -> None:
    message_of(data)
    matched = match([parse_purl(literal) for literal in ("pkg:npm/a@1.0.0", "pkg:pypi/b-c@2")], decode_reports(data))
    for asked, listed in matched.found.items():
        answer = convert(asked, listed, NOW)
        for vulnerability in answer.vulnerabilities if answer is not None else ():
            assert vulnerability.id
            assert vulnerability.cvss_score is None or 0 <= vulnerability.cvss_score <= 10


def osv(data: bytes) -> None:
    builder = SetBuilder("Debian")
    builder.add(data)
    found = builder.finish()
    assert bool(found.advisories) == bool(found.packages)
    assert found.advisories or found.counts, "what is left out is counted"
    index = AdvisoryIndex({("osv", "Debian"): found})
    for key in found.packages:
        place, _, name = key.partition("/")
        with contextlib.suppress(InvalidInput):
            purl = parse_purl(f"pkg:deb/debian/{quote(name, safe='')}@1.0-1")
            answer = index.match(Purl(f"{purl}?distro={place}"))
            assert answer.state is not ComponentState.VULNERABLE or answer.vulnerabilities


def epss(data: bytes) -> None:
    found = read_epss(io.BytesIO(data))
    assert all(name.startswith("cve-") and 0 <= steps <= 100_000 for name, steps in found.values.items())


def kev(data: bytes) -> None:
    found = read_kev(io.BytesIO(data))
    last = found.as_of.toordinal() + 1
    assert all(name.startswith("cve-") and 0 < day <= last for name, day in found.values.items())


def docker_config(data: bytes) -> None:
    config = read_docker_config(data)
    for host in ("registry.example", "docker.io", "a.b.c:5000"):
        credential = config.find(host, "shop/web")
        assert credential is None or credential.basic.isascii()


def header(data: bytes) -> None:
    name, _, value = data.decode("latin-1").partition(":")
    for read_challenge in headers.read_challenges(value):
        assert read_challenge.scheme == read_challenge.scheme.lower()
    target = headers.next_link(value)
    address = headers.joined("https://registry.example/v2/", target)
    assert not address or headers.web_address(address) is not None
    seconds = headers.retry_after({"Retry-After": value, "Date": name}, NOW)
    assert seconds is None or seconds >= 0
    headers.content_length({"Content-Length": value})
    number = number_of(value)
    assert number is None or number >= 0
    error_code(data)


def provider(data: bytes) -> None:
    plugin = Plugin("plugin", ("plugin",), {}, ("*",), 0, "credentialprovider.kubelet.k8s.io/v1")
    assert providers._read_response(plugin, data).scope in ("Image", "Registry", "Global")


def settings(data: bytes) -> None:
    with tempfile.NamedTemporaryFile(suffix=".yaml") as file:
        file.write(data)
        file.flush()
        load_settings(Path(file.name), environment={"HOME": "/nowhere"})


def cluster_resource(data: bytes) -> None:
    one = decoded(resources._OBJECTS, data, Wanted("assessments", ""))
    type_, assessment = resources._type(one), resources._assessment(one)
    assert (type_.resource.problem is None) == (type_.type is not None)
    assert (assessment.resource.problem is None) == (assessment.definition is not None)


def kubernetes_object(data: bytes) -> None:
    readers = (
        lambda: sbomreports._decoded(data, sbomreports._Key(sbomreports.CLUSTER, "x")),
        lambda: decoded(grants._DECODER, data, Wanted("grants", "")).grant(),
        lambda: nodes._decoded(data).platforms,
        lambda: pullsecrets._decoded(data, pullsecrets._Secret, "Secret"),
        lambda: pullsecrets._decoded(data, pullsecrets._ServiceAccount, "ServiceAccount"),
    )
    for read in readers:
        try:
            read()
        except (InvalidInput, SourceError):
            continue


def version(data: bytes) -> None:
    left, _, right = text_of(data).partition(" ")
    for purl_type in ("", *ORDERS):
        order, back = compare_versions(left, right, purl_type), compare_versions(right, left, purl_type)
        assert (order is None and back is None) or order == -back, purl_type
        assert compare_versions(left, left, purl_type) in (0, None)


def version_range(data: bytes) -> None:
    found = parse_range(text_of(data))
    for purl_type in ("", "npm", "maven", "deb", "rpm"):
        for literal in ("1.2.3", "1:2-3", "x"):
            found.contains(literal, purl_type)
    if not text_of(data).strip().startswith("vers:"):
        assert parse_range(str(found)) == found


def advisory(data: bytes) -> None:
    text = text_of(data)
    score = score_of_vector(text)
    assert score is None or 0 <= score <= 10
    identifiers_in([text])
    is_rejected(text, text)


def duration(data: bytes) -> None:
    assert parse_duration(text_of(data)) == parse_duration(text_of(data))


def vex(data: bytes) -> None:
    found = parse_vex(data)
    assert is_vex(data), "what can be read is recognised"
    kept = KeptVex(found, VexOrigin(VexOriginKind.ADDED, "alice", "", str(DIGEST)), NOW)
    index = AssessmentIndex().with_vex(VexIndex(NO_TRUST, [kept]))
    purl, place = parse_purl("pkg:npm/a@1.0.0"), Place(parse_image("registry.example/shop/web"), DIGEST)
    names = [name for statement in found.statements[:3] for name in statement.vulnerabilities]
    vulnerable = [VulnerableComponent(purl, tuple(Vulnerability(name) for name in dict.fromkeys(names)))]
    explained = explain_vex(index, vulnerable, place, NOW)
    assert len(explained) == len(found.statements)
    assert all(bool(explanation.loosened) != bool(explanation.detail) for explanation in explained), (
        "an effect, or why there is none"
    )


OUTSIDE = (InvalidInput, SourceError)
TARGETS = {
    "cyclonedx-json": Target(sbom),
    "cyclonedx-xml": Target(sbom),
    "spdx-json": Target(sbom),
    "spdx3-json": Target(sbom),
    "spdx-tag-value": Target(sbom),
    "syft-json": Target(sbom),
    "relationships": Target(relationships),
    "envelope": Target(envelope),
    "statement": Target(statement),
    "vex": Target(vex),
    "manifest": Target(manifest, OUTSIDE),
    "review": Target(review),
    "workload": Target(workload),
    "custom-kind": Target(custom),
    "field-path": Target(field_path),
    "image": Target(image),
    "image-pattern": Target(pattern),
    "purl": Target(purl),
    "ossindex": Target(ossindex, OUTSIDE),
    "osv": Target(osv, ()),
    "epss": Target(epss, OUTSIDE),
    "kev": Target(kev, OUTSIDE),
    "docker-config": Target(docker_config),
    "header": Target(header),
    "credential-provider": Target(provider, OUTSIDE),
    "settings": Target(settings, (ConfigError, InvalidInput)),
    "custom-resource": Target(cluster_resource, OUTSIDE),
    "kubernetes-object": Target(kubernetes_object),
    "version": Target(version),
    "version-range": Target(version_range),
    "advisory": Target(advisory),
    "duration": Target(duration),
    **{name: Target(read, OUTSIDE) for name, read in FLEET.items()},
}


def seeds_of(name: str) -> list[bytes]:
    """The kept inputs of a target: a file each, or a line each of one file."""
    lines = SEEDS / f"{name}.lines"
    if lines.exists():
        return [line.encode() for line in lines.read_text(encoding="utf-8").splitlines()]
    return [path.read_bytes() for path in sorted((SEEDS / name).iterdir())]
