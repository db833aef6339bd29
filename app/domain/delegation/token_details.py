"""What a client wants of its access in one token (RFC 9396 section 6): never more than was given."""

from collections.abc import Mapping
from datetime import datetime
from typing import NoReturn

from app.domain.authorization_details import (
    PARAMETER,
    AuthorizationDetails,
    ProjectDetail,
    ServerDetail,
)
from app.domain.catalog import MCP, Catalog
from app.domain.delegation.access import Terms, actions_of
from app.domain.errors import AuthorizationDetailsRejected


def narrowed(
    asked: AuthorizationDetails,
    terms: Terms,
    urls: Mapping[str, str],
    *,
    catalog: Catalog,
    at: datetime,
) -> AuthorizationDetails:
    """Return the details to narrow a token to, with each MCP server by its identifier.

    `terms` are what was given, `urls` where its MCP servers lie. Raises AuthorizationDetailsRejected for
    more than that, in the same words whether or not there is such a project or server.
    """
    for project in asked.projects:
        _check_project(project, terms, catalog, at)
    if asked.servers and MCP not in terms.capabilities:
        _refuse("an mcp_server")
    servers = {
        identifier: None
        for server in asked.servers
        for identifier in _given(server, terms, urls, at)
    }
    return AuthorizationDetails(asked.projects, tuple(ServerDetail(one) for one in servers))


def _check_project(asked: ProjectDetail, terms: Terms, catalog: Catalog, at: datetime) -> None:
    term = terms.projects.get(asked.identifier)
    role = None if term is None else term.at(at)
    if role is None or role not in catalog.roles:
        _refuse(f"the project {asked.identifier}")
    if asked.role is not None and catalog.rank(asked.role) > catalog.rank(role):
        _refuse(f"the role {asked.role} in {asked.identifier}")
    possible = actions_of(role, catalog.in_order(terms.capabilities), catalog)
    if excess := (asked.actions or frozenset()) - set(possible):
        _refuse(f"the action {min(excess)} in {asked.identifier}")


def _given(
    asked: ServerDetail, terms: Terms, urls: Mapping[str, str], at: datetime
) -> tuple[str, ...]:
    """Return the given servers that are meant; each location must be that of one."""
    given = tuple(
        identifier
        for identifier, until in terms.mcp_servers.items()
        if (until is None or at < until) and asked.is_of(identifier, urls[identifier])
    )
    places = {location: ServerDetail(None, (location,)) for location in asked.locations}
    for location, place in places.items():
        if not any(place.is_of(identifier, urls[identifier]) for identifier in given):
            _refuse(f"the MCP server at {location[:200]}")
    if not given:
        _refuse(f"the MCP server {asked.identifier}")
    return given


def _refuse(what: str) -> NoReturn:
    raise AuthorizationDetailsRejected(f"{PARAMETER}: {what} was not given, or not any more.")
