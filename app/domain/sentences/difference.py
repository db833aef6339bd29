"""The difference between two Terms in words, for pages and audit events."""

from datetime import UTC, datetime

from app.domain.catalog import Catalog
from app.domain.delegation.access import RoleTerm, Terms
from app.domain.sentences.instants import instant_text, until_text

LONG_AGO = datetime(1, 1, 1, tzinfo=UTC)


def difference(before: Terms, after: Terms, catalog: Catalog) -> dict[str, list[str]]:
    """Return what the second gives more (`widened`) and less (`narrowed`) than the first.

    An element whose role or end changed is on both sides if it gives more at one time and less at
    another.
    """
    return {
        "widened": [*_gains(before, after, catalog), *_added_time(before, after)],
        "narrowed": [*_gains(after, before, catalog), *_lost_time(before, after)],
    }


def _gains(before: Terms, after: Terms, catalog: Catalog) -> list[str]:
    gains = list(catalog.in_order(after.capabilities - before.capabilities))
    for slug, term in sorted(after.projects.items()):
        if _gives_more(before.projects.get(slug), term, catalog):
            gains.append(f"{term.role} on {slug}{_until(term.until, term.then)}")
    for identifier, until in sorted(after.mcp_servers.items()):
        if _lasts_longer(before, identifier, until):
            gains.append(f"MCP server {identifier}{_until(until)}")
    return gains


def _gives_more(old: RoleTerm | None, new: RoleTerm, catalog: Catalog) -> bool:
    if old is None:
        return True
    changes = [LONG_AGO, *(term.until for term in (old, new) if term.until is not None)]
    return any(catalog.rank(new.at(when)) > catalog.rank(old.at(when)) for when in changes)


def _lasts_longer(before: Terms, identifier: str, until: datetime | None) -> bool:
    if identifier not in before.mcp_servers:
        return True
    return _ends_later(before.mcp_servers[identifier], until)


def _until(until: datetime | None, then: str | None = None) -> str:
    return "" if until is None else f" {until_text(until, then)}"


def _added_time(before: Terms, after: Terms) -> list[str]:
    if not _ends_later(before.expires_at, after.expires_at):
        return []
    end = after.expires_at
    return ["time without end" if end is None else f"time{_until(end)}"]


def _lost_time(before: Terms, after: Terms) -> list[str]:
    if not _ends_later(after.expires_at, before.expires_at) or after.expires_at is None:
        return []
    return [f"time after {instant_text(after.expires_at)}"]


def _ends_later(one: datetime | None, other: datetime | None) -> bool:
    """Say whether the other end is later than the one; None is never."""
    return one is not None and (other is None or other > one)
