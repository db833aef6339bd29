"""What client metadata says about the requests to come: scope, types of details, and why.

`scope` binds nobody; listed types of `authorization_details` bind the client (RFC 9396 section 10). Two
members are our own: the capabilities that the tool cannot do without, and its reason for a capability.
They are the developer's word, for the user to read.
"""

from collections.abc import Collection
from typing import Any

from app.domain.clients.scopes import capabilities_of, listed
from app.domain.errors import MetadataRefused, ScopeRejected
from app.domain.json_values import Members
from app.domain.names import is_showable

TYPES = "authorization_details_types"
REQUIRED = "mandate_required_scope"
REASONS = "mandate_scope_reasons"
MAX_REASON = 200


def asked(
    body: Members, *, scopes: Collection[str], types: Collection[str], is_document: bool
) -> dict[str, Any]:
    """Return the members that can be used; raises MetadataRefused for one that cannot.

    A document is written for many servers: types of others are left out of it.
    """
    found = {
        "scope": _known(body, "scope", scopes),
        TYPES: _types(body, types, is_document=is_document),
        REQUIRED: _known(body, REQUIRED, scopes),
        REASONS: _reasons(body, scopes),
    }
    return {name: value for name, value in found.items() if value is not None}


def _known(body: Members, name: str, scopes: Collection[str]) -> str | None:
    """Return the capabilities of a scope in the catalog's order, None without any.

    An unknown name is refused here as it is in a request, so that its author learns of it at once.
    """
    try:
        named = capabilities_of(body.text(name) or "", scopes)
    except ScopeRejected as refusal:
        raise MetadataRefused(refusal.public) from None
    return " ".join(scope for scope in scopes if scope in named) or None


def _types(body: Members, types: Collection[str], *, is_document: bool) -> list[str] | None:
    named = body.texts(TYPES)
    if named is None:
        return None
    if (unknown := set(named) - set(types)) and not is_document:
        raise MetadataRefused(f"{TYPES} has {listed(unknown)}; there are {', '.join(types)}.")
    return [kind for kind in types if kind in named]


def _reasons(body: Members, scopes: Collection[str]) -> dict[str, str] | None:
    found = body.object(REASONS)
    if found is None:
        return None
    if unknown := set(found) - set(scopes):
        raise MetadataRefused(f"{REASONS} has unknown capabilities: {listed(unknown)}.")
    for name, reason in found.items():
        if not isinstance(reason, str) or not _is_one_line(reason):
            raise MetadataRefused(
                f"{REASONS}: the reason for {name} must be one line of 1 to {MAX_REASON} visible "
                "characters."
            )
    return {name: str(found[name]).strip() for name in scopes if name in found} or None


def _is_one_line(reason: str) -> bool:
    return len(reason) <= MAX_REASON and bool(reason.strip()) and is_showable(reason)
