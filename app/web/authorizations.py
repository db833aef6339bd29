"""Settings → Authorizations: two lists, one for connected tools and one for API keys."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from flask import render_template, request

from app.domain.delegation.authorization import AuthorizationKind, AuthorizationState
from app.domain.sentences.authorizations import listing_words
from app.http.next_url import HOME
from app.http.signed_in import signed_in
from app.runtime.clock import now
from app.runtime.current import catalog
from app.services.accounts.sign_in import SignedInUser
from app.services.authorizations import listing
from app.services.authorizations.concerns import concerns_of
from app.services.authorizations.listing import AuthorizationSummary
from app.services.tokens import leaks
from app.web import web
from app.web.options import Option, options_of

API_KEYS = "/settings/authorizations/api-keys"
SHOWN = 500
FILTERS_FROM = 9
TOLD_FOR = timedelta(days=30)
NEVER = datetime(1, 1, 1, tzinfo=UTC)
FOREVER = datetime(9999, 1, 1, tzinfo=UTC)
SORTS: dict[str, tuple[str, Callable[[AuthorizationSummary], Any], bool]] = {
    "created": ("newest first", lambda row: row.created_at, True),
    "used": ("last used first", lambda row: row.used_at or NEVER, True),
    "ends": ("ending soonest", lambda row: row.expires_at or FOREVER, False),
    "name": ("by name", lambda row: row.name.casefold(), False),
}


@dataclass(frozen=True, slots=True)
class Filter:
    """What the query asks for; empty text asks for everything."""

    q: str = ""
    state: str = ""
    project: str = ""
    capability: str = ""
    sort: str = "created"

    @property
    def is_on(self) -> bool:
        """Say whether it leaves anything out."""
        return bool(self.q or self.state or self.project or self.capability)

    def keeps(self, row: AuthorizationSummary) -> bool:
        """Say whether a row is among those asked for."""
        text = f"{row.name} {row.client_name} {row.identity} {row.id}".casefold()
        return (
            all(word in text for word in self.q.casefold().split())
            and self.state in ("", row.state)
            and (not self.project or self.project in row.projects)
            and (not self.capability or self.capability in row.capabilities)
        )


@dataclass(frozen=True, slots=True)
class Field:
    """A field of the filter that is a list; `name` is its parameter."""

    name: str
    label: str
    options: tuple[Option, ...]


def _fields(criteria: Filter, rows: list[AuthorizationSummary]) -> tuple[Field, ...]:
    projects = sorted({slug for row in rows for slug in row.projects})
    capabilities = catalog().capabilities
    return (
        Field("project", "Project", options_of(projects, criteria.project, every="every project")),
        Field(
            "capability",
            "Capability",
            options_of(capabilities, criteria.capability, every="every capability"),
        ),
        Field(
            "state", "State", options_of(AuthorizationState, criteria.state, every="every state")
        ),
        Field(
            "sort",
            "Order",
            tuple(Option(name, sort[0], name == criteria.sort) for name, sort in SORTS.items()),
        ),
    )


def _filter() -> Filter:
    criteria = {name: request.args.get(name, "").strip()[:200] for name in Filter.__slots__}
    return Filter(
        **{**criteria, "sort": criteria["sort"] if criteria["sort"] in SORTS else "created"}
    )


@web.get(HOME)
@signed_in
def oauth2_authorizations(user: SignedInUser) -> str:
    """List what the signed-in user has delegated to tools."""
    return _page(user, AuthorizationKind.OAUTH2, "oauth2")


@web.get(API_KEYS)
@signed_in
def api_keys(user: SignedInUser) -> str:
    """List the user's API keys."""
    return _page(user, AuthorizationKind.API_KEY, "api-keys")


def _page(user: SignedInUser, kind: AuthorizationKind, tab: str) -> str:
    rows = listing.of_user(user.user_id, kind, catalog=catalog(), at=now())
    criteria = _filter()
    _, key, is_descending = SORTS[criteria.sort]
    found = sorted(filter(criteria.keeps, rows), key=key, reverse=is_descending)
    is_past = criteria.state == AuthorizationState.REVOKED
    listed = [row for row in found if is_past or row.state is not AuthorizationState.REVOKED]
    # A CLI registers anew at every sign-in; its leftovers are folded away.
    is_folded = not criteria.is_on
    current = [row for row in listed if row.connected or not is_folded]
    return render_template(
        "authorizations.html",
        tab=tab,
        words=listing_words(kind),
        is_keys=kind is AuthorizationKind.API_KEY,
        total=len(rows),
        current=current[:SHOWN],
        is_cut=len(current) > SHOWN,
        idle=[row for row in listed if is_folded and not row.connected][:SHOWN],
        revoked=[]
        if is_past
        else [r for r in found if r.state is AuthorizationState.REVOKED][:SHOWN],
        criteria=criteria,
        fields=_fields(criteria, rows),
        has_filters=criteria.is_on or len(rows) >= FILTERS_FROM,
        twins={name for name, times in Counter(row.name for row in listed).items() if times > 1},
        concerns=concerns_of(rows, at=now()),
        shown_at_most=SHOWN,
        leaked=leaks.leak_notices(user.user_id, since=now() - TOLD_FOR)
        if kind is AuthorizationKind.API_KEY
        else [],
    )
