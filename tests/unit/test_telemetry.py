"""Metrics and logs."""

from __future__ import annotations

import io
import json
import logging

import pytest
from prometheus_client import CollectorRegistry

from webhook.telemetry import DEFINITIONS, JsonFormatter, TextFormatter, redact, set_up_logs
from webhook.telemetry.metrics import Metrics, exposition


def test_every_metric_is_exposed_under_its_documented_name() -> None:
    metrics = Metrics(CollectorRegistry())
    for definition in DEFINITIONS:
        labels = tuple("x" for _ in definition.labels)
        if definition.kind == "counter":
            metrics.count(definition.name, *labels)
        elif definition.kind == "gauge":
            metrics.set(definition.name, 3, *labels)
        else:
            metrics.observe(definition.name, 0.01, *labels)
    text = exposition(metrics.registry)[0].decode()
    for definition in DEFINITIONS:
        suffix = "_count" if definition.kind == "histogram" else ""
        assert f"\n{definition.name}{suffix}" in text, definition.name


def test_counters_end_in_total_and_all_names_have_our_prefix() -> None:
    for definition in DEFINITIONS:
        assert definition.name.startswith("bomgate_")
        assert definition.name.endswith("_total") == (definition.kind == "counter")


def test_no_label_is_one_that_prometheus_gives_to_what_it_scrapes() -> None:
    given = {"job", "instance", "namespace", "pod", "container", "service", "endpoint", "node", "cluster"}
    assert {label for definition in DEFINITIONS for label in definition.labels} & given == set()


def test_a_gauge_is_not_exposed_before_it_was_set() -> None:
    metrics = Metrics()
    assert b"bomgate_certificate_expiry_timestamp_seconds" not in exposition(metrics.registry)[0]
    metrics.set("bomgate_certificate_expiry_timestamp_seconds", 5)
    assert b"\nbomgate_certificate_expiry_timestamp_seconds 5.0\n" in exposition(metrics.registry)[0]


def test_counters_that_alerts_ask_for_increases_of_begin_at_0() -> None:
    text = exposition(Metrics().registry)[0].decode()
    assert 'bomgate_break_glass_total{result="used"} 0.0' in text
    assert 'bomgate_denials_total{area="system",subject="controller-pod"} 0.0' in text
    assert "bomgate_sightings_dropped_total 0.0" in text


def test_what_is_no_longer_named_becomes_0() -> None:
    metrics = Metrics()
    metrics.replace("bomgate_audit_workloads", {("deny", "findings"): 2, ("warn", "unknown"): 1})
    metrics.replace("bomgate_audit_workloads", {("warn", "unknown"): 3})
    text = exposition(metrics.registry)[0].decode()
    assert 'bomgate_audit_workloads{action="deny",reason="findings"} 0.0' in text
    assert 'bomgate_audit_workloads{action="warn",reason="unknown"} 3.0' in text


def test_a_metric_of_another_kind_is_a_mistake() -> None:
    with pytest.raises(KeyError, match="bomgate_leader is no counter"):
        Metrics().count("bomgate_leader")


@pytest.mark.parametrize(
    "text",
    [
        "token sonatype_pat_abcDEF123 used",
        "{'Authorization': 'Basic c2VjcmV0'}",
        "Authorization: Bearer c2VjcmV0",
        "postgresql://bom:c2VjcmV0@db/bomgate",
    ],
)
def test_secrets_do_not_reach_the_log(text: str) -> None:
    for secret in ("abcDEF123", "c2VjcmV0"):
        assert secret not in redact(text)


def record(**extra: object) -> logging.LogRecord:
    made = logging.makeLogRecord({"name": "bomgate.x", "levelname": "INFO", "msg": "hello %s", "args": ("you",)})
    made.__dict__.update(extra)
    return made


def test_a_json_line_holds_the_extra_fields_and_stays_one_line() -> None:
    line = JsonFormatter().format(record(image="a\nb", count=3))
    assert "\n" not in line
    entry = json.loads(line)
    assert (entry["message"], entry["image"], entry["count"], entry["level"]) == ("hello you", "a\nb", 3, "info")


def test_a_text_line_holds_the_extra_fields() -> None:
    assert TextFormatter().format(record(count=3)) == "info: hello you (count=3)"


def test_only_our_loggers_speak_below_warning() -> None:
    stream, before = io.StringIO(), logging.getLogger().handlers[:]
    try:
        set_up_logs("info", "json", stream)
        logging.getLogger("bomgate.x").info("ours")
        logging.getLogger("other").info("theirs")
        logging.getLogger("other").warning("loud")
        assert [json.loads(line)["message"] for line in stream.getvalue().splitlines()] == ["ours", "loud"]
    finally:
        logging.getLogger().handlers[:] = before
