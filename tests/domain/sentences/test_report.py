"""The report of what is possible where, and what is not."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from hypothesis import given

from app.domain.delegation.access import Permissions, RoleTerm, Terms, effective_access
from app.domain.delegation.limits import UserRights
from app.domain.sentences.explanation import Standpoint
from app.domain.sentences.report import report
from tests.drivers.terms import AT, CATALOG, HELD, OWN, SERVERS, permissions, terms

AROUND = UserRights(
    OWN,
    {"p": "Payments", "q": "Quality", "r": "Research"},
    {s: s.upper() for s in SERVERS},
    {s: f"https://x/{s}" for s in SERVERS},
)


def test_the_report_says_what_is_possible_where_and_what_is_not() -> None:
    held = replace(
        HELD, projects={**HELD.projects, "p": RoleTerm("editor", AT + timedelta(hours=2), "viewer")}
    )
    found = report(Standpoint(held, OWN, CATALOG, AT), AROUND)
    assert found.general == "It may connect to your workspace."
    payments, quality = found.places
    assert (payments.project, payments.role, payments.abilities) == (
        "Payments",
        "editor",
        "create and modify flows",
    )
    assert payments.servers == ("S1",)
    assert payments.until == "until 22 Nov 2026, 14:00 UTC, then viewer"
    assert (quality.role, quality.abilities) == ("viewer", "work there")
    assert found.idle == (
        "Research: Its role in r ended on 22 Nov 2026, 12:00 UTC.",
        "The MCP server s3 ended on 22 Nov 2026, 12:00 UTC.",
    )


def test_the_report_of_what_is_stopped_gives_the_one_reason() -> None:
    found = report(Standpoint(replace(HELD, paused=True), OWN, CATALOG, AT), AROUND)
    assert found.idle == ("It is paused.",)
    assert not found.general
    assert not found.places


@given(terms, permissions)
def test_everything_given_is_either_possible_or_said_to_be_idle(
    held: Terms, own: Permissions
) -> None:
    rights = UserRights(
        own,
        {slug: slug for slug in own.roles},
        {s: s for s in own.mcp_servers},
        {s: s for s in own.mcp_servers},
    )
    here = Standpoint(held, own, CATALOG, AT)
    access = effective_access(held, own, catalog=CATALOG, at=AT)
    found = report(here, rights)
    if not access.alive:
        return
    lost = set(held.projects) - set(access.projects)
    assert all(any(line.startswith(f"{slug}: ") for line in found.idle) for slug in lost)
    lost_servers = set(held.mcp_servers) - set(access.mcp_servers)
    dead = held.capabilities - set(access.capabilities)
    assert len(found.idle) >= len(lost) + len(lost_servers) + len(dead)
    assert {place.project for place in found.places} >= set(access.projects)
