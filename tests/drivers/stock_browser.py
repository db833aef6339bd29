"""A person's browser and a resource server, for clients that are not ours, at a real address."""

from __future__ import annotations

from typing import Any

import requests

from tests.drivers.deployment import Live
from tests.drivers.tool import CONTINUE, CSRF, USUAL
from tests.drivers.world import PASSWORD


def csrf_of(page: requests.Response) -> str:
    found = CSRF.search(page.text)
    assert found
    return found[1]


def answer_in_browser(live: Live, url: str, choice: dict[str, Any] = USUAL) -> str:
    """Sign in, approve a choice, and return where the browser is carried to."""
    browser = requests.Session()
    page = browser.get(url)
    assert "/login" in page.url

    def submit(address: str, **fields: object) -> requests.Response:
        return browser.post(address, data={"csrf_token": csrf_of(page), **fields})

    page = submit(page.url, username="ben@example.org", password=PASSWORD.format("ben"))
    assert " wants to " in page.text
    page = submit(page.url, decision="approve", **choice)
    target = CONTINUE.search(page.text)
    assert target, page.text
    return target[1].replace("&amp;", "&")


def introspect(live: Live, token: str) -> dict[str, Any]:
    secret = live.world.secrets["api"]
    return dict(
        requests.post(
            f"{live.issuer}/oauth/introspect", data={"token": token}, auth=("api", secret)
        ).json()
    )
