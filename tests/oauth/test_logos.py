"""Logos of tools whose publisher the operator has named: fetched once, and nobody waits for them."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import pytest

from app.services.clients import fetch_jobs
from tests.drivers.clock import Clock
from tests.drivers.deployment import Prepared, running_world
from tests.drivers.logos import (
    BLUE,
    SVG,
    asked,
    bomb,
    in_page,
    opened,
    picture,
    serve,
    settled,
)
from tests.drivers.metadata_documents import REDIRECT, fetcher, person
from tests.drivers.registrations import as_client, register
from tests.drivers.sites import Handler, Site, answer, hang, held, site, stream
from tests.drivers.tool import Tool
from tests.drivers.world import World

DAY = 86_400
FRESH = 301  # seconds after which a document is fetched again
NOT_SHOWN: list[str] = []


@pytest.fixture
def named(lone_database: Prepared, clock: Clock) -> Iterator[World]:
    """A deployment whose operator has named two hosts."""
    hosts = "tool.example,other.example"
    with running_world(lone_database, clock, MANDATE_CLIENT_DOCUMENTS=hosts) as made:
        yield made


def again(tool: Tool, seconds: int = FRESH) -> list[str]:
    """Come back when the document is not fresh any more; return the logos shown."""
    tool.world.clock.forward(seconds=seconds)
    return settled(Tool(tool.world, tool.client).sign_in())


def test_the_logo_of_a_named_publisher_is_fetched_once_and_shown(
    named: World, stranger: Site
) -> None:
    serve(stranger)
    tool = person(named, stranger.url())
    (address,) = settled(tool)
    assert asked(stranger) == ["/client.json", "/logo"]
    assert b"accept: image/png" in stranger.requests[1].lower()
    assert opened(named.app.test_client().get(address).data).size == (96, 96)
    for seconds in (1, FRESH, 3 * DAY):
        assert again(tool, seconds) == [address]
    assert asked(stranger).count("/logo") == 1
    (event,) = named.audit("client.updated")
    assert (event.actor, event.subject, event.detail["changed"]) == (
        "document",
        stranger.url(),
        ["logo"],
    )


@pytest.mark.requirement("CM-24")
def test_a_logo_may_lie_at_another_named_host_and_at_no_other(named: World, stranger: Site) -> None:
    serve(stranger, logo_uri=stranger.url("/logo", host="other.example"))
    assert settled(person(named, stranger.url()))
    with site() as foreign:
        serve(stranger, logo_uri=foreign.url("/logo", host="claude.ai"))
        tool = person(named, stranger.url())
        assert again(tool) == NOT_SHOWN
        assert foreign.connections == 0


BAD: dict[str, Handler] = {
    "an SVG": answer(SVG, kind="image/svg+xml"),
    "an SVG that says PNG": answer(SVG, kind="image/png"),
    "a page": answer(b"<html>", kind="text/html"),
    "a picture that says page": answer(picture(), kind="text/html"),
    "a picture of another format": answer(picture("BMP"), kind="image/png"),
    "no picture": answer(b"x" * 100, kind="image/png"),
    "half a picture": answer(picture(size=(300, 300))[:200], kind="image/png"),
    "nothing": answer(b"", kind="image/png"),
    "not found": answer(picture(), kind="image/png", status="404 Not Found"),
    "too long": answer(picture() + b"x" * 205_000, kind="image/png"),
    "a bomb": answer(bomb(), kind="image/png"),
    "without end": stream,
    "never": hang,
    "hanging up": lambda connection: connection.close(),
}


@pytest.mark.requirement("CM-24", "CM-25")
@pytest.mark.parametrize("what", BAD)
def test_a_logo_that_is_no_good_leaves_the_letter(named: World, stranger: Site, what: str) -> None:
    serve(stranger, BAD[what])
    assert settled(person(named, stranger.url())) == NOT_SHOWN
    assert asked(stranger)[1:] == ["/logo"]
    assert named.execute("SELECT * FROM client_logos") == []
    assert named.audit("client.updated") == []


@pytest.mark.requirement("CM-24")
@pytest.mark.parametrize("status", ["301 Moved", "302 Found", "307 Temporary", "308 Permanent"])
def test_a_redirect_is_not_followed(named: World, stranger: Site, status: str) -> None:
    with site(answer(picture(), kind="image/png")) as inner:
        for target in (inner.url(host="127.0.0.1"), inner.url(host="other.example")):
            serve(stranger, answer(b"", kind="image/png", status=status, Location=target))
            tool = person(named, stranger.url())
            assert again(tool, 2 * DAY) == NOT_SHOWN
        assert inner.connections == 0


@pytest.mark.requirement("CM-24")
def test_a_name_that_leads_into_the_network_is_not_fetched(named: World, stranger: Site) -> None:
    serve(stranger, logo_uri=stranger.url("/logo", host="other.example"))
    leading = fetcher(["127.0.0.1"], ["10.0.0.1"])
    assert settled(person(named, stranger.url(), fetch=leading)) == NOT_SHOWN
    assert leading.resolver.asked == ["tool.example", "other.example"]  # type: ignore[attr-defined]
    assert asked(stranger) == ["/client.json"]


@pytest.mark.requirement("CM-24")
@pytest.mark.slow
def test_nobody_waits_for_a_logo(named: World, stranger: Site) -> None:
    let_go = threading.Event()
    serve(stranger, held(let_go, answer(picture(), kind="image/png")))
    tool = person(named, stranger.url(), fetch=fetcher(seconds=6.0))
    began = time.monotonic()
    address, page = tool.consent_page()
    assert page.status_code == 200
    assert in_page(page) == NOT_SHOWN
    assert tool.authorize().status_code == 303
    assert tool.browser.get(address).status_code == 200
    assert time.monotonic() - began < 3.0
    assert stranger.at_once == 1, "the logo had been given up before"
    let_go.set()


def test_logos_leave_half_of_the_places_to_what_a_request_waits_for(
    named: World, stranger: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    serve(stranger)
    monkeypatch.setattr(fetch_jobs, "MOST_JOBS", 2)
    tool = person(named, stranger.url())
    assert settled(tool) == NOT_SHOWN
    assert asked(stranger) == ["/client.json"]
    monkeypatch.undo()
    assert again(tool)


def test_a_logo_that_failed_is_tried_again_after_a_day(named: World, stranger: Site) -> None:
    serve(stranger, BAD["not found"])
    tool = person(named, stranger.url())
    assert settled(tool) == NOT_SHOWN
    serve(stranger)
    assert again(tool) == NOT_SHOWN
    assert again(tool, DAY - 2 * FRESH) == NOT_SHOWN
    assert asked(stranger).count("/logo") == 1
    assert again(tool, 2 * FRESH)
    assert asked(stranger).count("/logo") == 2


def test_another_logo_takes_the_place_of_the_first_at_once(named: World, stranger: Site) -> None:
    serve(stranger)
    tool = person(named, stranger.url())
    (first,) = settled(tool)
    blue = picture(colour=BLUE)
    serve(stranger, blue, logo_uri=stranger.url("/blue"))
    (second,) = again(tool)
    http = named.app.test_client()
    assert opened(http.get(second).data).getpixel((48, 48)) == (*BLUE, 255)
    assert http.get(first).status_code == 404
    serve(stranger)
    assert again(tool) == [first]
    serve(stranger, BAD["not found"], logo_uri=stranger.url("/gone"))
    assert again(tool) == NOT_SHOWN
    serve(stranger, blue, logo_uri=stranger.url("/blue"))
    assert again(tool) == [second]
    serve(stranger, logo_uri=None)
    assert again(tool) == NOT_SHOWN
    assert named.execute("SELECT * FROM client_logos") == []


def test_a_logo_that_its_document_names_no_more_is_not_kept(named: World, stranger: Site) -> None:
    good = answer(picture(), kind="image/png")

    def renamed(connection: object) -> None:
        named.execute("UPDATE clients SET extra_metadata = '{}' WHERE registered_by = 'document'")
        good(connection)  # type: ignore[arg-type]

    serve(stranger, renamed)
    assert settled(person(named, stranger.url())) == NOT_SHOWN
    assert asked(stranger)[1:] == ["/logo"]
    assert named.execute("SELECT * FROM client_logos") == []


@pytest.mark.requirement("CM-23")
def test_where_nobody_is_named_nothing_is_fetched_or_shown(
    lone_world: World, named: World, stranger: Site
) -> None:
    serve(stranger)
    assert settled(person(lone_world, stranger.url())) == NOT_SHOWN
    assert asked(stranger) == ["/client.json"]
    tool = person(named, stranger.url())
    assert again(tool), "the operator has named its host since"
    elsewhere = person(lone_world, stranger.url())
    assert settled(elsewhere) == NOT_SHOWN, "and does not any more"


@pytest.mark.requirement("CM-23")
def test_a_tool_that_registers_itself_shows_no_logo(named: World, stranger: Site) -> None:
    serve(stranger)
    answered = register(named, logo_uri=stranger.url("/logo"), redirect_uris=[REDIRECT])
    assert answered.get_json()["logo_uri"] == stranger.url("/logo")
    tool = Tool(named, as_client(answered)).sign_in()
    assert settled(tool) == NOT_SHOWN
    assert stranger.connections == 0
    digest = "0" * 64
    named.execute(f"UPDATE clients SET logo_digest = '{digest}'")
    assert settled(tool) == NOT_SHOWN, "whatever is kept"


@pytest.mark.slow
def test_a_logo_is_kept_on_each_database(database: Prepared, clock: Clock, stranger: Site) -> None:
    with running_world(database, clock, MANDATE_CLIENT_DOCUMENTS="tool.example") as world:
        serve(stranger)
        tool = person(world, stranger.url())
        (first,) = settled(tool)
        serve(stranger, picture(colour=BLUE), logo_uri=stranger.url("/blue"))
        (second,) = again(tool)
        http = world.app.test_client()
        assert [http.get(address).status_code for address in (first, second)] == [404, 200]
