"""The catalog: the capabilities and roles of a deployment, read from TOML text."""

import re
import tomllib
from dataclasses import dataclass, field
from typing import Any, NoReturn

from app.domain.errors import Misconfigured
from app.domain.management import AdminScope

SCOPE_TOKEN = re.compile(r"[\x21\x23-\x5b\x5d-\x7e]+")
HEADER = re.compile(r"\s*\[\[\s*(\w+)\s*\]\]")
KEY = re.compile(r"\s*(\w+)\s*=")
SENSITIVITIES = ("normal", "sensitive")
MCP = "mcp"
MAX_NAME = 80
ADMIN_SCOPES = frozenset(scope.value for scope in AdminScope)
TABLES = ("roles", "capabilities", "templates")
MORE_KEYS = {
    "capabilities": ("sensitivity", "least_role"),
    "templates": ("capabilities", "role", "example"),
}


@dataclass(frozen=True, slots=True)
class Role:
    """A level in a project; `rank` 0 is the least."""

    name: str
    title: str
    description: str
    rank: int


@dataclass(frozen=True, slots=True)
class Capability:
    """One kind of operation; `least_role` is what makes it effective in a project, or None."""

    name: str
    title: str
    description: str
    sensitive: bool
    least_role: str | None


@dataclass(frozen=True, slots=True)
class KeyTemplate:
    """What an API key for one purpose usually may do: capabilities, a role in the chosen projects.

    `example` is a first call with it; `{key}`, `{audience}`, `{project}` and `{mcp_url}` stand for what
    the key's page knows.
    """

    name: str
    title: str
    description: str
    capabilities: frozenset[str]
    role: str
    example: str

    def example_for(self, **known: str) -> str:
        """Return the example with what is known in place of the names in braces."""
        text = self.example.strip()
        for name, value in known.items():
            text = text.replace(f"{{{name}}}", value)
        return text


@dataclass(frozen=True, slots=True)
class Catalog:
    """Roles from least to most, capabilities and templates of keys in the order of the pages."""

    roles: dict[str, Role]
    capabilities: dict[str, Capability]
    templates: dict[str, KeyTemplate] = field(default_factory=dict)

    def rank(self, role: str | None) -> int:
        """Return the rank of a role; an unknown role or None ranks below all (-1)."""
        return self.roles[role].rank if role in self.roles else -1

    def lesser(self, one: str, other: str) -> str:
        """Return the lower of two roles."""
        return one if self.rank(one) <= self.rank(other) else other

    def in_order(self, names: frozenset[str]) -> tuple[str, ...]:
        """Return the known capabilities among `names`, in the catalog's order."""
        return tuple(name for name in self.capabilities if name in names)


class _Source:
    """A catalog's text, which knows where each entry and key stands."""

    def __init__(self, text: str) -> None:
        self.lines: dict[tuple[str, int, str], int] = {}
        counts: dict[str, int] = {}
        table = ("", -1)
        for number, line in enumerate(text.splitlines(), start=1):
            if header := HEADER.match(line):
                name = header[1]
                table = (name, counts.get(name, -1) + 1)
                counts[name] = table[1]
                self.lines[(*table, "")] = number
            elif key := KEY.match(line):
                self.lines.setdefault((*table, key[1]), number)

    def refuse(self, table: str, index: int, key: str, why: str) -> NoReturn:
        line = self.lines.get((table, index, key)) or self.lines.get((table, index, ""), 1)
        raise Misconfigured(f"The catalog is broken: line {line}: {why}")


def parse(text: str) -> Catalog:
    """Read a catalog; raise Misconfigured naming the line that is wrong."""
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise Misconfigured(f"The catalog is broken: {error}") from None
    source = _Source(text)
    for table in data:
        if table not in TABLES:
            source.refuse("", -1, table, f"{table!r} is unknown; there are {', '.join(TABLES)}")
    roles = _roles(_entries(data, "roles", source))
    capabilities = _capabilities(_entries(data, "capabilities", source), roles, source)
    templates = _entries(data, "templates", source) if "templates" in data else []
    return Catalog(roles, capabilities, _templates(templates, roles, capabilities, source))


def _entries(data: dict[str, Any], table: str, source: _Source) -> list[dict[str, Any]]:
    entries = data.get(table)
    if not isinstance(entries, list) or not entries:
        source.refuse("", -1, table, f"there must be at least one [[{table}]]")
    allowed = {"name", "title", "description", *MORE_KEYS.get(table, ())}
    seen: set[str] = set()
    for index, entry in enumerate(entries):
        if not isinstance(entry, dict):
            source.refuse("", -1, table, f"{table} must be written as [[{table}]]")
        _check_entry(entry, table, index, allowed, source)
        if entry["name"] in seen:
            source.refuse(table, index, "name", f"{entry['name']!r} stands twice")
        seen.add(entry["name"])
    return entries


def _check_entry(
    entry: dict[str, Any], table: str, index: int, allowed: set[str], source: _Source
) -> None:
    for key, value in entry.items():
        if key not in allowed:
            source.refuse(table, index, key, f"{key!r} is not a key of {table}")
        if not isinstance(value, str) or not value.strip():
            source.refuse(table, index, key, f"{key!r} must be text")
    for key in ("name", "title", "description"):
        if key not in entry:
            source.refuse(table, index, "", f"{key!r} is missing")
    if len(entry["name"]) > MAX_NAME:
        source.refuse(table, index, "name", f"a name has at most {MAX_NAME} characters")
    if not SCOPE_TOKEN.fullmatch(entry["name"]):
        source.refuse(table, index, "name", f"{entry['name']!r} cannot be a scope on the wire")


def _roles(entries: list[dict[str, Any]]) -> dict[str, Role]:
    return {e["name"]: Role(rank=rank, **e) for rank, e in enumerate(entries)}


def _capabilities(
    entries: list[dict[str, Any]], roles: dict[str, Role], source: _Source
) -> dict[str, Capability]:
    found = {}
    for index, entry in enumerate(entries):
        sensitivity = entry.get("sensitivity", "normal")
        if sensitivity not in SENSITIVITIES:
            source.refuse(
                "capabilities",
                index,
                "sensitivity",
                f"{sensitivity!r} is not one of {SENSITIVITIES}",
            )
        if entry["name"] in ADMIN_SCOPES:
            why = f"{entry['name']!r} is a scope of administration, which nobody can delegate"
            source.refuse("capabilities", index, "name", why)
        least_role = entry.get("least_role")
        if least_role is not None and least_role not in roles:
            source.refuse(
                "capabilities", index, "least_role", f"{least_role!r} is not a role of this catalog"
            )
        found[entry["name"]] = Capability(
            name=entry["name"],
            title=entry["title"],
            description=entry["description"],
            sensitive=sensitivity == "sensitive",
            least_role=least_role,
        )
    return found


def _templates(
    entries: list[dict[str, Any]],
    roles: dict[str, Role],
    capabilities: dict[str, Capability],
    source: _Source,
) -> dict[str, KeyTemplate]:
    found = {}
    for index, entry in enumerate(entries):
        names = frozenset(entry.get("capabilities", "").split())
        if not names or names - set(capabilities):
            why = "'capabilities' must be names of this catalog, with spaces between"
            source.refuse("templates", index, "capabilities", why)
        if entry.get("role", "") not in roles:
            source.refuse("templates", index, "role", "'role' must be a role of this catalog")
        found[entry["name"]] = KeyTemplate(
            name=entry["name"],
            title=entry["title"],
            description=entry["description"],
            capabilities=names,
            role=entry["role"],
            example=entry.get("example", ""),
        )
    return found
