"""The short way of revocation: an access token that its client revokes.

1. Read the token with its client.
2. Let Authlib authenticate that client, by the methods of the long way.
3. Revoke it in one write, together with the audit event.

Everything else, and every refusal, takes the long way; `tests/oauth/test_fast_revocation.py` holds the
two ways against each other.
"""

import time

from authlib.oauth2 import OAuth2Error
from flask import Flask

from app.domain.errors import DomainError, Unavailable
from app.oauth.errors import encode
from app.oauth.light_client import has_plain_credentials, require_client
from app.oauth.short_way import PlainAnswer, PlainRequest, open_answer
from app.runtime import clock
from app.runtime.current import hot_path_of
from app.services import audit
from app.services.tokens import revocation_at_once

PATH = "/oauth/revoke"
FIELDS = frozenset({"token", "token_type_hint", "client_id", "client_secret"})
DONE = encode({}).encode()


class FastRevocation:
    """Answers plain revocations of one app in one process."""

    def __init__(self, app: Flask) -> None:
        self.app = app

    def __call__(self, plain: PlainRequest) -> PlainAnswer | None:
        """Return a good answer, None for what the long way must judge."""
        started = time.perf_counter()
        form = plain.form()
        if form is None or not has_plain_credentials(plain, form):
            return None
        if "token" not in form or not FIELDS.issuperset(form):
            return None
        at, engine = clock.instant_of(self.app), hot_path_of(self.app)
        try:
            found = revocation_at_once.find(form["token"], engine)
            if found is None:
                return None
            require_client(found.client, plain, form, at)
            with audit.coming_from(audit.origin_of(plain.address)):
                is_done = revocation_at_once.revoke(found, at=at, engine=engine)
        except Unavailable:
            raise
        except (DomainError, OAuth2Error):
            return None  # the long way says why, and counts it
        return open_answer(DONE, PATH, started) if is_done else None
