"""Pictures of tools, sites that serve them, and where pages show them."""

from __future__ import annotations

import re
import socket
from io import BytesIO
from typing import Any

from PIL import Image
from werkzeug.test import TestResponse

from tests.drivers.metadata_documents import wait_for_fetches
from tests.drivers.sites import Handler, Site, answer, document
from tests.drivers.tool import Tool

SHOWN = re.compile(r'<img class="monogram" src="(/logos/[^"]+)" alt="">')
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
RED, BLUE = (200, 0, 0), (0, 0, 200)


def picture(
    kind: str = "PNG", size: tuple[int, int] = (60, 60), colour: Any = RED, **more: Any
) -> bytes:
    """Return a picture of one colour as a file."""
    file = BytesIO()
    Image.new("RGB", size, colour).save(file, kind, **more)
    return file.getvalue()


def bomb(side: int = 6_000) -> bytes:
    """Return a small file with a picture of many pixels."""
    file = BytesIO()
    Image.new("1", (side, side)).save(file, "PNG", compress_level=9)
    return file.getvalue()


def opened(png: bytes) -> Image.Image:
    """Return a picture that we serve; it is a PNG."""
    return Image.open(BytesIO(png), formats=("PNG",))


def serve(site: Site, logo: Handler | bytes | None = None, /, **changes: Any) -> None:
    """Let a site serve the document of a tool, and its logo at every other address."""
    other = logo if callable(logo) else answer(logo or picture(), kind="image/png")
    changes = {"logo_uri": site.url("/logo"), **changes}
    shown = answer(document(site.url(), **changes))

    def send(connection: socket.socket) -> None:
        is_document = site.requests[-1].startswith(b"GET /client.json ")
        (shown if is_document else other)(connection)

    site.handler = send


def asked(site: Site) -> list[str]:
    """Return the paths that a site was asked for."""
    return [request.split()[1].decode() for request in site.requests]


def in_page(page: TestResponse) -> list[str]:
    """Return the addresses of the logos that a page shows."""
    return SHOWN.findall(page.text)


def settled(tool: Tool) -> list[str]:
    """Return the logos on the consent page, once its tool's logo has been fetched or not."""
    assert tool.authorize().status_code == 303
    wait_for_fetches()
    _, page = tool.consent_page()
    return in_page(page)
