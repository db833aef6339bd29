"""Whether the server is well, and where to report a vulnerability."""

from datetime import timedelta

from flask import Response, current_app, jsonify, request

from app.http import proxy_probe
from app.runtime.clock import now
from app.runtime.current import settings
from app.runtime.pulse import pulse_of
from app.web import web

VALID_DAYS = 180


@web.get("/.well-known/security.txt")
def security_txt() -> Response:
    """Say whom to tell about a weakness (RFC 9116)."""
    own, ends = settings(), now() + timedelta(days=VALID_DAYS)
    lines = (
        f"Contact: {own.security_contact}",
        f"Expires: {ends:%Y-%m-%dT%H:%M:%SZ}",
        f"Canonical: {own.issuer}/.well-known/security.txt",
    )
    return Response("\n".join(lines) + "\n", mimetype="text/plain")


@web.get("/healthz")
def healthz() -> Response:
    """Say that the process lives."""
    return jsonify(status="ok")


@web.get("/readyz")
def readyz() -> Response:
    """Say that the database answers; 503 with a reason when it does not."""
    trouble = pulse_of(current_app).trouble()
    asked = proxy_probe.is_asked_by_us(request, settings())
    more = {"seen": proxy_probe.told(request)} if asked else {}
    response = jsonify(status=trouble or "ok", **more)
    response.status_code = 503 if trouble else 200
    return response
