"""What Authorizations come to, kept in a process by what that rests on.

An Authorization's access is a function of its columns, of the numbers by which the database counts the
changes of its parts, of its user's roles and of the directory, and of the time. All of these were just
read with the credential; so the parts themselves are read again only when one of them is another.
"""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Engine, bindparam, literal_column, select

from app.database.compiled_select import CompiledSelect
from app.domain.catalog import Catalog
from app.domain.delegation.access import EffectiveAccess
from app.models import Authorization, DirectoryState, User
from app.services.introspection.live_access import (
    PROJECT_COLUMNS,
    SERVER_COLUMNS,
    LiveDelegation,
    delegation_of_json,
    projects_of,
    servers_of,
    terms_from,
)
from app.services.tokens.grounds import VERSIONS, Grounds
from app.services.tokens.live_authorization import LiveAuthorization, live_access

LIMIT = 40_000  # projects and MCP servers of all that is kept, and one for each Authorization
PARTS = CompiledSelect(
    lambda rows, row: (
        select(
            *VERSIONS,
            projects_of(Authorization.id, User.id, rows(row(*PROJECT_COLUMNS)))
            .correlate(Authorization, User)
            .scalar_subquery(),
            servers_of(Authorization.id, User.id, rows(row(*SERVER_COLUMNS)))
            .correlate(Authorization, User)
            .scalar_subquery(),
        )
        .select_from(Authorization)
        .join(User, User.id == Authorization.user_id)
        .join(DirectoryState, DirectoryState.id == literal_column("1"))
        .where(Authorization.id == bindparam("authorization"))
    )
)
Describe = Callable[[EffectiveAccess, Mapping[str, str]], str]


@dataclass(frozen=True, slots=True)
class KnownAccess:
    """What an Authorization comes to, from `since` to before `until` (None: no end is known).

    `details` describe the effective access as the answer to a token request does.
    """

    grounds: Grounds
    since: datetime
    until: datetime | None
    live: LiveAuthorization
    details: str
    cost: int

    def stands(self, grounds: Grounds, at: datetime) -> bool:
        """Say whether grounds that were just read are those that it rests on."""
        own = self.grounds
        return (
            grounds.authorization == own.authorization
            and grounds.versions == own.versions
            and self.since <= at
            and (self.until is None or at < self.until)
        )


class KeptAccess:
    """The access of Authorizations in one process; the oldest make room. Safe for threads."""

    def __init__(self, describe: Describe, limit: int = LIMIT) -> None:
        self._describe = describe
        self._limit = limit
        self._cost = 0
        self._kept: dict[tuple[str, frozenset[str] | None], KnownAccess] = {}
        self._keeping = threading.Lock()

    def now(
        self,
        grounds: Grounds,
        narrowed_to: frozenset[str] | None,
        *,
        catalog: Catalog,
        at: datetime,
        engine: Engine,
    ) -> KnownAccess | None:
        """Return the access for grounds that were just read, None when they changed meanwhile.

        Raises Unavailable.
        """
        key = (grounds.authorization.id, narrowed_to)
        known = self._kept.get(key)
        if known is not None and known.stands(grounds, at):
            return known
        delegation = _parts(grounds, engine)
        if delegation is None:
            return None
        known = self._known(grounds, delegation, narrowed_to, catalog, at)
        self._keep(key, known)
        return known

    def _known(
        self,
        grounds: Grounds,
        delegation: LiveDelegation,
        narrowed_to: frozenset[str] | None,
        catalog: Catalog,
        at: datetime,
    ) -> KnownAccess:
        standing = grounds.authorization
        terms = terms_from(
            delegation,
            capabilities=standing.capabilities,
            expires_at=standing.expires_at,
            paused=standing.paused,
        )
        live = live_access(standing, delegation, catalog, at, narrowed_to)
        return KnownAccess(
            grounds=grounds,
            since=at,
            until=terms.next_end(at),
            live=live,
            details=self._describe(live.access, live.urls),
            cost=1 + len(terms.projects) + len(terms.mcp_servers),
        )

    def _keep(self, key: tuple[str, frozenset[str] | None], known: KnownAccess) -> None:
        with self._keeping:
            self._remove(key)
            while self._kept and self._cost + known.cost > self._limit:
                self._remove(next(iter(self._kept)))
            self._kept[key] = known
            self._cost += known.cost

    def _remove(self, key: tuple[str, frozenset[str] | None]) -> None:
        old = self._kept.pop(key, None)
        self._cost -= old.cost if old is not None else 0


def _parts(grounds: Grounds, engine: Engine) -> LiveDelegation | None:
    found = PARTS.rows({"authorization": grounds.authorization.id}, engine)
    if not found or found[0][:-2] != grounds.versions:
        return None
    return delegation_of_json(*found[0][-2:])
