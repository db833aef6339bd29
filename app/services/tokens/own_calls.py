"""Calls of our own API with a person's credential: an access token or an API key."""

from dataclasses import dataclass
from datetime import datetime

from app.domain.catalog import Catalog
from app.domain.introspection import Call, Resolution, resolve
from app.services.introspection.snapshot import read_snapshot

NEEDED = "api"


@dataclass(frozen=True, slots=True)
class OwnCall:
    """Whose credential calls, under which Authorization, and what is to be noted of it."""

    user_id: str
    authorization_id: str
    may_call: bool
    resolution: Resolution


def own_call(
    text: str, *, audience: str, default: str, catalog: Catalog, at: datetime
) -> OwnCall | None:
    """Return who calls, None when the credential is not active here. Raises Unavailable.

    `audience` is this API's own; a token for the deployment's `default` audience counts too, because a
    tool that names no resource gets one. `may_call` says whether `api` is among what it may do now.
    """
    found = read_snapshot("", text, None).credential
    if found is None:
        return None
    is_default = found.audience == default
    answer = resolve(
        found,
        Call(capabilities=(NEEDED,)),
        called=frozenset(),
        is_wide=False,
        audience=default if is_default else audience,
        catalog=catalog,
        at=at,
    )
    if answer.active is None:
        return None
    may_call = NEEDED in answer.active.access.capabilities
    return OwnCall(found.user_id, found.authorization_id, may_call, answer)
