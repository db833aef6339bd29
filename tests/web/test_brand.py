"""The organisation on the pages: its name, logo, accent colour and support contact."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.web.accent import contrast, style_sheet
from tests.drivers.clock import Clock
from tests.drivers.deployment import Prepared, running_world
from tests.drivers.tool import Browser, Tool
from tests.drivers.world import World

PNG = b"\x89PNG\r\n\x1a\n" + b"x" * 20
COLOURS = ["#000000", "#ffffff", "#ffee00", "#1f6f5c", "#7f7f7f", "#ff0000", "#0000ff", "#ccddee"]
TOKEN = re.compile(r"--(brand|brand-ink): (#[0-9a-f]{6})")


@pytest.fixture
def branded(lone_database: Prepared, clock: Clock, tmp_path: Path) -> Iterator[World]:
    logo = tmp_path / "logo.png"
    logo.write_bytes(PNG)
    settings = {
        "MANDATE_ORGANISATION": "Kestrel <Bikes>",
        "MANDATE_LOGO": str(logo),
        "MANDATE_ACCENT_COLOR": "#FFEE00",
        "MANDATE_SUPPORT_CONTACT": "it@kestrel.example",
    }
    with running_world(lone_database, clock, **settings) as world:
        yield world


def test_people_read_their_organisations_name(branded: World) -> None:
    pages = [
        Browser(branded).get("/login").text,
        Tool(branded, branded.native).sign_in().consent_page()[1].text,
    ]
    for page in pages:
        assert "Kestrel &lt;Bikes&gt;" in page
        assert "<Bikes>" not in page
        assert 'href="mailto:it@kestrel.example"' in page
        assert 'href="/branding/accent.css"' in page
        assert 'src="/branding/logo"' in page
    assert "Mandate</title>" not in pages[0]


def test_the_logo_is_served_as_what_it_is_and_runs_nothing(branded: World) -> None:
    found = branded.app.test_client().get("/branding/logo")
    assert (found.mimetype, found.data) == ("image/png", PNG)
    assert "sandbox" in found.headers["Content-Security-Policy"]
    assert found.headers["X-Content-Type-Options"] == "nosniff"


def test_without_settings_there_is_nothing_of_it(lone_world: World) -> None:
    http = lone_world.app.test_client()
    assert http.get("/branding/logo").status_code == 404
    assert http.get("/branding/accent.css").status_code == 404
    assert "/branding/" not in http.get("/login").text


def rgb(text: str) -> tuple[int, int, int]:
    return int(text[1:3], 16), int(text[3:5], 16), int(text[5:7], 16)


@pytest.mark.parametrize("accent", COLOURS)
def test_any_accent_can_be_read_in_light_and_in_dark(accent: str) -> None:
    light, dark = style_sheet(accent).split("@media")
    for rules, papers in ((light, ("#ffffff", "#f4f6f5")), (dark, ("#182220", "#101715"))):
        found = dict(TOKEN.findall(rules))
        for behind in (*papers, found["brand-ink"]):
            assert contrast(rgb(found["brand"]), rgb(behind)) >= 4.5, (accent, behind)


def test_a_contrast_is_as_wcag_has_it() -> None:
    assert round(contrast((0, 0, 0), (255, 255, 255)), 2) == 21
    assert round(contrast((119, 119, 119), (255, 255, 255)), 2) == 4.48


def test_the_accent_is_a_style_sheet(branded: World) -> None:
    found = branded.app.test_client().get("/branding/accent.css")
    assert found.mimetype == "text/css"
    assert found.text.startswith(":root { --brand: #")
