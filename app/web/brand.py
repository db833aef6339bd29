"""The organisation's logo and accent colour, for the pages."""

from flask import Response
from werkzeug.exceptions import NotFound

from app.runtime.current import settings
from app.web import web
from app.web.accent import style_sheet

KEPT = "public, max-age=3600"
NO_SCRIPT = "default-src 'none'; style-src 'unsafe-inline'; sandbox"  # an SVG opened by itself


@web.get("/branding/accent.css")
def accent() -> Response:
    """Return the rules of the accent colour; raises NotFound where there is none."""
    colour = settings().brand.accent
    if not colour:
        raise NotFound
    return _kept(Response(style_sheet(colour), mimetype="text/css"))


@web.get("/branding/logo")
def logo() -> Response:
    """Return the organisation's logo; raises NotFound where there is none."""
    picture = settings().brand.logo
    if picture is None:
        raise NotFound
    response = _kept(Response(picture.data, mimetype=picture.mimetype))
    response.headers["Content-Security-Policy"] = NO_SCRIPT
    return response


def _kept(response: Response) -> Response:
    response.headers["Cache-Control"] = KEPT
    return response
