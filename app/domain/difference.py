"""The difference between two Terms, for pages and audit events."""

from app.domain.access import Terms
from app.domain.catalog import Catalog


def difference(before: Terms, after: Terms, catalog: Catalog) -> dict[str, list[str]]:
    """Return what the second gives more (`widened`) and less (`narrowed`) than the first."""
    widened = [*_gains(before, after, catalog), *_later_end(before, after)]
    narrowed = [*_gains(after, before, catalog), *_later_end(after, before)]
    return {"widened": widened, "narrowed": narrowed}


def _gains(before: Terms, after: Terms, catalog: Catalog) -> list[str]:
    gains = list(catalog.in_order(after.capabilities - before.capabilities))
    for slug, term in sorted(after.projects.items()):
        old = before.projects.get(slug)
        if catalog.rank(term.role) > catalog.rank(old.role if old else None):
            gains.append(f"{term.role} on {slug}")
    servers = set(after.mcp_servers) - set(before.mcp_servers)
    return [*gains, *(f"MCP server {identifier}" for identifier in sorted(servers))]


def _later_end(before: Terms, after: Terms) -> list[str]:
    if before.expires_at is None or before.expires_at == after.expires_at:
        return []
    if after.expires_at is None:
        return ["no expiry"]
    return (
        [f"until {after.expires_at:%Y-%m-%d %H:%M} UTC"]
        if after.expires_at > before.expires_at
        else []
    )
