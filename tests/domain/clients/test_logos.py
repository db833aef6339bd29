"""Which logos are fetched and shown, and how large a WebP file says that it is."""

from __future__ import annotations

from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from app.domain.clients.logos import (
    Logo,
    digest_of,
    is_digest,
    logo_to_fetch,
    webp_size,
)

DOCUMENT = "https://Tool.example/c.json"
NAMED = frozenset({"tool.example", "cdn.example"})
LOSSLESS, LOSSY = {"lossless": True}, {"lossless": False}


@pytest.mark.parametrize(
    "url",
    [
        "https://tool.example/logo.png",
        "https://TOOL.example/logo.png",
        "https://tool.example:8443/logo.png",
        "https://cdn.example/logo.png",
    ],
)
def test_a_logo_lies_beside_the_document_or_at_a_named_host(url: str) -> None:
    assert logo_to_fetch(DOCUMENT, {"logo_uri": url}, NAMED) == url
    assert logo_to_fetch(DOCUMENT, {"logo_uri": url}, frozenset()) is None
    assert logo_to_fetch(DOCUMENT, {"logo_uri": url}, frozenset({"cdn.example"})) is None


@pytest.mark.parametrize(
    "url",
    [
        None,
        5,
        "",
        "http://tool.example/logo.png",
        "https://other.example/logo.png",
        "https://x.tool.example/logo.png",
        "https://tool.example@other.example/logo.png",
        "https://tool.example/#logo",
        "data:image/png;base64,AAAA",
    ],
)
def test_a_logo_at_another_place_is_not_fetched(url: object) -> None:
    assert logo_to_fetch(DOCUMENT, {"logo_uri": url}, NAMED) is None


def test_a_published_logo_is_shown_while_its_publisher_is_named() -> None:
    assert Logo("d", "tool.example").may_show(NAMED)
    assert not Logo("d", "tool.example").may_show(frozenset({"cdn.example"}))
    assert Logo("d").may_show(frozenset()), "an administrator gave it"


def test_a_digest_is_64_small_hexadecimal_digits() -> None:
    good = digest_of(b"x")
    assert is_digest(good)
    for bad in (good[1:], good + "0", good.upper(), good + "\n", "x" * 64, "", "../" + good):
        assert not is_digest(bad)


@pytest.mark.parametrize("more", [LOSSLESS, LOSSY, {"exif": b"Exif\0\0x"}])
@pytest.mark.parametrize("size", [(1, 1), (3, 700), (513, 4)])
def test_a_webp_file_states_its_size(size: tuple[int, int], more: dict[str, object]) -> None:
    file = BytesIO()
    Image.new("RGB", size).save(file, "WEBP", **more)
    assert webp_size(file.getvalue()) == size


@given(st.binary(max_size=60))
def test_strange_bytes_state_a_size_or_none(data: bytes) -> None:
    for start in (b"", b"RIFF????WEBP", b"RIFF????WEBPVP8X", b"RIFF????WEBPVP8L"):
        found = webp_size(start + data)
        assert found is None or len(found) == 2
    assert webp_size(b"\x89PNG" + data) is None
