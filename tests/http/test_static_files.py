"""Style sheets, scripts and pictures: kept for good under a digest, and sent compressed."""

from __future__ import annotations

import gzip
import re

import brotli
import pytest

from tests.drivers.world import World

ADDRESS = re.compile(r'href="(/static/[0-9a-f]{12}/)mandate\.css"')
COLD_SIGN_IN = 40_000


def folder_of(world: World) -> str:
    found = ADDRESS.search(world.app.test_client().get("/login").text)
    assert found
    return found[1]


@pytest.mark.parametrize("name", ["mandate.css", "choice.js", "mark.svg"])
def test_a_file_is_kept_for_good_and_sent_compressed(lone_world: World, name: str) -> None:
    http, address = lone_world.app.test_client(), folder_of(lone_world) + name
    plain = http.get(address)
    assert plain.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert plain.headers["Vary"] == "Accept-Encoding"
    assert "Content-Encoding" not in plain.headers
    assert "Set-Cookie" not in plain.headers
    unpacked = {"br": brotli.decompress, "gzip": gzip.decompress}
    for asked, coding in {"gzip, br": "br", "gzip": "gzip", "gzip;q=1, br;q=0": "gzip"}.items():
        packed = http.get(address, headers={"Accept-Encoding": asked})
        assert packed.headers["Content-Encoding"] == coding
        assert unpacked[coding](packed.data) == plain.data
        assert len(packed.data) <= len(plain.data) + 20
    assert "Content-Encoding" not in http.get(address, headers={"Accept-Encoding": "zstd"}).headers


def test_the_types_are_what_browsers_take(lone_world: World) -> None:
    http, folder = lone_world.app.test_client(), folder_of(lone_world)
    types = {
        name: http.get(folder + name).mimetype for name in ("mandate.css", "choice.js", "mark.svg")
    }
    assert [*types.values()] == ["text/css", "text/javascript", "image/svg+xml"]


def test_a_page_of_another_version_gets_what_there_is_now(lone_world: World) -> None:
    http = lone_world.app.test_client()
    old = http.get("/static/000000000000/mandate.css")
    assert old.status_code == 200
    assert old.headers["Cache-Control"] == "no-cache"
    for path in ("x/nothing.css", "x/../__init__.py", "x/%2e%2e/__init__.py", "mandate.css"):
        assert http.get(f"/static/{path}").status_code == 404, path


def test_a_cold_sign_in_page_is_light(lone_world: World) -> None:
    http = lone_world.app.test_client()
    page = http.get("/login")
    files = set(re.findall(r'(?:href|src)="(/static/[^"]+)"', page.text))
    sizes = [len(http.get(f, headers={"Accept-Encoding": "gzip"}).data) for f in files]
    assert len(files) >= 3
    assert len(page.data) + sum(sizes) < COLD_SIGN_IN / 2
