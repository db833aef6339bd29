"""Why, or why not: whether something would be allowed now, and which of the bounds says no.

The verdict comes from `effective_access`, as at introspection; the bounds say how it came about. A
property test holds the two together: it is allowed exactly when every bound holds.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from app.domain.catalog import MCP, Catalog
from app.domain.delegation.access import Permissions, Terms, effective_access
from app.domain.sentences.instants import instant_text


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked: a capability, a project, an MCP server; None leaves one out."""

    capability: str | None = None
    project: str | None = None
    mcp_server: str | None = None


@dataclass(frozen=True, slots=True)
class Bound:
    """One bound, such as `expiry` or `your role`; `sentence` says how it stands."""

    name: str
    holds: bool
    sentence: str


@dataclass(frozen=True, slots=True)
class Explanation:
    """The verdict and every bound that was looked at, in order."""

    allowed: bool
    bounds: tuple[Bound, ...]

    @property
    def reason(self) -> str:
        """Return the sentence of the first bound that says no, or that all of them hold."""
        return next((b.sentence for b in self.bounds if not b.holds), "Every bound holds.")

    @property
    def verdict(self) -> str:
        """Return the answer as a sentence: that it would be allowed, or why not."""
        return "It would be allowed now." if self.allowed else self.reason


@dataclass(frozen=True, slots=True)
class Standpoint:
    """What an explanation is based on: Terms, the user's Permissions, the catalog and the instant."""

    terms: Terms
    permissions: Permissions
    catalog: Catalog
    at: datetime


def explain(question: Question, standpoint: Standpoint) -> Explanation:
    """Return whether it would be allowed now, and the bounds that decide it."""
    access = effective_access(
        standpoint.terms, standpoint.permissions, catalog=standpoint.catalog, at=standpoint.at
    )
    requested = question.capability
    allowed = access.allows(requested, question.project, question.mcp_server)
    bounds = [*_life(standpoint)]
    if requested is not None:
        bounds += _capability(requested, question.project, standpoint)
    if question.project is not None:
        bounds += _project(question.project, requested, standpoint)
    if question.mcp_server is not None:
        bounds += _server(question.mcp_server, standpoint)
    return Explanation(allowed, tuple(bounds))


def _life(standpoint: Standpoint) -> Iterator[Bound]:
    terms, end = standpoint.terms, standpoint.terms.expires_at
    yield _bound("revocation", "It stands.", "It was revoked.", holds=not terms.revoked)
    yield _bound("pause", "It is not paused.", "It is paused.", holds=not terms.paused)
    expired = end is not None and end <= standpoint.at
    until = f"It ends on {instant_text(end)}." if end else "It has no end."
    over = f"It ended on {instant_text(end)}." if end else ""
    yield _bound("expiry", until, over, holds=not expired)
    yield _bound(
        "account",
        "Neither you nor the tool is disabled.",
        "You or the tool has been disabled by an administrator.",
        holds=standpoint.permissions.active,
    )


def _bound(name: str, yes: str, no: str, *, holds: bool) -> Bound:
    return Bound(name, holds, yes if holds else no)


def _capability(name: str, project: str | None, standpoint: Standpoint) -> Iterator[Bound]:
    entry = standpoint.catalog.capabilities.get(name)
    yield _bound(
        "capability",
        f"“{name}” was given.",
        f"“{name}” was not given." if entry else f"There is no capability “{name}”.",
        holds=entry is not None and name in standpoint.terms.capabilities,
    )
    if entry is not None and entry.least_role is not None and project is None:
        yield _reach(name, entry.least_role, standpoint)


def _reach(name: str, least: str, standpoint: Standpoint) -> Bound:
    """Look whether the capability acts in any project, and if not, whose role is too low."""
    catalog = standpoint.catalog
    given = {slug: term.at(standpoint.at) for slug, term in standpoint.terms.projects.items()}
    own = {slug: standpoint.permissions.roles.get(slug) for slug in given}
    ranks = {slug: min(catalog.rank(given[slug]), catalog.rank(own[slug])) for slug in given}
    needed = catalog.rank(least)
    if not given:
        return Bound("role", False, f"“{name}” acts nowhere: no project was given.")  # noqa: FBT003
    if max(ranks.values()) >= needed:
        return Bound("role", True, f"It needs {least}, which it is somewhere.")  # noqa: FBT003
    most_given = max(given.values(), key=catalog.rank)
    if catalog.rank(most_given) < needed:
        why = f"it is {most_given} at most in the projects you chose" if most_given else "all ended"
    else:
        most = max((own[s] for s in given if catalog.rank(given[s]) >= needed), key=catalog.rank)
        why = f"you are {most} at most there" if most else "you are a member there no more"
    return Bound("role", False, f"“{name}” acts nowhere: it needs {least}, and {why}.")  # noqa: FBT003


def _project(slug: str, capability: str | None, standpoint: Standpoint) -> Iterator[Bound]:
    catalog, term = standpoint.catalog, standpoint.terms.projects.get(slug)
    given = term.at(standpoint.at) if term else None
    ends = term is not None and term.until is not None
    was_given = ends or given in catalog.roles
    yield _bound("project", f"{slug} was given.", f"{slug} was not given.", holds=was_given)
    if term is not None and term.until is not None:
        yield _bound(
            "end of the role",
            f"It is {given} there now.",
            f"Its role there ended on {instant_text(term.until)}.",
            holds=given in catalog.roles,
        )
    own = standpoint.permissions.roles.get(slug)
    member = f"You are {own} there."
    yield _bound(
        "your membership", member, f"You are no member of {slug}.", holds=own in catalog.roles
    )
    least = (
        catalog.capabilities[capability].least_role if capability in catalog.capabilities else None
    )
    if least is not None:
        for name, role, who in (("role given", given, "it is"), ("your role", own, "you are")):
            yield _bound(
                name,
                f"“{capability}” needs {least}; {who} {role} there.",
                f"“{capability}” needs {least}, and {who} {role or 'nothing'} there.",
                holds=catalog.rank(role) >= catalog.rank(least),
            )


def _server(identifier: str, standpoint: Standpoint) -> Iterator[Bound]:
    terms, until = standpoint.terms, standpoint.terms.mcp_servers.get(identifier)
    yield from _capability(MCP, None, standpoint)
    yield _bound(
        "MCP server",
        f"The MCP server {identifier} was given.",
        f"The MCP server {identifier} was not given.",
        holds=identifier in terms.mcp_servers,
    )
    if until is not None:
        ends = f"on {instant_text(until)}."
        yield _bound(
            "end of the server", f"It ends {ends}", f"It ended {ends}", holds=standpoint.at < until
        )
    place = standpoint.permissions.mcp_servers.get(identifier)
    yield _bound(
        "your membership",
        f"You are {standpoint.permissions.roles.get(place or '')} in its project.",
        f"You are no member of the project of {identifier}, or it is gone.",
        holds=standpoint.permissions.roles.get(place or "") in standpoint.catalog.roles,
    )
