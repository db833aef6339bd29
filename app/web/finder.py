"""Which rows of a long list stand on a page: the chosen, the asked for, the found, the recent."""

import unicodedata
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from flask import request

from app.domain.delegation.offer import ProjectOffer, ServerOffer

SHORT_LIST = 8  # all of it stands on the page
FOUND_MOST = 20
STANDING_MOST = 15
MAX_WORDS = 200

Row = TypeVar("Row", bound=ProjectOffer | ServerOffer)


@dataclass(frozen=True, slots=True)
class Listing(Generic[Row]):
    """The rows on the page, how many there are in all, and those that fit what was searched for.

    `fitting` counts the latter, None when nothing was searched for; `found` are the first of them.
    """

    rows: tuple[Row, ...]
    total: int
    fitting: int | None = None
    found: tuple[Row, ...] = ()

    @property
    def rest(self) -> int:
        """Return how many are not on the page."""
        return self.total - len(self.rows)


@dataclass(frozen=True, slots=True)
class Finder:
    """What is searched for among projects and among MCP servers; empty texts search for nothing."""

    projects: str = ""
    servers: str = ""

    def projects_of(
        self,
        items: Sequence[ProjectOffer],
        *,
        chosen: Collection[str],
        on_page: Collection[str],
        recent: Sequence[str],
    ) -> Listing[ProjectOffer]:
        """Return the projects on the page."""
        wanted = _Wanted(self.projects, chosen, on_page, recent)
        return _listing(items, wanted, lambda p: (p.slug, f"{p.name} {p.slug}"))

    def servers_of(
        self,
        items: Sequence[ServerOffer],
        *,
        chosen: Collection[str],
        on_page: Collection[str],
        recent: Sequence[str],
    ) -> Listing[ServerOffer]:
        """Return the MCP servers on the page."""
        wanted = _Wanted(self.servers, chosen, on_page, recent)
        return _listing(
            items, wanted, lambda s: (s.identifier, f"{s.name} {s.identifier} {s.project_name}")
        )


def finder() -> Finder:
    """Return what the running request searches for."""
    return Finder(
        *(request.values.get(n, "")[:MAX_WORDS] for n in ("find_projects", "find_servers"))
    )


@dataclass(frozen=True, slots=True)
class _Wanted:
    words: str
    chosen: Collection[str]
    on_page: Collection[str]
    recent: Sequence[str]


def _listing(
    items: Sequence[Row], wanted: _Wanted, named: Callable[[Row], tuple[str, str]]
) -> Listing[Row]:
    words = _folded(wanted.words).split()
    fitting = [
        key for key, text in map(named, items) if words and all(w in _folded(text) for w in words)
    ]
    rows = {named(item)[0]: item for item in items}
    found = (len(fitting) if words else None, tuple(rows[key] for key in fitting[:FOUND_MOST]))
    if len(items) <= SHORT_LIST:
        asked_first = sorted(items, key=lambda item: not item.requested)
        return Listing(tuple(asked_first), len(items), *found)
    first = [
        *(key for key, item in rows.items() if item.requested),
        *_chosen(rows, wanted),
        *fitting[:FOUND_MOST],
    ]
    rest = [*(key for key in wanted.recent if key in rows), *rows]
    keys = list(dict.fromkeys(first))
    fill = [key for key in dict.fromkeys(rest) if key not in set(keys)]
    keys += fill[: max(0, SHORT_LIST - len(keys))]
    return Listing(tuple(rows[key] for key in keys), len(items), *found)


def _chosen(rows: dict[str, Row], wanted: _Wanted) -> list[str]:
    """Return what is chosen or was on the page; of what stands already, a part is enough."""
    standing = [key for key, item in rows.items() if item.selected]
    touched = [
        key
        for key, item in rows.items()
        if (key in wanted.chosen and not item.selected) or key in wanted.on_page
    ]
    return [*standing[:STANDING_MOST], *touched]


def _folded(text: str) -> str:
    """Return a text without accents and capitals."""
    plain = unicodedata.normalize("NFD", text)
    return "".join(letter for letter in plain if not unicodedata.combining(letter)).casefold()
