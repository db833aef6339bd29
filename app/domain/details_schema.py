"""JSON Schemas of the types of `authorization_details`, made of the catalog (RFC 9396 section 2)."""

from typing import Any

from app.domain.authorization_details import PROJECT, actions_of_projects
from app.domain.catalog import Capability, Catalog, Role
from app.domain.json_values import MAX_ITEMS
from app.domain.names import SLUG
from app.domain.resources import MAX_LENGTH

DIALECT = "https://json-schema.org/draft/2020-12/schema"
IDENTIFIER = {"type": "string", "pattern": f"^{SLUG.pattern}$"}


def schema_of(kind: str, catalog: Catalog, *, address: str) -> dict[str, Any]:
    """Return the schema of a type of `types_of`; `address` is where it is published."""
    of_type = _project(catalog) if kind == PROJECT else _server()
    properties = {"type": {"const": kind}, **of_type.pop("properties")}
    return {
        "$schema": DIALECT,
        "$id": address,
        "type": "object",
        **of_type,
        "properties": properties,
        "additionalProperties": False,
    }


def _project(catalog: Catalog) -> dict[str, Any]:
    roles = [_choice(role) for role in catalog.roles.values()]
    actions = [_choice(catalog.capabilities[name]) for name in actions_of_projects(catalog)]
    return {
        "title": "A project",
        "description": "privileges holds the role that is wanted at most, actions the capabilities.",
        "required": ["type", "identifier"],
        "properties": {
            "identifier": IDENTIFIER,
            "privileges": _list({"oneOf": roles}, at_most=1),
            "actions": _list({"oneOf": actions}, at_most=MAX_ITEMS),
        },
    }


def _server() -> dict[str, Any]:
    location = {"type": "string", "format": "uri", "maxLength": MAX_LENGTH}
    return {
        "title": "An MCP server",
        "description": "It is named by its identifier, by its URL, or by both.",
        "required": ["type"],
        "anyOf": [{"required": ["identifier"]}, {"required": ["locations"]}],
        "properties": {
            "identifier": IDENTIFIER,
            "locations": _list(location, at_most=MAX_ITEMS),
        },
    }


def _choice(entry: Role | Capability) -> dict[str, str]:
    return {"const": entry.name, "title": entry.title, "description": entry.description}


def _list(items: dict[str, Any], *, at_most: int) -> dict[str, Any]:
    return {
        "type": "array",
        "items": items,
        "minItems": 1,
        "maxItems": at_most,
        "uniqueItems": True,
    }
