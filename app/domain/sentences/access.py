"""What an access amounts to, in sentences: for the consent page, settings and the command line."""

from collections.abc import Mapping
from datetime import datetime

from app.domain.catalog import MCP, Catalog
from app.domain.delegation.access import EffectiveAccess, Terms
from app.domain.delegation.offer import UserRights
from app.domain.sentences.instants import instant_text
from app.domain.sentences.lists import as_sentence, count_text, listed

NO_CHANGE = "Changes nothing."
NO_EFFECT = "no effect"


def summary(
    tool: str, access: EffectiveAccess, catalog: Catalog, rights: UserRights, terms: Terms
) -> str:
    """Return one short text that says what the tool will be able to do."""
    if not access.is_useful:
        return nothing_useful(terms)
    clauses = _clauses(access, catalog, rights)
    sentences = [f"{tool} may {'; '.join(clauses)}."] if clauses else []
    servers = [rights.server_names.get(i, i) for i in sorted(access.mcp_servers)]
    if servers:
        noun = "MCP server" if len(servers) == 1 else "MCP servers"
        sentences.append(f"{'It' if sentences else tool} may use the {noun} {listed(servers)}.")
    return " ".join([*sentences, _end(terms.expires_at)])


def _clauses(access: EffectiveAccess, catalog: Catalog, rights: UserRights) -> list[str]:
    """Return what is possible everywhere, then by project; projects with the same abilities together."""
    tied = {name for part in access.projects.values() for name in part.actions}
    general = [n for n in access.capabilities if n != MCP and n not in tied]
    clauses = [listed([ability(name, catalog) for name in general])] if general else []
    places: dict[tuple[str, ...], list[str]] = {}
    for slug, part in sorted(access.projects.items()):
        places.setdefault(part.actions, []).append(
            f"{rights.project_names.get(slug, slug)} ({part.role})"
        )
    for actions, names in sorted(places.items(), key=lambda item: -len(item[0])):
        abilities = listed([ability(name, catalog) for name in actions]) or "act"
        clauses.append(f"{abilities} in {listed(names)}")
    return clauses


def ability(name: str, catalog: Catalog) -> str:
    """Return a capability inside a sentence, such as `edit flows`."""
    title = catalog.capabilities[name].title
    return title[:1].lower() + title[1:]


def _end(expires_at: datetime | None) -> str:
    if expires_at is None:
        return "It ends when you revoke it."
    return f"It ends on {instant_text(expires_at)}."


def change_text(changes: Mapping[str, list[str]]) -> str:
    """Return a difference as a sentence: such as `Takes away editor on pay; adds flows:edit`."""
    narrowed, widened = changes.get("narrowed", []), changes.get("widened", [])
    clauses = [f"takes away {listed(narrowed)}"] if narrowed else []
    clauses += [f"adds {listed(widened)}"] if widened else []
    return as_sentence("; ".join(clauses)) if clauses else NO_CHANGE


def nothing_useful(terms: Terms) -> str:
    """Return the sentence for Terms that give nothing: it says what is missing."""
    return f"Nothing useful is selected yet: {_missing(terms)}"


def _missing(terms: Terms) -> str:
    if not terms.capabilities:
        return "choose at least one capability."
    if terms.capabilities == {MCP}:
        return "choose the MCP servers that it may use."
    if not terms.projects:
        return "choose a project and a role in it, or an MCP server."
    return "the roles you chose are not enough for the capabilities you chose."


def notes(access: EffectiveAccess, terms: Terms, catalog: Catalog) -> list[str]:
    """Return what was ticked without effect.

    While nothing useful is selected the summary itself says what is missing.
    """
    if not access.is_useful:
        return []
    found = [
        f"“{catalog.capabilities[name].title}” has no effect: it needs "
        f"{catalog.roles[least].title.lower()} in one of the projects you chose."
        for name in catalog.in_order(terms.capabilities - set(access.capabilities))
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
