"""Where a request comes from: what proxies say of it is believed as far as the settings say."""

import structlog
from flask import Flask, request
from werkzeug.middleware.proxy_fix import ProxyFix

from app.services import audit

log = structlog.get_logger("mandate.proxy")

UNEXPECTED = (
    "MANDATE_PROXY_HOPS is 0 and a proxy speaks: all its visitors share one address and its limits."
)


def _note_origin() -> None:
    audit.ORIGIN.set(audit.origin_of(request.remote_addr))


def _forget_origin(_error: BaseException | None) -> None:
    audit.ORIGIN.set(audit.SERVER)


def install(app: Flask, hops: int) -> None:
    """Believe so many proxies, and say to the audit log where each act comes from.

    With no proxy, warn once when one speaks all the same.
    """
    app.before_request(_note_origin)
    app.teardown_request(_forget_origin)
    if hops:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=0, x_host=0)  # type: ignore[method-assign]
        return
    seen = False

    @app.before_request
    def _notice() -> None:
        nonlocal seen
        if not seen and "X-Forwarded-For" in request.headers:
            seen = True
            log.warning("proxy.unexpected", sentence=UNEXPECTED)
