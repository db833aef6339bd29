"""The cookie by which a browser is known that somebody has signed in with before.

It is signed, names accounts, and opens nothing: it only keeps the wrong passwords of strangers apart
from those of the people themselves (OWASP, "device cookies").
"""

from datetime import datetime

from flask import g, request
from itsdangerous import BadData, URLSafeSerializer
from werkzeug.wrappers import Response

from app.domain.credentials.secrets import random_base62
from app.runtime.clock import now
from app.runtime.current import settings
from app.services.accounts.sign_in import KnownDevice, SignedInUser

SALT = "known-device"
NEW = "new_known_devices"
KEPT_FOR = 365 * 86_400
MAX_ACCOUNTS = 3
ID_LENGTH = 22


def known_devices() -> tuple[KnownDevice, ...]:
    """Return as whose device this browser is known, the newest account last."""
    try:
        kept = _serializer().loads(request.cookies.get(_name(), ""))
        return tuple(KnownDevice(i, user, datetime.fromisoformat(at)) for i, user, at in kept)
    except (BadData, TypeError, ValueError):
        return ()


def remember(user: SignedInUser) -> None:
    """Let the answer make this browser known as the user's, from now on."""
    others = [device for device in known_devices() if device.user_id != user.user_id]
    own = KnownDevice(random_base62(ID_LENGTH), user.user_id, now())
    setattr(g, NEW, [*others, own][-MAX_ACCOUNTS:])


def set_cookie(response: Response) -> None:
    """Add the cookie to the answer, if somebody signed in."""
    devices: list[KnownDevice] | None = g.get(NEW)
    if devices is not None:
        value = _serializer().dumps([(d.id, d.user_id, d.since.isoformat()) for d in devices])
        response.set_cookie(
            _name(),
            str(value),
            max_age=KEPT_FOR,
            secure=settings().is_https,
            httponly=True,
            samesite="Lax",
        )


def _serializer() -> URLSafeSerializer:
    return URLSafeSerializer(settings().signing_keys, salt=SALT)


def _name() -> str:
    return "__Host-mandate_device" if settings().is_https else "mandate_device"
