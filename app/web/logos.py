"""The logos of tools: their addresses, and the pictures at them.

An address holds the digest of its picture, so what is there never changes. Anybody may fetch one: who
knows the digest has seen the picture.
"""

from flask import Response, url_for

from app.domain.clients.logos import Logo
from app.http.paths import LOGOS
from app.http.static_files import FOR_GOOD
from app.runtime.current import settings
from app.services.clients.kept_logos import png_of
from app.web import web


@web.get(f"{LOGOS}<digest>.png")
def tool_logo(digest: str) -> Response:
    """Return the picture with a digest; raises NotFound."""
    response = Response(png_of(digest), mimetype="image/png")
    response.headers["Cache-Control"] = FOR_GOOD
    return response


def logo_address(logo: Logo | None) -> str:
    """Return the address of a tool's picture, or an empty text where a page shows none."""
    if logo is None or not logo.may_show(settings().documents.named):
        return ""
    return url_for("web.tool_logo", digest=logo.digest)
