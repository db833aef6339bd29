"""How `authorization_details` are written (RFC 9396 section 2), and what is refused of them (section 5).

What is unknown, of the wrong type or at odds with itself is refused, and the refusal names the fault.
Whether a project or server exists is not asked here, so that no refusal tells it.
"""

from collections.abc import Collection, Mapping
from typing import Any, NoReturn

from app.domain.authorization_details import (
    MCP_SERVER,
    PARAMETER,
    PROJECT,
    AuthorizationDetails,
    ProjectDetail,
    ServerDetail,
    actions_of_projects,
    types_of,
)
from app.domain.catalog import MCP, Catalog
from app.domain.errors import AuthorizationDetailsRejected, MetadataRefused
from app.domain.json_values import MAX_ITEMS, parsed
from app.domain.names import SLUG
from app.domain.resources import is_resource_uri

MEMBERS = {
    PROJECT: ("type", "identifier", "privileges", "actions"),
    MCP_SERVER: ("type", "identifier", "locations"),
}
MAX_LENGTH = 6_000
MAX_SHOWN = 40


def read_details(
    text: str, catalog: Catalog, *, allowed: Collection[str] | None = None
) -> AuthorizationDetails:
    """Return the details of a request; `allowed` are the types that its client is registered for.

    Raises AuthorizationDetailsRejected for all that RFC 9396 section 5 has refused.
    """
    projects: list[ProjectDetail] = []
    servers: list[ServerDetail] = []
    for index, item in enumerate(_array(text)):
        where = f"[{index}]"
        if _type_of(item, where, catalog, allowed) == PROJECT:
            projects.append(_project(item, where, catalog))
            if projects[-1].identifier in {other.identifier for other in projects[:-1]}:
                _refuse(where, "this project stands twice")
        else:
            servers.append(_server(item, where))
            if any(servers[-1].keys & other.keys for other in servers[:-1]):
                _refuse(where, "this MCP server stands twice")
    return AuthorizationDetails(tuple(projects), tuple(servers))


def _array(text: str) -> list[Any]:
    if len(text) > MAX_LENGTH:
        _refuse("", f"it has more than {MAX_LENGTH} characters")
    try:
        value = parsed(text.encode(errors="surrogatepass"))
    except MetadataRefused as refusal:
        raise AuthorizationDetailsRejected(f"{PARAMETER}: {_plain(refusal.public)}") from None
    if not isinstance(value, list) or not 0 < len(value) <= MAX_ITEMS:
        _refuse("", f"it must be a JSON array of 1 to {MAX_ITEMS} objects")
    return value


def check_scope(details: AuthorizationDetails, scope: frozenset[str]) -> None:
    """Raise AuthorizationDetailsRejected for details that the scope of the same request leaves out."""
    for project in details.projects:
        if missing := (project.actions or frozenset()) - scope:
            raise AuthorizationDetailsRejected(
                f"{PARAMETER}: the action {_shown(min(missing))} is not in the scope."
            )
    if details.servers and MCP not in scope:
        raise AuthorizationDetailsRejected(
            f"{PARAMETER}: an {MCP_SERVER} needs {MCP} in the scope."
        )


def _type_of(item: object, where: str, catalog: Catalog, allowed: Collection[str] | None) -> str:
    if not isinstance(item, dict):
        _refuse(where, "it must be an object")
    kind = item.get("type")
    known = types_of(catalog)
    if not isinstance(kind, str) or kind not in known:
        _refuse(where, f"type must be one of {', '.join(known)}")
    if allowed is not None and kind not in allowed:
        _refuse(where, f"this client is not registered for the type {kind}")
    for name in item:
        if name not in MEMBERS[kind]:
            _refuse(where, f"the member {_shown(name)} is unknown; {kind} has {_listed(kind)}")
    return kind


def _project(item: Mapping[str, Any], where: str, catalog: Catalog) -> ProjectDetail:
    if "identifier" not in item:
        _refuse(where, "identifier is missing")
    privileges = _texts(item, "privileges", where)
    if privileges is not None and (len(privileges) > 1 or privileges[0] not in catalog.roles):
        _refuse(where, f"privileges must hold one of the roles {', '.join(catalog.roles)}")
    role = privileges[0] if privileges else None
    actions = _texts(item, "actions", where)
    for name in actions or ():
        if name not in actions_of_projects(catalog):
            _refuse(where, f"{_shown(name)} is no action of a project")
        least = catalog.capabilities[name].least_role
        if role is not None and catalog.rank(role) < catalog.rank(least):
            _refuse(where, f"the action {name} needs the role {least}, and {role} is asked for")
    return ProjectDetail(
        _identifier(item, where), role, None if actions is None else frozenset(actions)
    )


def _server(item: Mapping[str, Any], where: str) -> ServerDetail:
    locations = _texts(item, "locations", where)
    for location in locations or ():
        if not is_resource_uri(location):
            _refuse(where, f"the location {_shown(location)} is no absolute http(s) URI")
    if "identifier" not in item and locations is None:
        _refuse(where, "identifier or locations is missing")
    identifier = _identifier(item, where) if "identifier" in item else None
    return ServerDetail(identifier, locations or ())


def _identifier(item: Mapping[str, Any], where: str) -> str:
    found = item["identifier"]
    if not isinstance(found, str) or not SLUG.fullmatch(found):
        _refuse(where, "identifier must be 1 to 80 of a-z, 0-9, dot, dash and underscore")
    return found


def _texts(item: Mapping[str, Any], name: str, where: str) -> tuple[str, ...] | None:
    if name not in item:
        return None
    found = item[name]
    if not isinstance(found, list) or not 0 < len(found) <= MAX_ITEMS:
        _refuse(where, f"{name} must be an array of 1 to {MAX_ITEMS} strings")
    if not all(isinstance(text, str) for text in found) or len(set(found)) < len(found):
        _refuse(where, f"{name} must hold strings, each once")
    return tuple(found)


def _listed(kind: str) -> str:
    return ", ".join(MEMBERS[kind])


def _shown(text: str) -> str:
    return _plain(text[:MAX_SHOWN])


def _plain(text: str) -> str:
    """Return a text in the characters of an error_description (RFC 6749 section 5.2)."""
    return "".join(c if " " <= c <= "~" and c not in '"\\' else "?" for c in text)


def _refuse(where: str, fault: str) -> NoReturn:
    raise AuthorizationDetailsRejected(f"{PARAMETER}{where}: {fault}.")
