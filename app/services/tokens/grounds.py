"""What a refresh token or a code rests on, read with it by one statement in one round trip.

The client, the Authorization with its user, and the numbers by which the database counts the changes
of its parts, of the user's roles and of the directory. Nothing is found when somebody has ended any of
that; whether it has expired is not decided.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import Select, literal_column, select

from app.database.compiled_select import instant_or_none, parsed
from app.domain.credentials.rotated_secrets import KeptSecret
from app.models import Authorization, Client, DirectoryState, User
from app.services.tokens.live_authorization import Standing

CLIENT_COLUMNS: tuple[Any, ...] = (
    Client.id,
    Client.identifier,
    Client.auth_method,
    Client.grant_types,
    Client.secret_digest,
    Client.previous_secret_digest,
    Client.previous_secret_ends_at,
)
AUTHORIZATION_COLUMNS: tuple[Any, ...] = (
    Authorization.id,
    Authorization.user_id,
    Authorization.capabilities,
    Authorization.expires_at,
    Authorization.paused_at,
)
VERSIONS: tuple[Any, ...] = (
    DirectoryState.version,
    Authorization.parts_version,
    User.roles_version,
)


class _Row(NamedTuple):
    """`AUTHORIZATION_COLUMNS` as the driver gives them."""

    authorization_id: str
    user_id: str
    capabilities: Any
    expires_at: Any
    paused_at: Any


@dataclass(frozen=True, slots=True)
class GroundsClient:
    """The client of a credential: what authenticates it, which is not checked yet, and its grants."""

    id: str
    identifier: str
    auth_method: str
    grant_types: tuple[str, ...]
    secret: KeptSecret


@dataclass(frozen=True, slots=True)
class Grounds:
    """What a credential rests on; `versions` are `VERSIONS`, by which the database counts changes."""

    client: GroundsClient
    authorization: Standing
    versions: tuple[int, int, int]

    @property
    def directory(self) -> int:
        """Return the number of the directory."""
        return self.versions[0]


def with_grounds(credential: type[Any], *own: Any) -> Select[*tuple[Any, ...]]:
    """Return the select of a credential's `own` columns and its grounds, for a condition to be added."""
    return (
        select(*own, *CLIENT_COLUMNS, *AUTHORIZATION_COLUMNS, *VERSIONS)
        .select_from(credential)
        .join(Client, Client.id == credential.client_id)
        .join(Authorization, Authorization.id == credential.authorization_id)
        .join(User, User.id == Authorization.user_id)
        .join(DirectoryState, DirectoryState.id == literal_column("1"))
        .where(
            Authorization.revoked_at.is_(None),
            User.disabled_at.is_(None),
            Client.disabled_at.is_(None),
        )
    )


def client_of(columns: Sequence[Any]) -> GroundsClient:
    """Return the client of `CLIENT_COLUMNS` as the driver gives them."""
    row_id, identifier, auth_method, grants, kept, previous, ends = columns
    secret = KeptSecret(kept, previous, instant_or_none(ends))
    return GroundsClient(row_id, identifier, auth_method, tuple(parsed(grants)), secret)


def grounds_of(columns: Sequence[Any]) -> Grounds:
    """Return the grounds that come after a credential's own columns."""
    first, last = len(CLIENT_COLUMNS), len(CLIENT_COLUMNS) + len(AUTHORIZATION_COLUMNS)
    row = _Row(*columns[first:last])
    directory, parts, roles = columns[last:]
    standing = Standing(
        row.authorization_id,
        row.user_id,
        tuple(parsed(row.capabilities)),
        instant_or_none(row.expires_at),
        row.paused_at is not None,
    )
    return Grounds(
        client_of(columns[:first]),
        standing,
        (directory, parts, roles),
    )
