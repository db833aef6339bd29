"""What an administrator may say of a client that is added by hand."""

from collections.abc import Mapping, Sequence
from typing import Any

from app.domain.authorization_details import types_of
from app.domain.catalog import Catalog
from app.domain.clients.asked_metadata import asked
from app.domain.clients.auth_methods import (
    AUTH_METHODS,
    AUTHORIZATION_CODE,
    DEVICE_CODE,
    GRANT_TYPES,
    PRIVATE_KEY_JWT,
    PUBLIC,
)
from app.domain.clients.metadata import key_members
from app.domain.clients.redirect_uris import check_redirect_uri
from app.domain.errors import Invalid, MetadataRefused
from app.domain.json_values import Members

BEGINNING = frozenset({AUTHORIZATION_CODE, DEVICE_CODE})


def check_client(
    auth_method: str,
    grant_types: Sequence[str],
    capabilities: Sequence[str],
    catalog: Catalog,
) -> None:
    """Raise Invalid for an unknown method, grant or capability, or when nothing could begin."""
    if auth_method not in AUTH_METHODS:
        raise Invalid(f"{auth_method[:40]!r} is not one of {', '.join(AUTH_METHODS)}.")
    if unknown := set(grant_types) - set(GRANT_TYPES):
        raise Invalid(f"{min(unknown)!r} is not one of the grants {', '.join(GRANT_TYPES)}.")
    if unknown := set(capabilities) - set(catalog.capabilities):
        raise Invalid(f"{min(unknown)!r} is not a capability of the catalog.")
    if BEGINNING.isdisjoint(grant_types):
        raise Invalid("None of the grants can begin an authorization.")


def check_redirect_uris(
    redirect_uris: Sequence[str],
    grant_types: Sequence[str],
    auth_method: str,
    schemes: frozenset[str],
) -> None:
    """Raise Invalid for a redirect URI that may not be registered, or when there must be one."""
    if not redirect_uris and AUTHORIZATION_CODE in grant_types:
        raise Invalid(f"A client with {AUTHORIZATION_CODE} needs at least one redirect URI.")
    for uri in redirect_uris:
        check_redirect_uri(uri, schemes if auth_method == PUBLIC else frozenset())


def extra_metadata_of(
    auth_method: str, keys: Mapping[str, Any], requests: Mapping[str, Any], catalog: Catalog
) -> dict[str, Any]:
    """Return the optional members of its metadata: its keys, and what it says about its requests.

    Raises Invalid for a member that cannot be used; None stands for an absent one.
    """
    given = {name: value for name, value in keys.items() if value is not None}
    if auth_method != PRIVATE_KEY_JWT and given:
        raise Invalid(f"Keys are for a client that authenticates by {PRIVATE_KEY_JWT}.")
    scopes, types = tuple(catalog.capabilities), types_of(catalog)
    try:
        said = asked(Members.of(dict(requests)), scopes=scopes, types=types, is_document=False)
        return {**said, **key_members(Members.of(given), auth_method)}
    except MetadataRefused as refusal:
        raise Invalid(refusal.public) from None
