"""Why, or why not: whether something would be allowed now, and which of the bounds says no.

The verdict comes from `effective_access`, as at introspection; the bounds say how it came about. A
property test holds the two together: it is allowed exactly when every bound holds.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from app.domain.authorization_details import AuthorizationDetails
from app.domain.catalog import MAX_NAME, MCP, SCOPE_TOKEN, Catalog
from app.domain.delegation.access import EffectiveAccess, Permissions, Terms, effective_access
from app.domain.names import SLUG
from app.domain.sentences.instants import instant_text

TOOL, KEY = "this tool", "this API key"


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

    @property
    def id(self) -> str:
        """Return the short name for programs, such as `your_role`."""
        return self.name.lower().replace(" ", "_")

    @property
    def label(self) -> str:
        """Return the name for people."""
        return "what it may do" if self.name == "capability" else self.name


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
class Names:
    """What people call projects (by slug) and MCP servers (by identifier), as far as it is known."""

    projects: Mapping[str, str] = field(default_factory=dict)
    mcp_servers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Standpoint:
    """What an explanation is based on: Terms, the user's Permissions, the catalog and the instant.

    `narrowed_to` and `details` are what one token was narrowed to. `holder` is what the Terms were
    given to.
    """

    terms: Terms
    permissions: Permissions
    catalog: Catalog
    at: datetime
    names: Names = field(default_factory=Names)
    narrowed_to: frozenset[str] | None = None
    holder: str = TOOL
    details: AuthorizationDetails | None = None

    @property
    def access(self) -> EffectiveAccess:
        """Return the decision."""
        return effective_access(
            self.terms,
            self.permissions,
            catalog=self.catalog,
            at=self.at,
            narrowed_to=self.narrowed_to,
            details=self.details,
        )

    def project(self, slug: str) -> str:
        """Return a project's name within a sentence."""
        return self.names.projects.get(slug, slug)

    def role(self, name: str | None) -> str:
        """Return a role within a sentence."""
        role = self.catalog.roles.get(name or "")
        return role.title.lower() if role else name or "nothing"

    def capability(self, name: str) -> str:
        """Return a capability within a sentence, in quotation marks."""
        entry = self.catalog.capabilities.get(name)
        return f"“{entry.title if entry else name[:MAX_NAME]}”"


def explain(question: Question, standpoint: Standpoint) -> Explanation:
    """Return whether it would be allowed now, and the bounds that decide it."""
    requested = question.capability
    allowed = _allows(question, standpoint)
    bounds = [*_life(standpoint)]
    if requested is not None:
        bounds += _capability(requested, question.project, standpoint)
    if question.project is not None:
        bounds += _project(question.project, requested, standpoint)
    if question.mcp_server is not None:
        bounds += _server(question.mcp_server, standpoint)
    if standpoint.details is not None:
        bounds.append(_details(question, standpoint, allowed=allowed))
    return Explanation(allowed, tuple(bounds))


def _allows(question: Question, standpoint: Standpoint) -> bool:
    return standpoint.access.allows(question.capability, question.project, question.mcp_server)


def _details(question: Question, standpoint: Standpoint, *, allowed: bool) -> Bound:
    """Look whether a token is refused only because its tool asked for less (RFC 9396)."""
    is_left_out = not allowed and _allows(question, replace(standpoint, details=None))
    return _bound(
        "details",
        "The tool asked for that much.",
        "The tool asked for less this time; it must ask again.",
        holds=not is_left_out,
    )


def _life(standpoint: Standpoint) -> Iterator[Bound]:
    terms, end = standpoint.terms, standpoint.terms.expires_at
    yield _bound("revocation", "Not revoked.", "It was revoked.", holds=not terms.revoked)
    yield _bound("pause", "Not paused.", "It is paused.", holds=not terms.paused)
    expired = end is not None and end <= standpoint.at
    until = f"It ends on {instant_text(end)}." if end else "It has no end."
    over = f"It ended on {instant_text(end)}." if end else ""
    yield _bound("expiry", until, over, holds=not expired)
    on, off = "Your account is on.", "Your account was switched off by an administrator."
    if standpoint.holder == TOOL:
        on = "Your account and the tool are on."
        off = "Your account or the tool was switched off by an administrator."
    yield _bound("account", on, off, holds=standpoint.permissions.active)


def _bound(name: str, yes: str, no: str, *, holds: bool) -> Bound:
    return Bound(name, holds, yes if holds else no)


def _capability(name: str, project: str | None, standpoint: Standpoint) -> Iterator[Bound]:
    entry, title = standpoint.catalog.capabilities.get(name), standpoint.capability(name)
    unknown = f"There is no capability {title if SCOPE_TOKEN.fullmatch(name) else 'of that name'}."
    yield _bound(
        "capability",
        f"{title} was given to {standpoint.holder}.",
        f"{title} was not given to {standpoint.holder}." if entry else unknown,
        holds=entry is not None and name in standpoint.terms.capabilities,
    )
    if standpoint.narrowed_to is not None:
        yield _bound(
            "scope",
            f"The tool asked for {title}.",
            f"The tool did not ask for {title} this time; it must ask again.",
            holds=name in standpoint.narrowed_to,
        )
    if entry is not None and entry.least_role is not None and project is None:
        yield _reach(name, entry.least_role, standpoint)


def _reach(name: str, least: str, standpoint: Standpoint) -> Bound:
    """Look whether the capability acts in any project, and if not, whose role is too low."""
    catalog, title = standpoint.catalog, standpoint.capability(name)
    given = {slug: term.at(standpoint.at) for slug, term in standpoint.terms.projects.items()}
    own = {slug: standpoint.permissions.roles.get(slug) for slug in given}
    ranks = {slug: min(catalog.rank(given[slug]), catalog.rank(own[slug])) for slug in given}
    needed = catalog.rank(least)
    if not given:
        return Bound("reach", False, f"{title} acts nowhere: no project was given.")  # noqa: FBT003
    if max(ranks.values()) >= needed:
        somewhere = f"{title} needs {standpoint.role(least)}, which it is somewhere."
        return Bound("reach", True, somewhere)  # noqa: FBT003
    most_given = max(given.values(), key=catalog.rank)
    if catalog.rank(most_given) < needed:
        lower = f"it is {standpoint.role(most_given)} at most in the projects you chose"
        why = lower if most_given else "all of its projects ended"
    else:
        most = max((own[s] for s in given if catalog.rank(given[s]) >= needed), key=catalog.rank)
        lower = f"you are {standpoint.role(most)} at most there"
        why = lower if most else "you are not a member there any more"
    sentence = f"{title} acts nowhere: it needs {standpoint.role(least)}, and {why}."
    return Bound("reach", False, sentence)  # noqa: FBT003


def _project(slug: str, capability: str | None, standpoint: Standpoint) -> Iterator[Bound]:
    """Look at what was given there, then at the user's own place there.

    What is not known of the user in a project that was not given is not looked at.
    """
    catalog, term = standpoint.catalog, standpoint.terms.projects.get(slug)
    given, own = term.at(standpoint.at) if term else None, standpoint.permissions.roles.get(slug)
    was_given = (term is not None and term.until is not None) or given in catalog.roles
    place = standpoint.project(slug)
    unnamed = f"The project {slug}" if SLUG.fullmatch(slug) else "That project"
    subject = standpoint.names.projects.get(slug, unnamed)
    yield _bound(
        "project",
        f"{subject} was given to {standpoint.holder}.",
        f"{subject} was not given to {standpoint.holder}.",
        holds=was_given,
    )
    if term is not None and term.until is not None:
        yield _bound(
            "end of role",
            f"It is {standpoint.role(given)} in {place} now.",
            f"Its role in {place} ended on {instant_text(term.until)}.",
            holds=given in catalog.roles,
        )
    if was_given or own is not None:
        yield _bound(
            "your membership",
            f"You are {standpoint.role(own)} in {place}.",
            f"You are not a member of {place}.",
            holds=own in catalog.roles,
        )
    entry = catalog.capabilities.get(capability or "")
    if entry is not None and entry.least_role is not None:
        yield from _roles(slug, (entry.name, entry.least_role), given, standpoint)


def _roles(
    slug: str, need: tuple[str, str], given: str | None, standpoint: Standpoint
) -> Iterator[Bound]:
    """Look whether the user's role and the given one are enough; the user's comes first."""
    catalog, place = standpoint.catalog, standpoint.project(slug)
    own, needed = standpoint.permissions.roles.get(slug), catalog.rank(need[1])
    least = standpoint.role(need[1])
    needs = f"{standpoint.capability(need[0])} needs {least};"
    if own in catalog.roles:
        yield _bound(
            "your role",
            f"{needs} you are {standpoint.role(own)} in {place}.",
            f"You are {standpoint.role(own)} in {place}; ask for {least} there.",
            holds=catalog.rank(own) >= needed,
        )
    if given in catalog.roles:
        is_given = f"{needs} {standpoint.holder} is {standpoint.role(given)} in {place}."
        yield _bound("role given", is_given, is_given, holds=catalog.rank(given) >= needed)


def _server(identifier: str, standpoint: Standpoint) -> Iterator[Bound]:
    terms, until = standpoint.terms, standpoint.terms.mcp_servers.get(identifier)
    name = standpoint.names.mcp_servers.get(identifier, identifier)
    yield from _capability(MCP, None, standpoint)
    yield _bound(
        "MCP server",
        f"The MCP server {name} was given to {standpoint.holder}.",
        f"The MCP server {name} was not given to {standpoint.holder}.",
        holds=identifier in terms.mcp_servers,
    )
    if until is not None:
        yield _bound(
            "end of server",
            f"The MCP server {name} ends on {instant_text(until)}.",
            f"The MCP server {name} ended on {instant_text(until)}.",
            holds=standpoint.at < until,
        )
    place = standpoint.permissions.mcp_servers.get(identifier)
    own = standpoint.permissions.roles.get(place or "")
    yield _bound(
        "your membership",
        f"You are {standpoint.role(own)} in the project of {name}.",
        f"You are not a member of the project of {name}, or it is gone.",
        holds=own in standpoint.catalog.roles,
    )
