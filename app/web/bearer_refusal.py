"""Bearer credentials open no page: a person in a browser changes settings."""

from flask import request
from werkzeug.wrappers import Response

from app.domain.credentials.secrets import Prefix
from app.http.error_pages import error_page
from app.web import web

SENTENCE = (
    "Settings and consent are for a person in a browser. A token or an API key cannot open them."
)


@web.before_request
def _refuse_bearers() -> Response | None:
    """Refuse whoever shows a bearer credential: 403 for an API key, 401 for anything else."""
    scheme, _, text = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or request.endpoint in ("web.healthz", "web.readyz"):
        return None
    is_key = text.strip().startswith(Prefix.API_KEY)
    response = error_page(403 if is_key else 401, "Not with a token", SENTENCE)
    if not is_key:
        response.headers["WWW-Authenticate"] = 'Bearer error="invalid_token"'
    return response
