"""What may be ticked by a user with two projects."""

from __future__ import annotations

from typing import Any

from app.domain.delegation.access import Permissions, Terms
from app.domain.delegation.limits import Limits, UserRights
from app.domain.delegation.offer import Offer, make_offer
from app.domain.delegation.request import Request, Resource
from tests.drivers.terms import AT, CATALOG

ALL = frozenset(CATALOG.capabilities)
AROUND = UserRights(
    Permissions({"pay": "editor", "web": "viewer"}, {"ledger": "pay", "cms": "web"}),
    project_names={"pay": "Payments", "web": "Website"},
    server_names={"ledger": "Ledger", "cms": "CMS"},
    server_urls={"ledger": "https://x/ledger", "cms": "https://x/cms"},
)


def offer(
    asked: frozenset[str] = ALL,
    standing: Terms | None = None,
    allowed: frozenset[str] = ALL,
    rights: UserRights = AROUND,
    **named: Any,
) -> Offer:
    """Give the offer for a request of the CMS; `named` are `projects` and `servers` beside it."""
    request = Request(asked, (Resource("https://x/cms", frozenset({"cms"})),), **named)
    return make_offer(CATALOG, Limits(allowed, request), rights, standing, at=AT)
