"""The short way of the token endpoint: a refresh, a code or a poll, as tools send them every day.

1. Read the session or the code by keys: its client, its Authorization, and the numbers by which the
   database counts all other changes.
2. Let Authlib authenticate that client, by the methods of the long way.
3. Take what the Authorization comes to from what is kept under these numbers, which were just read; when
   one is another, read the parts and decide.
4. Spend and issue in one write, which finds nothing if anything was spent or ended meanwhile.

A device that waits is read in the same way, and its pace written down.

Plain is: a secret by HTTP Basic or in the body, or none; each field once, known here and not empty.
Everything else, and every other refusal, takes the long way; in `tests/oauth`, `test_fast_refresh.py`,
`test_fast_redemption.py` and `test_fast_polling.py` hold the two ways against each other.
"""

import time
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial

from authlib.oauth2 import OAuth2Error
from flask import Flask

from app.domain.clients.auth_methods import AUTHORIZATION_CODE, DEVICE_CODE, REFRESH_TOKEN
from app.domain.clients.scopes import meant
from app.domain.credentials.secrets import session_of
from app.domain.errors import DomainError, Unavailable
from app.domain.user_agents import peer_of
from app.oauth.errors import told_by_protocol
from app.oauth.grants.device_code import refusal
from app.oauth.grants.token_response import details_text, token_text
from app.oauth.light_client import has_plain_credentials, require_client
from app.oauth.short_way import PlainAnswer, PlainRequest, open_answer, open_refusal
from app.runtime import clock
from app.runtime.current import hot_path_of, policy_of, settings_of
from app.services import audit
from app.services.directory.kept_audiences import KeptAudiences
from app.services.tokens import poll_at_once, redemption_at_once, refresh_at_once
from app.services.tokens.device_grant import Waiting
from app.services.tokens.kept import Issued, Kept
from app.services.tokens.kept_access import KeptAccess
from app.services.tokens.refresh_tokens import Refresh

PATH = "/oauth/token"
CLIENT = {"grant_type", "client_id", "client_secret", "resource"}
REFRESH_FIELDS = frozenset({*CLIENT, "refresh_token", "scope"})
CODE_FIELDS = frozenset({*CLIENT, "code", "redirect_uri", "code_verifier"})
DEVICE_FIELDS = frozenset({*CLIENT, "device_code"})
CODE_NEEDS = frozenset({"code", "redirect_uri", "code_verifier"})

Form = Mapping[str, str]
Grant = Callable[[PlainRequest, Form, datetime], Issued | Waiting | None]


class FastToken:
    """Answers plain token requests of one app in one process."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        self.kept = Kept(KeptAudiences(app.app_context), KeptAccess(details_text))
        self.grants: dict[str, Grant] = {
            REFRESH_TOKEN: self._refresh,
            AUTHORIZATION_CODE: self._redeem,
            DEVICE_CODE: self._poll,
        }

    def __call__(self, plain: PlainRequest) -> PlainAnswer | None:
        """Return tokens, or that a device must wait; None for what the long way must judge."""
        started = time.perf_counter()
        form = plain.form()
        if form is None or not all(form.values()) or not has_plain_credentials(plain, form):
            return None
        grant = self.grants.get(form.get("grant_type", ""))
        try:
            with audit.coming_from(audit.origin_of(plain.address)):
                result = grant and grant(plain, form, clock.instant_of(self.app))
        except Unavailable:
            raise
        except (DomainError, OAuth2Error):
            return None  # the long way says why, and counts it
        if result is None:
            return None
        if isinstance(result, Waiting):
            return open_refusal(partial(told_by_protocol, refusal(result)), PATH, started)
        return open_answer(token_text(result.tokens, result.details).encode(), PATH, started)

    def _refresh(self, plain: PlainRequest, form: Form, at: datetime) -> Issued | None:
        session_id = session_of(form.get("refresh_token", ""))
        if session_id is None or not REFRESH_FIELDS.issuperset(form):
            return None
        own, engine = settings_of(self.app), hot_path_of(self.app)
        found = refresh_at_once.find(session_id, engine)
        if found is None or REFRESH_TOKEN not in found.grounds.client.grant_types:
            return None
        require_client(found.grounds.client, plain, form, at)
        request = Refresh(
            text=form["refresh_token"],
            client_id=found.grounds.client.id,
            scope=meant(form.get("scope", ""), own.catalog.capabilities) or None,
            resource=form.get("resource"),
        )
        return refresh_at_once.refresh(
            found,
            request,
            kept=self.kept,
            policy=policy_of(own),
            at=at,
            engine=engine,
        )

    def _redeem(self, plain: PlainRequest, form: Form, at: datetime) -> Issued | None:
        if not CODE_NEEDS.issubset(form) or not CODE_FIELDS.issuperset(form):
            return None
        own, engine = settings_of(self.app), hot_path_of(self.app)
        found = redemption_at_once.find(form["code"], engine)
        grants = found.grounds.client.grant_types if found else ()
        if found is None or AUTHORIZATION_CODE not in grants:
            return None
        require_client(found.grounds.client, plain, form, at)
        request = redemption_at_once.Redemption(
            redirect_uri=form["redirect_uri"],
            verifier=form["code_verifier"],
            resource=form.get("resource"),
            peer=peer_of(plain.address, plain.user_agent),
        )
        return redemption_at_once.redeem(
            found,
            request,
            with_refresh=REFRESH_TOKEN in grants,
            kept=self.kept,
            policy=policy_of(own),
            at=at,
            engine=engine,
        )

    def _poll(self, plain: PlainRequest, form: Form, at: datetime) -> Waiting | None:
        if not DEVICE_FIELDS.issuperset(form):
            return None
        engine = hot_path_of(self.app)
        found = poll_at_once.find(form.get("device_code", ""), engine)
        if found is None or DEVICE_CODE not in found.client.grant_types:
            return None
        require_client(found.client, plain, form, at)
        return poll_at_once.wait(found, at=at, engine=engine)
