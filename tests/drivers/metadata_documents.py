"""Tools that are known by a metadata document, and what fetches it."""

from __future__ import annotations

import threading
import time

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


def wait_for_fetches() -> None:
    """Wait until no fetch runs any more in this process."""
    ends = time.monotonic() + 20
    while running := [thread for thread in threading.enumerate() if thread.name == "fetch"]:
        running[0].join(max(0.0, ends - time.monotonic()))
        assert time.monotonic() < ends, "a fetch does not end"


def person(world: World, url: str, *, fetch: Fetcher | None = None, name: str = "ben") -> Tool:
    """Return a signed-in person's browser with the tool of a document."""
    world.app.extensions[FETCHER] = fetch or fetcher()
    return Tool(world, Registered(url, None, "none", REDIRECT)).sign_in(name)


SPECIAL = [
    "127.0.0.1",
    "127.8.8.8",
    "0.0.0.0",
    "0.1.2.3",
    "10.0.0.1",
    "100.64.0.1",
    "169.254.169.254",
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.1",
    "192.0.0.9",
    "192.0.0.170",
    "192.0.2.1",
    "192.31.196.1",
    "192.52.193.1",
    "192.175.48.1",
    "192.88.99.1",
    "192.168.0.1",
    "198.18.0.1",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "239.1.1.1",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "::127.0.0.1",
    "64:ff9b::7f00:1",
    "64:ff9b:1::1",
    "2002:7f00:1::",
    "2001::1",
    "2001:db8::1",
    "fc00::1",
    "fd12::1",
    "fe80::1",
    "fec0::1",
    "ff02::1",
    "100::1",
    "3fff::1",
    "5f00::1",
    "4000::1",
    "2001:20::1",
    "2620:4f:8000::1",
    "fe80::1%eth0",
    "2606:4700::1%eth0",
    "not an address",
]

BAD_URLS = [
    "http://tool.example/c.json",
    "https://tool.example",
    "https://tool.example/",
    "https://tool.example/c#f",
    "https://tool.example/c#",
    "https://u@tool.example/c",
    "https://u:p@tool.example/c",
    "https://tool.example/./c",
    "https://tool.example/a/../c",
    "https://tool.example/%2e%2e/c",
    "https://tool.example/.%2E/c",
    "https://tool.example/a/..",
    "https:///c",
    "https://tool.example:x/c",
    "https://tool.example:99999/c",
    "https://tool.example/c d",
    "https://tool.example\\@evil.example/c",
    "https://tool.example/" + "c" * 200,
    "HTTPS://tool.example/c",
    "https://2130706433/c",
    "https://0x7f.0.0.1/c",
    "https://0177.0.0.1/c",
    "https://127.1/c",
    "https://[::1/c",
    "https://[2606:4700::1]x/c",
    "https://[fe80::1%25eth0]/c",
    "https://tool.example:/c",
    "https://tool.example:443:443/c",
    "https://tool..example%2f/c",
    "https:tool.example/c",
    "https://tool.exämple/c",
]
