"""Where pages show the logo of a tool, and what is at its address."""

from __future__ import annotations

import pytest

from app.domain.clients.logos import digest_of
from app.domain.errors import Invalid
from app.services.clients import kept_logos, logos
from tests.drivers.logos import BLUE, in_page, opened, picture
from tests.drivers.registrations import register
from tests.drivers.tool import Tool
from tests.drivers.world import NATIVE_URI, World

LIST = "/settings/authorizations/oauth2"
CHOICE = {"capabilities": ["api"], "project-website": "viewer", "expires_in": ""}


@pytest.fixture
def drawn(lone_world: World) -> Tool:
    """A tool with a logo that an administrator gave it, in ben's browser."""
    client = lone_world.add_client("Drawn", NATIVE_URI, "none", logo=picture())
    return Tool(lone_world, client).sign_in()


def test_consent_the_list_and_the_tools_page_show_its_logo(drawn: Tool) -> None:
    _, page = drawn.consent_page()
    (address,) = in_page(page)
    drawn.tokens(CHOICE)
    plain = Tool(drawn.world, drawn.world.native)
    plain.browser = drawn.browser
    plain.signed_in = True
    plain.tokens(CHOICE)
    listed = drawn.browser.get(LIST)
    assert in_page(listed) == [address]
    assert listed.text.count('<span class="monogram">N</span>') == 1
    ids = drawn.world.execute("SELECT id, name FROM authorizations")
    pages = {str(name): drawn.browser.get(f"/settings/authorizations/{i}") for i, name in ids}
    assert {name: in_page(page) for name, page in pages.items()} == {
        "Drawn": [address],
        "Native tool": [],
    }


def test_a_logo_is_served_for_good_and_says_nothing_of_who_looks(drawn: Tool) -> None:
    (address,) = in_page(drawn.consent_page()[1])
    for http in (drawn.browser.http, drawn.world.app.test_client()):
        served = http.get(address)
        assert served.status_code == 200
        assert served.headers["Content-Type"] == "image/png"
        assert served.headers["Cache-Control"] == "public, max-age=31536000, immutable"
        assert served.headers["X-Content-Type-Options"] == "nosniff"
        assert "img-src 'self' data:" in served.headers["Content-Security-Policy"]
        assert "Set-Cookie" not in served.headers
        assert "Cookie" not in served.headers.get("Vary", "")
        assert address == f"/logos/{digest_of(served.data)}.png"
        assert opened(served.data).size == (96, 96)


def test_what_is_no_digest_of_a_picture_is_not_found(drawn: Tool) -> None:
    (address,) = in_page(drawn.consent_page()[1])
    digest = address.removeprefix("/logos/").removesuffix(".png")
    client_id = drawn.client.client_id
    for name in ("0" * 64, digest.upper(), digest[:-1], client_id, "x", "%", "%00", "..%2fx"):
        assert drawn.browser.get(f"/logos/{name}.png").status_code == 404, name
    for other in (address.removesuffix(".png"), f"{address}x", f"/logos/{digest}.svg"):
        assert drawn.browser.get(other).status_code == 404, other
    assert drawn.browser.http.post(address).status_code in (403, 405)


def test_odd_text_in_place_of_a_digest_is_not_found_on_each_database(world: World) -> None:
    http = world.app.test_client()
    for name in ("a%00b", "%ff", "é", "x" * 3_000):
        assert http.get(f"/logos/{name}.png").status_code == 404, name


def test_another_logo_has_another_address_and_the_old_one_ends(drawn: Tool) -> None:
    (first,) = in_page(drawn.consent_page()[1])
    with drawn.world.app.app_context():
        logos.give_logo(
            drawn.client.client_id, picture(colour=BLUE), at=drawn.world.at, actor="test"
        )
    (second,) = in_page(drawn.consent_page()[1])
    assert drawn.browser.get(first).status_code == 404
    assert opened(drawn.browser.get(second).data).getpixel((48, 48)) == (*BLUE, 255)


def test_nobody_gives_a_logo_to_a_tool_that_no_administrator_added(lone_world: World) -> None:
    client_id = register(lone_world).get_json()["client_id"]
    with lone_world.app.app_context(), pytest.raises(Invalid, match="an administrator added"):
        logos.give_logo(client_id, picture(), at=lone_world.at, actor="test")
    assert lone_world.execute("SELECT * FROM client_logos") == []


def test_a_client_that_goes_takes_its_picture_along(lone_world: World) -> None:
    client = lone_world.add_client("Drawn", NATIVE_URI, "none", logo=picture())
    [[digest]] = lone_world.execute("SELECT logo_digest FROM clients WHERE logo_digest <> ''")
    with lone_world.app.app_context():
        assert kept_logos.png_of(str(digest))
    lone_world.execute(f"DELETE FROM clients WHERE identifier = '{client.client_id}'")
    assert lone_world.execute("SELECT * FROM client_logos") == []
