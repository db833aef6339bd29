"""When each element of an Authorization was used last, for its row in the editor."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from app.services.introspection.activity import ActivityCount


@dataclass(frozen=True, slots=True)
class LastUses:
    """The last calls that were let through, by capability, project slug and MCP server."""

    capabilities: Mapping[str, datetime]
    projects: Mapping[str, datetime]
    mcp_servers: Mapping[str, datetime]


def last_uses_of(uses: Iterable[ActivityCount]) -> LastUses:
    """Return when each element was used last; refused calls used nothing."""
    good = [use for use in uses if not use.refused]
    return LastUses(
        _latest((use.capability, use.last_at) for use in good),
        _latest((use.project, use.last_at) for use in good),
        _latest((use.mcp_server, use.last_at) for use in good),
    )


def _latest(uses: Iterable[tuple[str, datetime]]) -> dict[str, datetime]:
    found: dict[str, datetime] = {}
    for name, at in uses:
        if name:
            found[name] = max(at, found.get(name, at))
    return found
