"""Delegating: what was chosen, whether it lies within the offer, and the Terms that it stands for.

Consent, settings and the command line call the same functions; none decides on its own.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import Enum

from app.domain.catalog import Catalog
from app.domain.credentials.secrets import digest
from app.domain.delegation.access import RoleTerm, Terms
from app.domain.delegation.offer import Offer
from app.domain.errors import ChoiceRefused

MAX_EXPIRES_IN = 10 * 365 * 86_400


class Keep(Enum):
    """The choice to leave an end as it is."""

    KEEP = "keep"


KEEP = Keep.KEEP
End = int | Keep | None  # in so many seconds, as it is now, or never


@dataclass(frozen=True, slots=True)
class RoleEnd:
    """When a project role ends, and the lower role that follows (None: no access)."""

    ends_in: End = KEEP
    then: str | Keep | None = KEEP


@dataclass(frozen=True, slots=True)
class Shown:
    """What a page had on it: of all else, what stands stays as it is."""

    capabilities: frozenset[str]
    projects: frozenset[str]
    mcp_servers: frozenset[str]


@dataclass(frozen=True, slots=True)
class Choice:
    """What was submitted: capabilities, role by project slug, MCP servers, ends, a label.

    An element without an entry in `role_ends` or `server_ends` keeps the end that it has. `shown` is
    None for a form that says it all; whatever is not in it is gone.
    """

    capabilities: frozenset[str] = frozenset()
    roles: Mapping[str, str] = field(default_factory=dict)
    mcp_servers: frozenset[str] = frozenset()
    expires_in: End = None
    name: str = ""
    role_ends: Mapping[str, RoleEnd] = field(default_factory=dict)
    server_ends: Mapping[str, End] = field(default_factory=dict)
    shown: Shown | None = None

    @property
    def fingerprint(self) -> str:
        """Return the digest of all that was chosen: equal for a form that is sent twice."""
        roles = [
            (slug, _shown(end.ends_in), _shown(end.then)) for slug, end in self.role_ends.items()
        ]
        parts = (
            sorted(self.capabilities),
            sorted(self.roles.items()),
            sorted(self.mcp_servers),
            _shown(self.expires_in),
            self.name,
            sorted(roles),
            sorted((i, _shown(end)) for i, end in self.server_ends.items()),
            [sorted(part) for part in _parts(self.shown)],
        )
        return digest(repr(parts))


def _parts(shown: Shown | None) -> tuple[frozenset[str], ...]:
    return () if shown is None else (shown.capabilities, shown.projects, shown.mcp_servers)


def _shown(end: End | str) -> str:
    return end.value if isinstance(end, Keep) else str(end)


def check_choice(offer: Offer, choice: Choice, catalog: Catalog) -> None:
    """Raise ChoiceRefused with a sentence for each part of the choice that lies outside the offer."""
    open_servers = {s.identifier for s in offer.mcp_servers if s.reason is None}
    problems = [
        *_capability_problems(offer, choice),
        *_role_problems(offer, choice),
        *(
            f"The MCP server {identifier[:80]!r} is not among those you can hand on."
            for identifier in sorted(choice.mcp_servers - open_servers)
        ),
        *_end_problems(choice, catalog),
        *_keep_problems(offer, choice),
    ]
    if problems:
        raise ChoiceRefused("This choice goes beyond what is offered.", problems=tuple(problems))


def _capability_problems(offer: Offer, choice: Choice) -> list[str]:
    reasons = {c.name: c.reason for c in offer.capabilities}
    problems = []
    for name in sorted(choice.capabilities):
        reason = reasons.get(name, "There is no such capability.")
        if reason is not None:
            problems.append(f"The capability {name[:80]!r} cannot be given. {reason}")
    return problems


def _role_problems(offer: Offer, choice: Choice) -> list[str]:
    projects = {p.slug: p for p in offer.projects}
    problems = []
    for slug, role in sorted(choice.roles.items()):
        if slug not in projects:
            problems.append(f"The project {slug[:80]!r} is not one of yours.")
        elif role not in [r.name for r in projects[slug].roles if r.reason is None]:
            own = projects[slug].own_role
            problems.append(
                f"{role[:40]!r} in {projects[slug].name} is beyond your own role, {own}."
            )
    return problems


def _end_problems(choice: Choice, catalog: Catalog) -> list[str]:
    ends = [
        choice.expires_in,
        *(end.ends_in for end in choice.role_ends.values()),
        *choice.server_ends.values(),
    ]
    spans = [end for end in ends if isinstance(end, int)]
    problems = []
    if not all(0 < seconds <= MAX_EXPIRES_IN for seconds in spans):
        problems.append("An expiry must lie in the future and within ten years.")
    for slug, end in sorted(choice.role_ends.items()):
        role = choice.roles.get(slug)
        lower = isinstance(end.then, str) and -1 < catalog.rank(end.then) < catalog.rank(role)
        if role is not None and isinstance(end.then, str) and not lower:
            problems.append(f"What follows {role[:40]} on {slug[:80]} must be a lower role.")
    return problems


def _keep_problems(offer: Offer, choice: Choice) -> list[str]:
    """Refuse to keep an end where there is none: it would mean no end at all."""
    if offer.is_edit or not isinstance(choice.expires_in, Keep):
        return []
    return ["There is no end to keep any more; choose one."]


def terms_of(
    choice: Choice, *, at: datetime, catalog: Catalog, current: Terms | None = None
) -> Terms:
    """Return the Terms that a checked choice stands for; spans count from `at`.

    Kept ends come from the current Terms. Whatever is not in the choice is gone. The result is neither
    paused nor revoked.
    """
    current = current or Terms()
    return Terms(
        capabilities=choice.capabilities,
        projects={
            slug: _role_term(role, choice.role_ends.get(slug), old, at, catalog)
            for slug, role in choice.roles.items()
            for old in [current.projects.get(slug)]
        },
        mcp_servers={
            i: _instant(
                choice.server_ends.get(i, KEEP),
                current.mcp_servers.get(i),
                at,
                keep_past=i in choice.server_ends,
            )
            for i in choice.mcp_servers
        },
        expires_at=_instant(choice.expires_in, current.expires_at, at, keep_past=True),
    )


def _instant(
    end: End, current: datetime | None, at: datetime, *, keep_past: bool = False
) -> datetime | None:
    """Return the instant of an end; an element that had ended and is chosen again gets no end.

    With `keep_past` the choice keeps a past end, so that nothing is revived.
    """
    if isinstance(end, int):
        return at + timedelta(seconds=end)
    over = current is not None and current <= at and not keep_past
    return None if end is None or over else current


def _role_term(
    role: str, named: RoleEnd | None, old: RoleTerm | None, at: datetime, catalog: Catalog
) -> RoleTerm:
    end = named or RoleEnd()
    until = _instant(end.ends_in, old.until if old else None, at, keep_past=named is not None)
    if until is None:
        return RoleTerm(role)
    then = (old.then if old else None) if isinstance(end.then, Keep) else end.then
    return RoleTerm(role, until, then if catalog.rank(then) < catalog.rank(role) else None)
