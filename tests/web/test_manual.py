"""The manual at /docs: whole, safe, public, and with the addresses of this deployment."""

from __future__ import annotations

import re
from contextlib import closing
from html import unescape
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import pytest
from flask import Flask
from playwright.sync_api import Browser

import app
from app import create_app
from app.settings import Settings
from app.web.manual import ADDRESSES, PAGES, PLACEHOLDER, rendered, source
from tests.drivers.chromium import BROWSER, Site
from tests.drivers.deployment import AUDIENCE, ISSUER, environment
from tests.drivers.manual import blocks, resembles
from tests.drivers.world import World

WITH_A_PATH = "https://auth.example.com/id"
HREF = re.compile(r'href="([^"]+)"')
ID = re.compile(r' id="([^"]+)"')
METADATA = "/.well-known/oauth-authorization-server"


def path_of(name: str) -> str:
    return "/docs" if name == "index" else f"/docs/{name}"


def made(**more: str) -> Flask:
    """An app whose database does not exist: the manual asks for none."""
    return create_app(Settings.from_environ(environment("sqlite:////nowhere/x.db", **more)))


BELOW = {"MANDATE_ISSUER": WITH_A_PATH, "MANDATE_PROXY_HOPS": "1"}


@pytest.fixture(params=[{}, BELOW], ids=["at the root", "below a path"])
def deployment(request: pytest.FixtureRequest) -> tuple[Flask, str]:
    """A deployment, and the path of its issuer."""
    return made(**request.param), urlsplit(request.param.get("MANDATE_ISSUER", "")).path


def test_every_file_is_a_page_and_every_page_a_file() -> None:
    files = (Path(app.__file__).parent / "manual").glob("*.md")
    assert {file.stem for file in files} == set(PAGES)


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_public_and_holds_neither_script_nor_style(name: str) -> None:
    answer = made().test_client().get(path_of(name))
    assert answer.status_code == 200
    assert answer.mimetype == "text/html"
    assert "script-src 'self'" in answer.headers["Content-Security-Policy"]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "Set-Cookie" not in answer.headers
    assert not re.search(r"<script| style=| on\w+=", answer.text)
    assert answer.text.count("<h1") == 1


@pytest.mark.parametrize("name", PAGES)
def test_no_placeholder_is_left(deployment: tuple[Flask, str], name: str) -> None:
    own, below = deployment
    text = own.test_client().get(below + path_of(name)).text
    assert "{{" not in text
    issuer = WITH_A_PATH if below else ISSUER
    assert f"{issuer}/" in text, "the reader's own Mandate stands in it"


def test_every_placeholder_is_used_somewhere() -> None:
    used = {found for name in PAGES for found in PLACEHOLDER.findall(source(name))}
    others = {
        "issuer",
        "default_audience",
        "registration",
        "client_documents",
        "redirect_schemes",
        "capabilities",
        "scope",
    }
    assert used == set(ADDRESSES) | others


def test_the_addresses_are_those_of_the_metadata(deployment: tuple[Flask, str]) -> None:
    own, below = deployment
    http = own.test_client()
    metadata = http.get(METADATA).get_json()
    front = http.get(f"{below}/docs").text
    for name, address in metadata.items():
        if name.endswith("_endpoint"):
            assert f"<code>{address}</code>" in front, name
    assert metadata["service_documentation"] == f"{metadata['issuer']}/docs"
    assert f"<code>{metadata['issuer']}{METADATA}</code>" in front


def test_what_a_request_says_of_the_host_changes_nothing() -> None:
    own = made()
    text = own.test_client().get("/docs/tools", headers={"Host": "evil.example"}).text
    assert "evil.example" not in text
    assert text == own.test_client().get("/docs/tools").text
    assert f"curl -s {ISSUER}/oauth/token" in unescape(text)
    assert f"curl -s {AUDIENCE} -H" in unescape(text)


def test_the_operators_choices_are_in_it(tmp_path: Path) -> None:
    catalog = tmp_path / "catalog.toml"
    catalog.write_text(
        '[[roles]]\nname = "reader"\ntitle = "R"\ndescription = "d"\n'
        '[[capabilities]]\nname = "books:read"\ntitle = "Read"\ndescription = "d"\n'
    )
    http = made(MANDATE_CATALOG=str(catalog), MANDATE_REGISTRATION="off").test_client()
    text = http.get("/docs/tools").text
    assert "Registration is <code>off</code> on this server" in text
    assert "scope=$(echo 'books:read'" in unescape(text)
    assert "flows:edit" not in "".join(b.code for b in blocks(text) if b.info == "sh")


def test_every_link_and_every_anchor_leads_somewhere(deployment: tuple[Flask, str]) -> None:
    own, below = deployment
    http = own.test_client()
    seen = 0
    for name in PAGES:
        here = below + path_of(name)
        text = http.get(here).text
        anchors = ID.findall(text)
        assert len(anchors) == len(set(anchors)), name
        for link in HREF.findall(text):
            address, _, anchor = urljoin(here, unescape(link)).partition("#")
            assert address.startswith(f"{below}/")
            if address != f"{below}/":  # the settings, which ask for the sign-in
                with closing(http.get(address)) as there:
                    assert there.status_code == 200, link
                    assert not anchor or f' id="{anchor}"' in there.text, link
            seen += 1
    assert seen > 40


def test_there_is_no_other_page_and_no_other_method() -> None:
    http = made().test_client()
    for path in ("/docs/index", "/docs/nothing", "/docs/../settings", "/docs/tools.md"):
        answer = http.get(path)
        assert answer.status_code == 404
        assert answer.mimetype == "text/html"
    assert "The manual has no such page." in http.get("/docs/nothing").text
    assert http.post("/docs").status_code in (403, 405)


def test_markup_in_the_markdown_is_text_and_an_unknown_placeholder_an_error() -> None:
    with made().app_context():
        page = rendered("x", "# A\n\n## B & b\n\n<script>x</script> <b>y</b> `{{issuer}}`\n")
        assert "<script" not in page.html
        assert "<b>" not in page.html
        assert f"<code>{ISSUER}</code>" in page.html
        assert [(s.text, s.anchor) for s in page.sections] == [("B & b", "b-b")]
        with pytest.raises(KeyError):
            rendered("x", "# A\n\n`{{isuer}}`\n")


def test_every_page_leads_to_the_manual(lone_world: World) -> None:
    http = lone_world.app.test_client()
    for path in ("/login", "/docs/people", "/nothing-here"):
        assert '<a href="/docs">Documentation</a>' in http.get(path).text


def test_a_sample_tells_what_differs() -> None:
    sample = {"a": "x_…", "n": 1, "b": True, "l": ["…"]}
    good: dict[str, object] = {"a": "x_1", "n": 7, "b": True, "l": [1, 2]}
    assert resembles(sample, good)
    others: list[dict[str, object]]
    others = [{"a": "y_1"}, {"a": "x_"}, {"n": "7"}, {"b": False}, {"l": {}}, {"more": 1}]
    for wrong in others:
        assert not resembles(sample, {**good, **wrong}), wrong
    assert not resembles(sample, {name: good[name] for name in "anb"})
    assert resembles({"a": "…", "…": "…"}, good)


@pytest.mark.parametrize("width", [390, 1280])
def test_every_page_fits_its_screen(site: Site, chromium: Browser, width: int) -> None:
    page = chromium.new_page(viewport={"width": width, "height": 900})
    for name in PAGES:
        page.goto(site.url + path_of(name))
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, name
    page.close()


for _mark in BROWSER:
    test_every_page_fits_its_screen = _mark(test_every_page_fits_its_screen)
