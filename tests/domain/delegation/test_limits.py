"""What bounds an offer."""

from __future__ import annotations

import pytest

from app.domain.delegation.limits import Limits
from app.domain.delegation.request import Request, Resource
from tests.drivers.offers import ALL

CMS = Resource("https://x/cms", frozenset({"cms"}))
NESTED = Resource("https://x/cms/deep", frozenset({"cms", "deep"}))


@pytest.mark.parametrize(
    ("asked", "is_wide"),
    [
        (frozenset({"api", "apps:view", "flows:edit", "secrets:edit", "mcp"}), False),
        (frozenset({"api", "apps:view", "apps:admin", "flows:edit", "secrets:edit"}), True),
        (ALL, True),
    ],
)
def test_more_than_four_capabilities_are_wide(asked: frozenset[str], is_wide: bool) -> None:
    assert Limits(ALL, Request(asked, ())).is_wide is is_wide


@pytest.mark.parametrize(
    ("request_", "is_all"),
    [
        (Request(frozenset({"mcp"}), (CMS,)), True),
        (Request(frozenset({"mcp"}), (CMS,), servers=frozenset({"cms"})), True),
        (Request(frozenset({"mcp"}), (), servers=frozenset({"cms"})), True),
        (Request(frozenset({"mcp"}), (NESTED,)), False),
        (Request(frozenset({"mcp", "api"}), (CMS,)), False),
        (Request(frozenset({"api"}), (CMS,)), False),
        (Request(frozenset({"mcp"}), (CMS,), {"pay": None}), False),
        (Request(frozenset({"mcp"}), ()), False),
        (None, False),
    ],
)
def test_one_server_is_all_only_if_nothing_else_is_asked(
    request_: Request | None, is_all: bool
) -> None:
    assert Limits(ALL, request_).asks_only_for_one_server is is_all


def test_who_delegates_by_hand_is_asked_for_nothing() -> None:
    free = Limits(ALL)
    assert not free.is_wide
    assert not free.is_requested("api")
    assert free.projects == {}
