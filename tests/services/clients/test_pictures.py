"""Pictures of others: decoded within bounds, and nothing but pixels left."""

from __future__ import annotations

import struct
from io import BytesIO

import pytest
from PIL import Image, PngImagePlugin

from app.domain.clients.logos import MAX_FILE, MAX_PIXELS, MAX_PNG
from app.domain.errors import Invalid
from app.services.clients.pictures import drawn_logo
from tests.drivers.logos import BLUE, RED, SVG, bomb, opened, picture

CLEAR = (0, 0, 0, 0)


def refusal(data: bytes) -> str:
    with pytest.raises(Invalid, match="This is no logo") as caught:
        drawn_logo(data)
    return caught.value.detail


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF"])
@pytest.mark.parametrize("size", [(96, 96), (8, 8), (700, 700)])
def test_a_picture_becomes_a_png_of_96_pixels(kind: str, size: tuple[int, int]) -> None:
    png = drawn_logo(picture(kind, size))
    assert len(png) <= MAX_PNG
    drawn = opened(png)
    assert (drawn.format, drawn.size, drawn.mode) == ("PNG", (96, 96), "RGBA")
    assert drawn.getpixel((0, 0)) == drawn.getpixel((95, 95))
    red, green, blue, solid = drawn.getpixel((48, 48))  # type: ignore[misc]
    assert (red > 190, green < 10, blue < 10, solid) == (True, True, True, 255)


@pytest.mark.parametrize("size", [(200, 100), (20, 10)])
def test_what_is_not_square_gets_clear_margins(size: tuple[int, int]) -> None:
    wide = opened(drawn_logo(picture(size=size)))
    assert [wide.getpixel((48, y)) for y in (0, 23, 72, 95)] == [CLEAR] * 4
    assert [wide.getpixel(at) for at in ((0, 48), (95, 48))] == [(*RED, 255)] * 2
    tall = opened(drawn_logo(picture(size=size[::-1])))
    assert tall.getpixel((0, 48)) == CLEAR
    assert opened(drawn_logo(picture(size=(4_000, 1)))).size == (96, 96)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA", "I;16", "CMYK"])
def test_every_kind_of_colours_is_drawn(mode: str) -> None:
    file = BytesIO()
    kind = "JPEG" if mode == "CMYK" else "PNG"
    Image.new(mode, (10, 10)).save(file, kind)
    assert opened(drawn_logo(file.getvalue())).size == (96, 96)


def test_what_is_clear_stays_clear_and_noise_fits() -> None:
    file = BytesIO()
    Image.new("RGBA", (50, 50), (9, 9, 9, 0)).save(file, "PNG")
    assert opened(drawn_logo(file.getvalue())).getpixel((48, 48))[3] == 0  # type: ignore[index]
    noise = Image.effect_noise((96, 96), 90).convert("RGB")
    file = BytesIO()
    noise.save(file, "PNG")
    assert len(drawn_logo(file.getvalue())) <= MAX_PNG


def test_of_a_picture_that_moves_the_first_frame_is_drawn() -> None:
    second = [Image.new("RGB", (60, 60), BLUE)]
    for kind in ("GIF", "WEBP", "PNG"):
        moving = picture(kind, save_all=True, append_images=second)
        assert opened(drawn_logo(moving)).getpixel((48, 48))[0] > 190  # type: ignore[index]


@pytest.mark.requirement("CM-25")
def test_nothing_but_pixels_is_left() -> None:
    words = PngImagePlugin.PngInfo()
    words.add_text("Comment", "a secret")
    data = picture(pnginfo=words, icc_profile=b"a secret" * 9, exif=b"Exif\0\0a secret")
    assert b"Comment" in data
    png = drawn_logo(data + b"<script>a secret</script>")
    chunks, at = [], 8
    while at < len(png):
        (length,) = struct.unpack(">I", png[at : at + 4])
        chunks.append(png[at + 4 : at + 8])
        at += 12 + length
    assert set(chunks) == {b"IHDR", b"IDAT", b"IEND"}


def test_a_bomb_is_not_decoded() -> None:
    data = bomb()
    assert len(data) < MAX_FILE
    assert "could be decompression bomb" in refusal(data), "Pillow's own bound"


@pytest.mark.requirement("CM-25")
@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
def test_the_bound_on_pixels_is_exact() -> None:
    assert Image.MAX_IMAGE_PIXELS == MAX_PIXELS
    assert drawn_logo(picture(size=(2_048, 2_048)))
    assert refusal(picture(size=(2_049, 2_048))) == "2049 x 2048 pixels"
    assert refusal(picture("GIF", size=(2_049, 2_048))) == "2049 x 2048 pixels"


@pytest.mark.requirement("CM-25")
def test_a_webp_file_is_judged_before_a_decoder_makes_room_for_it() -> None:
    small = picture("WEBP", lossless=True)
    assert small[12:16] == b"VP8L"
    large = small[:21] + b"\xff\xff\xff\x0f" + small[25:]
    assert refusal(large) == "16384 x 16384 pixels"
    canvas = picture("WEBP", exif=b"Exif\0\0x")
    assert refusal(canvas[:24] + b"\xff" * 6 + canvas[30:]) == "16777216 x 16777216 pixels"


@pytest.mark.requirement("CM-25")
@pytest.mark.parametrize("kind", ["BMP", "TIFF", "ICO", "PPM", "TGA", "PDF", "AVIF", "JPEG2000"])
def test_other_formats_are_refused(kind: str) -> None:
    assert refusal(picture(kind))


def test_what_is_no_picture_is_refused() -> None:
    good = picture(size=(200, 200), colour=None)
    for data in (b"", b"x", SVG, b"GIF89a", b"\x89PNG\r\n\x1a\n", b"RIFF????WEBPVP8X" + b"\0" * 40):
        assert refusal(data)
    assert refusal(good[: len(good) // 2])
    assert refusal(picture("JPEG")[:200])
    assert refusal(good + b"x" * MAX_FILE) == "too long"
