"""What an access amounts to, in one sentence: for the consent page, settings and the command line.

The same sentence stands on a page before something is saved and after it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from app.domain.catalog import MCP, Catalog
from app.domain.delegation.access import EffectiveAccess, Terms
from app.domain.delegation.limits import UserRights
from app.domain.sentences.instants import until_text
from app.domain.sentences.lists import as_sentence, count_text, every, first_of, listed

NO_CHANGE = "Changes nothing."
NO_EFFECT = "no effect"
TWO_LINES = 92  # letters that fit on two lines of a phone
FEW, LISTED, MANY = 2, 3, 20


@dataclass(frozen=True, slots=True)
class Places:
    """Projects in which the same is possible."""

    abilities: tuple[str, ...]
    projects: tuple[str, ...]


def summary(access: EffectiveAccess, catalog: Catalog, rights: UserRights, terms: Terms) -> str:
    """Return one sentence that says what is possible, and until when.

    It names what fits on two lines of a phone, and counts what does not.
    """
    if not access.is_useful:
        return nothing_useful(terms)
    places, servers = places_of(access, catalog, rights), servers_of(access, rights)
    clauses = [[*map(_in_full, places), *_using(listed(servers))]]
    if len(places) <= 1:
        clauses.append([*map(_in_short, places), *_using(_few(servers))])
        clauses.append([*map(_by_number, places), *_using(_few(servers))])
        clauses.append([*map(_by_number, places), *_using(_number(servers))])
    clauses.append([*_counted(places), *_using(_number(servers))])
    said = [f"It can {every(parts)} {_end(terms.expires_at)}." for parts in clauses]
    return next((sentence for sentence in said if len(sentence) <= TWO_LINES), said[-1])


def details(access: EffectiveAccess, catalog: Catalog, rights: UserRights) -> tuple[str, ...]:
    """Return all that is possible: a sentence for each group of projects, and one for MCP servers.

    Of thousands it names twenty.
    """
    clauses = [
        f"{every(group.abilities)} in {_named(group.projects, 'project')}"
        for group in places_of(access, catalog, rights)
    ]
    servers = servers_of(access, rights)
    if servers:
        noun = "MCP server" if len(servers) == 1 else "MCP servers"
        clauses.append(f"use the {noun} {_named(servers, 'server')}")
    return tuple(as_sentence(clause) for clause in clauses)


def _named(names: Sequence[str], noun: str) -> str:
    """Return all names as `a, b and c`, of very many the first ones."""
    return every(names) if len(names) <= MANY else first_of(names, MANY, noun)


def places_of(access: EffectiveAccess, catalog: Catalog, rights: UserRights) -> list[Places]:
    """Return where something is possible, projects with the same abilities together, most first."""
    tied = {name for part in access.projects.values() for name in part.actions}
    works = any(name != MCP and name not in tied for name in access.capabilities)
    groups: dict[tuple[str, ...], list[str]] = {}
    for slug, part in sorted(access.projects.items()):
        if part.actions or works:
            where = f"{rights.project_names.get(slug, slug)} ({part.role})"
            groups.setdefault(part.actions, []).append(where)
    return [
        Places(_abilities(actions, catalog), tuple(names))
        for actions, names in sorted(groups.items(), key=lambda item: -len(item[0]))
    ]


def _abilities(names: Sequence[str], catalog: Catalog) -> tuple[str, ...]:
    return tuple(abilities(names, catalog)) or ("work",)


def servers_of(access: EffectiveAccess, rights: UserRights) -> list[str]:
    """Return the names of the MCP servers that can be used."""
    return [rights.server_names.get(i, i) for i in sorted(access.mcp_servers)]


def _in_full(group: Places) -> str:
    return f"{listed(group.abilities)} in {listed(group.projects)}"


def _in_short(group: Places) -> str:
    return f"{_few_things(group.abilities)} in {_few(group.projects, 'project')}"


def _by_number(group: Places) -> str:
    things = count_text(len(group.abilities), "thing")
    return f"do {things} in {_few(group.projects, 'project')}"


def _few(names: Sequence[str], noun: str = "") -> str:
    if len(names) <= FEW:
        return every(names)
    more = len(names) - 1
    return f"{names[0]} and {count_text(more, f'more {noun}') if noun else f'{more} more'}"


def _counted(places: Sequence[Places]) -> list[str]:
    things = {name for group in places for name in group.abilities}
    projects = sum(len(group.projects) for group in places)
    most = "up to " if len(places) > 1 else ""
    clause = f"do {most}{count_text(len(things), 'thing')} in {count_text(projects, 'project')}"
    return [clause] if places else []


def _number(servers: Sequence[str]) -> str:
    return count_text(len(servers), "MCP server") if servers else ""


def _using(servers: str) -> list[str]:
    return [f"use {servers}"] if servers else []


def _end(expires_at: datetime | None) -> str:
    return "until you stop it" if expires_at is None else until_text(expires_at)


@dataclass(frozen=True, slots=True)
class Heading:
    """An access in two lines of a list: what is possible, and where."""

    what: str
    where: str


def heading(access: EffectiveAccess, catalog: Catalog, rights: UserRights) -> Heading:
    """Return an access as a list shows it; the first text is empty when nothing is possible."""
    if not access.is_useful:
        return Heading("", "")
    places, servers = places_of(access, catalog, rights), servers_of(access, rights)
    things = list(dict.fromkeys(name for group in places for name in group.abilities))
    what = [_few_things(things)] if things else []
    what += [f"use {_number(servers)}"] if servers else []
    where = [name for group in places for name in group.projects] + servers
    shown = every(what)
    return Heading(shown[:1].upper() + shown[1:], first_of(where, LISTED))


def _few_things(things: Sequence[str]) -> str:
    first, *others = things
    return f"{first} and {len(others)} more" if others else first


def abilities(names: Sequence[str], catalog: Catalog) -> list[str]:
    """Return capabilities inside a sentence, the strongest first: what is counted only is weaker."""
    ordered = sorted(catalog.in_order(frozenset(names)), key=lambda name: _weakness(name, catalog))
    return [ability(name, catalog) for name in ordered]


def _weakness(name: str, catalog: Catalog) -> tuple[bool, int]:
    entry = catalog.capabilities[name]
    return not entry.sensitive, -catalog.rank(entry.least_role)


def ability(name: str, catalog: Catalog) -> str:
    """Return a capability inside a sentence, such as `edit flows`."""
    title = catalog.capabilities[name].title
    return title[:1].lower() + title[1:]


def change_text(changes: Mapping[str, Sequence[str]]) -> str:
    """Return a difference as a sentence: such as `Takes away editor in Pay; adds view apps`."""
    narrowed, widened = changes.get("narrowed", []), changes.get("widened", [])
    clauses = [f"takes away {listed(narrowed)}"] if narrowed else []
    clauses += [f"adds {listed(widened)}"] if widened else []
    return as_sentence("; ".join(clauses)) if clauses else NO_CHANGE


def nothing_useful(terms: Terms) -> str:
    """Return the sentence for Terms that give nothing: it says what to choose."""
    if not terms.capabilities:
        return "Choose what it may do."
    if terms.capabilities == {MCP}:
        return "Choose the MCP servers that it may use."
    if not terms.projects:
        return "Choose at least one project."
    return "Choose a higher role: what you ticked needs more than the roles you chose."


def notes(access: EffectiveAccess, terms: Terms, catalog: Catalog) -> list[str]:
    """Return what was ticked without effect.

    While nothing useful is selected the summary itself says what is missing.
    """
    if not access.is_useful:
        return []
    idle = catalog.in_order(terms.capabilities - set(access.capabilities))
    found = [
        f"“{catalog.capabilities[name].title}” is left out: it needs "
        f"{catalog.roles[least].title.lower()} in one of the projects you chose."
        for name in idle
        if (least := catalog.capabilities[name].least_role) is not None
    ]
    if MCP in terms.capabilities and not terms.mcp_servers:
        found.append("“Use MCP servers” has no effect until you tick a server.")
    if MCP not in terms.capabilities and terms.mcp_servers:
        found.append("The MCP servers have no effect without “Use MCP servers”.")
    return found


def counted(access: EffectiveAccess, catalog: Catalog) -> str:
    """Return the one-line summary of a list, such as `3 projects, editor at most · flows:edit`."""
    parts = []
    if access.projects:
        most = max((p.role for p in access.projects.values()), key=catalog.rank)
        parts.append(f"{count_text(len(access.projects), 'project')}, {most} at most")
    if access.mcp_servers:
        parts.append(count_text(len(access.mcp_servers), "MCP server"))
    parts += [name for name in access.capabilities if name != MCP]
    return " · ".join(parts) or NO_EFFECT
