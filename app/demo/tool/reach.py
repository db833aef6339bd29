"""What a token can do: as it was issued, and as the resource server says now; and how the two differ.

The tool may not introspect tokens, so what holds now is what the resource server tells any caller about
itself: the API at its root, an MCP server by its tool `what_may_i_do`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

NEW, CHANGED, GONE = "new", "changed", "not any more"


@dataclass(frozen=True, slots=True)
class Part:
    """A capability, a project by slug or an MCP server by URL; the last two with a role."""

    key: str
    role: str = ""
    actions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Reach:
    """All that a token can do, each kind in the order of its keys."""

    capabilities: tuple[Part, ...] = ()
    projects: tuple[Part, ...] = ()
    servers: tuple[Part, ...] = ()


@dataclass(frozen=True, slots=True)
class Now:
    """What holds now; `reach` None: nobody said. A token that is not good any more is not `alive`."""

    reach: Reach | None = None
    alive: bool = True
    sentence: str = ""


UNKNOWN = Now(sentence="Not known: nobody answered just now.")
ENDED = Now(sentence="Not known: the token ended by its own time. Press Call again.")
SHUT = Now(Reach(), alive=False, sentence="Nothing: the token is not good there any more.")


def of_token(token: Mapping[str, Any]) -> Reach:
    """Return what the token response said (RFC 9396 section 7)."""
    details = token.get("authorization_details", ())
    return Reach(
        _capabilities(str(token.get("scope", "")).split()),
        _sorted(
            Part(d["identifier"], d["privileges"][0], tuple(d["actions"]))
            for d in details
            if d.get("type") == "project"
        ),
        _sorted(
            Part(url, d["privileges"][0])
            for d in details
            if d.get("type") == "mcp_server"
            for url in d["locations"]
        ),
    )


def of_api(said: Mapping[str, Any]) -> Reach:
    """Return what the example API says of a caller."""
    return _of(said["scope"], said["projects"], "slug", said["mcp_servers"])


def of_mcp_server(said: Mapping[str, Any]) -> Reach:
    """Return what an example MCP server says of a caller."""
    return _of(said["capabilities"], said["projects"], "project", said["mcp_servers"])


def _of(names: Iterable[str], projects: Any, key: str, servers: Any) -> Reach:
    return Reach(
        _capabilities(names),
        _sorted(Part(p[key], p["role"], tuple(p["actions"])) for p in projects),
        _sorted(Part(s["url"], s["role"]) for s in servers),
    )


def _capabilities(names: Iterable[str]) -> tuple[Part, ...]:
    return _sorted(Part(name) for name in names)


def _sorted(parts: Iterable[Part]) -> tuple[Part, ...]:
    return tuple(sorted(parts, key=lambda part: part.key))


@dataclass(frozen=True, slots=True)
class Shown:
    """A part with the word that marks a difference, or an empty one."""

    part: Part
    word: str = ""

    @property
    def is_gone(self) -> bool:
        """Say whether the part does not hold any more."""
        return self.word == GONE


@dataclass(frozen=True, slots=True)
class ShownReach:
    """A reach with its differences to another one."""

    capabilities: tuple[Shown, ...]
    projects: tuple[Shown, ...]
    servers: tuple[Shown, ...]


def shown_then(then: Reach, now: Reach | None) -> ShownReach:
    """Return what was issued, with a mark where it does not hold any more."""
    held = then if now is None else now
    return ShownReach(
        _gone(then.capabilities, held.capabilities),
        _gone(then.projects, held.projects),
        _gone(then.servers, held.servers),
    )


def shown_now(now: Reach, then: Reach) -> ShownReach:
    """Return what holds now, with a mark where it was issued otherwise or not at all."""
    return ShownReach(
        _new(now.capabilities, then.capabilities),
        _new(now.projects, then.projects),
        _new(now.servers, then.servers),
    )


def _gone(parts: Iterable[Part], now: Iterable[Part]) -> tuple[Shown, ...]:
    held = {part.key for part in now}
    return tuple(Shown(part, "" if part.key in held else GONE) for part in parts)


def _new(parts: Iterable[Part], then: Iterable[Part]) -> tuple[Shown, ...]:
    before = {part.key: part for part in then}
    return tuple(
        Shown(part, NEW if part.key not in before else "" if part == before[part.key] else CHANGED)
        for part in parts
    )
