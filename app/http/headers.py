"""Security headers of answers, for browsers and for programs (OWASP ASVS 5, section 3.4)."""

from flask import Flask, Response
from werkzeug.wrappers import Response as BaseResponse

from app.domain.errors import DomainError
from app.runtime.current import settings

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; "
    "font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'; object-src 'none'"
)
BROWSER_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
}


STRICT_TRANSPORT = "max-age=31536000; includeSubDomains"
PROGRAM_HEADERS = {
    "Content-Type": "application/json",
    "Cache-Control": "no-store",
    "Pragma": "no-cache",
    "X-Content-Type-Options": "nosniff",
}


def install(app: Flask) -> None:
    """Add the headers to every answer of the app."""
    app.after_request(_harden)


def add_retry_after(response: BaseResponse, error: DomainError) -> None:
    """Say when trying again makes sense (RFC 9110 section 10.2.3), if it does."""
    if error.retry_after is not None:
        response.headers["Retry-After"] = str(error.retry_after)


def _harden(response: Response) -> Response:
    if response.mimetype == "application/json":
        response.headers.setdefault("X-Content-Type-Options", "nosniff")
    else:
        for name, value in BROWSER_HEADERS.items():
            response.headers.setdefault(name, value)
    response.headers.setdefault("Cache-Control", "no-store")
    if settings().is_https:
        response.headers["Strict-Transport-Security"] = STRICT_TRANSPORT
    return response
