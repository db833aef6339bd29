"""A browser and a tool that speak HTTP only, and hold on to addresses and names of fields alone."""

from __future__ import annotations

import base64
import hashlib
import re
import secrets
from dataclasses import dataclass, field
from html import unescape
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.drivers.world import PASSWORD, Registered, World

CSRF = re.compile(r'name="csrf_token"[^>]*value="([^"]+)"')
CONTINUE = re.compile(r'data-continue[^>]*href="([^"]+)"')
USUAL: dict[str, Any] = {
    "capabilities": ["api", "flows:edit"],
    "project-payments": "editor",
    "expires_in": "3600",
}


def challenge_of(verifier: str) -> str:
    return (
        base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    )


def csrf_of(page: TestResponse) -> str:
    found = CSRF.search(page.text)
    assert found, page.text[:2000]
    return found[1]


def target_of(page: TestResponse) -> str:
    found = CONTINUE.search(page.text)
    assert found, page.text[:3000]
    return unescape(found[1])


def open_boxes(page: TestResponse) -> list[str]:
    """Return the capabilities that a consent page lets one tick."""
    boxes = re.findall(
        r'type="checkbox"[^>]*name="capabilities" value="([\w:]+)"([^>]*)', page.text
    )
    return [name for name, more in boxes if "disabled" not in more]


def answer_of(location: str) -> dict[str, str]:
    """Return the parameters of an authorization response; each must stand once."""
    lists = parse_qs(urlsplit(location).query, keep_blank_values=True)
    assert all(len(values) == 1 for values in lists.values()), location
    return {name: values[0] for name, values in lists.items()}


class Browser:
    """A browser with its own cookies."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.http: FlaskClient = world.app.test_client()

    def get(self, url: str, **more: Any) -> TestResponse:
        return self.http.get(url, **more)

    def follow(self, url: str) -> TestResponse:
        return self.http.get(url, follow_redirects=True)

    def submit(self, page: TestResponse, url: str, **fields: Any) -> TestResponse:
        return self.http.post(url, data={"csrf_token": csrf_of(page), **fields})

    def sign_in(self, name: str, password: str | None = None) -> TestResponse:
        page = self.get("/login")
        fields = {"username": name, "password": password or PASSWORD.format(name)}
        return self.submit(page, "/login", **fields)

    def cookies(self) -> dict[str, str]:
        """Return by what the browser is known, and who is signed in there."""
        found = (self.http.get_cookie(name) for name in ("mandate", "mandate_browser"))
        return {cookie.key: cookie.value for cookie in found if cookie is not None}


@dataclass
class Tool:
    """A client of the world with a browser that somebody may be signed in with."""

    world: World
    client: Registered
    browser: Browser = field(init=False)
    verifier: str = field(default_factory=lambda: secrets.token_urlsafe(48))
    signed_in: bool = False

    def __post_init__(self) -> None:
        self.browser = Browser(self.world)
        self.http = self.world.app.test_client(use_cookies=False)

    def sign_in(self, name: str = "ben") -> Tool:
        assert self.browser.sign_in(name).status_code == 303
        self.signed_in = True
        return self

    def request(self, **changes: Any) -> dict[str, Any]:
        """Return a good authorization request; a change of None leaves a parameter out."""
        good = {
            "response_type": "code",
            "client_id": self.client.client_id,
            "redirect_uri": self.client.redirect_uri,
            "scope": "api flows:edit",
            "state": "xyzzy",
            "code_challenge": challenge_of(self.verifier),
            "code_challenge_method": "S256",
        }
        return {name: v for name, v in {**good, **changes}.items() if v is not None}

    def authorize(self, **changes: Any) -> TestResponse:
        return self.browser.get(
            "/oauth/authorize?" + urlencode(self.request(**changes), doseq=True)
        )

    def consent_page(self, **changes: Any) -> tuple[str, TestResponse]:
        """Return the consent page's address and the page."""
        response = self.authorize(**changes)
        assert response.status_code == 303, response.text
        address = response.location
        return address, self.browser.get(address)

    def decide(
        self, decision: str = "approve", choice: dict[str, Any] | None = None, **changes: Any
    ) -> str:
        """Sign in if needed, decide, and return the location that the browser is carried to."""
        if not self.signed_in:
            self.sign_in()
        address, page = self.consent_page(**changes)
        fields = USUAL if choice is None else choice
        posted = self.browser.submit(page, address, decision=decision, **fields)
        assert posted.status_code == 303, posted.text
        return target_of(self.browser.get(posted.location))

    def code(self, choice: dict[str, Any] | None = None, **changes: Any) -> str:
        answer = answer_of(self.decide(choice=choice, **changes))
        assert "code" in answer, answer
        return answer["code"]

    def post(
        self, path: str, data: dict[str, Any], *, client: Registered | None = None, **more: Any
    ) -> TestResponse:
        """POST a form with the client's own authentication."""
        client = client or self.client
        if client.method == "client_secret_basic":
            more.setdefault("auth", (client.client_id, client.secret))
        elif client.method == "client_secret_post":
            data = {"client_id": client.client_id, "client_secret": client.secret, **data}
        else:
            data = {"client_id": client.client_id, **data}
        return self.http.post(path, data=data, **more)

    def redeem(
        self, code: str, /, *, client: Registered | None = None, **changes: Any
    ) -> TestResponse:
        good = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self.client.redirect_uri,
            "code_verifier": self.verifier,
        }
        fields = {name: v for name, v in {**good, **changes}.items() if v is not None}
        return self.post("/oauth/token", fields, client=client)

    def tokens(self, choice: dict[str, Any] | None = None, **changes: Any) -> dict[str, Any]:
        response = self.redeem(self.code(choice, **changes))
        assert response.status_code == 200, response.text
        return dict(response.get_json())

    def refresh(
        self, refresh_token: str, *, client: Registered | None = None, **more: Any
    ) -> TestResponse:
        fields = {"grant_type": "refresh_token", "refresh_token": refresh_token, **more}
        return self.post("/oauth/token", fields, client=client)

    def introspect(self, token: str, server: str = "api", **more: Any) -> dict[str, Any]:
        response = self.http.post(
            "/oauth/introspect",
            data={"token": token, **more},
            auth=(server, self.world.secrets[server]),
        )
        assert response.status_code == 200, response.text
        return dict(response.get_json())

    def is_active(self, token: str, server: str = "api") -> bool:
        return bool(self.introspect(token, server)["active"])

    def revoke(self, token: str, *, client: Registered | None = None, **more: Any) -> TestResponse:
        return self.post("/oauth/revoke", {"token": token, **more}, client=client)


def refusal(response: TestResponse) -> str:
    """J400(e): JSON that no cache keeps, and nothing issued."""
    assert response.status_code == 400, response.text
    assert response.headers["Cache-Control"] == "no-store"
    body = response.get_json()
    assert "access_token" not in body
    assert None not in body.values()
    return str(body["error"])
