"""Audit events in the words of OCSF."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from app.domain.audit import AuditKind
from app.domain.ocsf import CLASSES, MEANINGS, UNKNOWN, ocsf_event

AT = datetime(2026, 11, 28, 12, 0, 0, 123_456, tzinfo=UTC)
# The activities of each class (events/iam and events/application of ocsf/ocsf-schema); 99 is other.
ACTIVITIES = {
    3001: {*range(1, 12), 99},
    3002: {1, 2, 3, 4, 5, 99},
    3003: {1, 2, 3, 99},
    3004: {1, 2, 3, 4, 99},
    6003: {1, 2, 3, 4, 99},
}
TARGETS = {
    3001: {"user"},
    3002: {"user", "service"},
    3003: {"user", "privileges"},
    3004: {"entity"},
    6003: {"api", "actor", "src_endpoint"},
}


def told(kind: str, **more: Any) -> dict[str, Any]:
    values = {
        "number": 7,
        "at": AT,
        "actor": "usr_1",
        "subject": "aut_1",
        "user_id": "usr_1",
        "detail": {"address": "192.0.2.7", "widened": ["a"], "why": "x"},
    }
    return ocsf_event(kind=kind, issuer="https://auth.example", **{**values, **more})


def test_every_kind_is_mapped_and_no_other() -> None:
    assert set(MEANINGS) == set(AuditKind)


@pytest.mark.parametrize("kind", AuditKind)
def test_each_event_has_what_its_class_requires(kind: AuditKind) -> None:
    event = told(kind)
    uid = event["class_uid"]
    assert event["class_name"] == CLASSES[uid]
    assert event["activity_id"] in ACTIVITIES[uid]
    assert event["type_uid"] == uid * 100 + event["activity_id"]
    assert event["category_uid"] == uid // 1000
    assert set(event) >= TARGETS[uid]
    assert event["severity_id"] in {1, 2, 3, 4}
    assert (event["status"], event["status_id"]) in {("Success", 1), ("Failure", 2)}
    assert MEANINGS[kind].entity or uid != 3004


def test_names_of_ocsf_are_used_where_they_exist_and_the_rest_is_unmapped() -> None:
    event = told("user.signed_in")
    assert event["time"] == 1_795_867_200_123
    assert event["metadata"] == {
        "version": "1.3.0",
        "product": {"name": "Mandate", "vendor_name": "Mandate"},
        "log_name": "audit",
        "event_code": "user.signed_in",
        "uid": "https://auth.example#7",
        "sequence": 7,
    }
    assert event["actor"] == {"user": {"uid": "usr_1"}}
    assert event["src_endpoint"] == {"ip": "192.0.2.7"}
    assert event["unmapped"] == {
        "subject": "aut_1",
        "user_id": "usr_1",
        "widened": ["a"],
        "why": "x",
    }


def test_who_is_no_person_is_an_app_and_what_is_no_address_a_name() -> None:
    event = told("user.disabled", actor="cli", detail={"address": "command line"})
    assert event["actor"] == {"app_name": "cli"}
    assert event["src_endpoint"] == {"name": "command line"}


def test_a_role_is_a_policy() -> None:
    event = told("membership.set", subject="pay", detail={"role": "viewer"})
    assert event["policy"] == {"name": "viewer", "uid": "pay:viewer"}


def test_a_kind_of_a_newer_version_is_told_as_unknown() -> None:
    event = told("moon.landed")
    assert (event["class_uid"], event["activity_id"]) == (UNKNOWN.class_uid, 99)
    assert event["metadata"]["event_code"] == "moon.landed"
