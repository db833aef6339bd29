"""Tools that are known by a metadata document, and what fetches it."""

from __future__ import annotations

from app.runtime.current import FETCHER
from app.services.clients.json_fetch import Fetched, Fetcher
from tests.drivers.sites import authority
from tests.drivers.tool import Tool
from tests.drivers.world import Registered, World

SECONDS = 0.6
REDIRECT = "http://localhost:43117/callback"


class Resolver:
    """A resolver that knows what it is told, and counts."""

    def __init__(self, *answers: list[str]) -> None:
        self.answers = list(answers)
        self.asked: list[str] = []

    def __call__(self, host: str, port: int) -> list[str]:
        self.asked.append(host)
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


def fetcher(*answers: list[str], loopback: bool = True, seconds: float = SECONDS) -> Fetcher:
    resolver = Resolver(*(answers or (["127.0.0.1"],)))
    return Fetcher(loopback=loopback, seconds=seconds, resolver=resolver, trust=authority().trust)


def got(fetch: Fetcher, url: str) -> Fetched:
    return fetch.fetch(url, fetch.deadline())


def person(world: World, url: str, *, fetch: Fetcher | None = None, name: str = "ben") -> Tool:
    """Return a signed-in person's browser with the tool of a document."""
    world.app.extensions[FETCHER] = fetch or fetcher()
    return Tool(world, Registered(url, None, "none", REDIRECT)).sign_in(name)
