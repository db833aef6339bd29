"""Pictures of others, decoded within bounds and drawn anew: the only module that knows Pillow.

What leaves here is a PNG of ours: of what came, nothing but the colours of its pixels is left.
"""

import warnings
from io import BytesIO

from PIL import Image, WebPImagePlugin

from app.domain.clients.logos import MAX_FILE, MAX_PIXELS, MAX_PNG, SIDE, webp_size
from app.domain.errors import Invalid

FORMATS = ("PNG", "JPEG", "GIF", WebPImagePlugin.WebPImageFile.format)
NO_LOGO = (
    "This is no logo: a PNG, JPEG, WebP or GIF of at most "
    f"{MAX_FILE // 1024} KB and {MAX_PIXELS // 1_000_000} million pixels."
)

Image.MAX_IMAGE_PIXELS = MAX_PIXELS  # Pillow's own bound, for what it makes before a size is known
warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # it is refused all the same


def drawn_logo(data: bytes) -> bytes:
    """Return a picture as the PNG that pages show, 96 pixels wide and high; raises Invalid.

    Of one that moves it is the first frame. What is not square gets transparent margins.
    """
    if len(data) > MAX_FILE:
        raise Invalid(NO_LOGO, detail="too long")
    _check_size(webp_size(data) or (1, 1))
    try:
        png = _drawn(data)
    except Invalid:
        raise
    except Exception as error:  # noqa: BLE001 - strange bytes make a decoder raise anything
        raise Invalid(NO_LOGO, detail=repr(error)[:200]) from None
    if len(png) > MAX_PNG:
        raise Invalid(NO_LOGO, detail="too long when drawn")
    return png


def _check_size(size: tuple[int, int]) -> None:
    """Raise Invalid for a picture that is too large to be decoded."""
    width, height = size
    if not 0 < width * height <= MAX_PIXELS:
        raise Invalid(NO_LOGO, detail=f"{width} x {height} pixels")


def _drawn(data: bytes) -> bytes:
    with Image.open(BytesIO(data), formats=FORMATS) as picture:
        _check_size(picture.size)  # nothing but the header has been read
        colours = picture.convert("RGBA")
    scale = SIDE / max(colours.size)
    width, height = (max(1, round(length * scale)) for length in colours.size)
    small = colours.resize((width, height), Image.Resampling.LANCZOS)
    square = Image.new("RGBA", (SIDE, SIDE))
    square.paste(small, ((SIDE - width) // 2, (SIDE - height) // 2))
    png = BytesIO()
    square.save(png, "PNG", optimize=True)
    return png.getvalue()
