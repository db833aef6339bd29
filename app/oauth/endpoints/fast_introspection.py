"""The short way of introspection: plain questions, and answers that still stand.

1. A request that was answered before has an answer that is kept, by a digest of all that it said.
2. One statement reads, by keys alone, what that answer rests on. Is it what it was, the answer stands.
3. If not, the endpoint object of the long way reads all and decides, and its answer is kept.

Plain is: HTTP Basic alone, good credentials, each field once. Everything else, and every refusal, takes
the long way; `tests/oauth/test_fast_introspection.py` holds the two ways against each other.
"""

from hashlib import blake2b

from authlib.oauth2 import OAuth2Error
from flask import Flask

from app.domain.errors import DomainError, Unavailable
from app.oauth.endpoints.introspection import LightRequest, endpoint
from app.oauth.errors import encode
from app.oauth.short_way import BASIC, PlainAnswer, PlainRequest
from app.runtime import activity_writer, clock
from app.services.introspection.kept_answers import KeptAnswers, answer_of

PATH = "/oauth/introspect"
LONG_WAY = frozenset({"client_id", "client_secret", "client_assertion"})


class FastIntrospection:
    """Answers plain introspections of one app in one process."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        self.answers = KeptAnswers()

    def __call__(self, plain: PlainRequest) -> PlainAnswer | None:
        """Return a good answer, None for what the long way must judge."""
        said = plain.authorization.encode() + b"\n" + plain.body  # no header holds a line break
        key = blake2b(said, digest_size=32).digest()
        at = clock.instant_of(self.app)
        try:
            kept = self.answers.standing(key, at)
            if kept is None:
                return self._decide(plain, key)
        except Unavailable:
            raise
        except DomainError:
            return None  # the long way says why
        activity_writer.recorder(self.app).note(
            kept.resolved(), resource_server=kept.resource_server, address=plain.address, at=at
        )
        return PlainAnswer(kept.body())

    def _decide(self, plain: PlainRequest, key: bytes) -> PlainAnswer | None:
        form = plain.form() if BASIC.fullmatch(plain.authorization) else None
        if form is None or not LONG_WAY.isdisjoint(form):
            return None
        with self.app.app_context():
            header = {"Authorization": plain.authorization}
            light = LightRequest(header, form, address=plain.address)
            try:
                _, answer, _ = endpoint(light)
            except (OAuth2Error, ValueError):
                return None  # the long way says why, and counts it
            body = encode(answer).encode()
            kept = answer_of(light.snapshot, light.resolved, body, at=light.at)
            if kept is not None:
                self.answers.keep(key, kept)
        return PlainAnswer(body)
