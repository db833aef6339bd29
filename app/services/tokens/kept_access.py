"""What Authorizations come to, kept in a process by what that rests on.

An Authorization's access is a function of its columns, of the numbers by which the database counts the
changes of its parts, of its user's roles and of the directory, and of the time. All of these were just
read with the credential; so the parts themselves are read again only when one of them is another.
"""

import threading
from collections import OrderedDict
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
from app.services.tokens.live_authorization import LiveAuthorization, Standing, live_access

LIMIT = 40_000_000  # bytes, about
OF_ONE, OF_PART = 2_500, 400  # bytes of an Authorization, and of each project or MCP server in it
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

    standing: Standing
    versions: tuple[int, int, int]
    narrowed_to: frozenset[str] | None
    since: datetime
    until: datetime | None
    live: LiveAuthorization
    details: str
    size: int

    def stands(self, grounds: Grounds, narrowed_to: frozenset[str] | None, at: datetime) -> bool:
        """Say whether grounds that were just read are those that it rests on."""
        return (
            grounds.authorization == self.standing
            and grounds.versions == self.versions
            and narrowed_to == self.narrowed_to
            and self.since <= at
            and (self.until is None or at < self.until)
        )


class KeptAccess:
    """The access of Authorizations in one process; the oldest make room. Safe for threads."""

    def __init__(self, describe: Describe, limit: int = LIMIT) -> None:
        self._describe = describe
        self._limit = limit
        self._size = 0
        self._kept: OrderedDict[str, KnownAccess] = OrderedDict()
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
        known = self._kept.get(grounds.authorization.id)
        if known is not None and known.stands(grounds, narrowed_to, at):
            return known
        delegation = _parts(grounds, engine)
        if delegation is None:
            return None
        known = self._known(grounds, delegation, narrowed_to, catalog, at)
        self._keep(known)
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
        details = self._describe(live.access, live.urls)
        parts = len(terms.projects) + len(terms.mcp_servers)
        texts = 3 * len(details) + sum(map(len, live.urls.values()))
        return KnownAccess(
            standing=standing,
            versions=grounds.versions,
            narrowed_to=narrowed_to,
            since=at,
            until=terms.next_end(at),
            live=live,
            details=details,
            size=OF_ONE + OF_PART * parts + texts,
        )

    def _keep(self, known: KnownAccess) -> None:
        with self._keeping:
            old = self._kept.pop(known.standing.id, None)
            self._size += known.size - (old.size if old is not None else 0)
            self._kept[known.standing.id] = known
            while self._size > self._limit and len(self._kept) > 1:
                _, oldest = self._kept.popitem(last=False)
                self._size -= oldest.size


def _parts(grounds: Grounds, engine: Engine) -> LiveDelegation | None:
    found = PARTS.rows({"authorization": grounds.authorization.id}, engine)
    if not found or found[0][:-2] != grounds.versions:
        return None
    return delegation_of_json(*found[0][-2:])
