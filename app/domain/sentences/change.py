"""A difference between two Terms in the words of pages: titles and names instead of codes.

Audit events keep the codes, so that a title may change; pages read them through this.
"""

import re
from collections.abc import Mapping, Sequence

from app.domain.catalog import Catalog
from app.domain.delegation.limits import UserRights

ROLE = re.compile(r"(?P<role>\S+) on (?P<slug>\S+)(?P<end>.*)")
SERVER = re.compile(r"MCP server (?P<identifier>\S+)(?P<end>.*)")


def in_words(
    changes: Mapping[str, Sequence[str]], catalog: Catalog, rights: UserRights
) -> dict[str, list[str]]:
    """Return the two sides of a difference with titles of capabilities, names of projects and servers.

    What is not known any more keeps its code.
    """
    return {
        side: [_word(item, catalog, rights) for item in items] for side, items in changes.items()
    }


def _word(item: str, catalog: Catalog, rights: UserRights) -> str:
    if item in catalog.capabilities:
        return f"“{catalog.capabilities[item].title}”"
    if (found := SERVER.fullmatch(item)) is not None:
        name = rights.server_names.get(found["identifier"], found["identifier"])
        return f"the MCP server {name}{found['end']}"
    if (found := ROLE.fullmatch(item)) is not None:
        project = rights.project_names.get(found["slug"], found["slug"])
        return f"{found['role']} in {project}{found['end']}"
    return item
