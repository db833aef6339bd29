"""Face 2: the pages. Sign-in, consent, devices, settings.

Owns: forms, templates' contexts, addresses for people. Does not own: what may be ticked or what a
choice means (`app.domain.delegation.choice` through services). Every page works without JavaScript.
"""

from flask import Blueprint
from flask_wtf.csrf import CSRFError

from app.domain.errors import DomainError, RequestExpired
from app.http.error_pages import page_of
from app.http.signed_in import SignInEnded

web = Blueprint("web", __name__)
web.register_error_handler(DomainError, page_of)

from app.web import (  # noqa: E402 - they add their routes
    account,
    api_keys,
    authorization,
    authorization_actions,
    authorizations,
    bearer_refusal,
    brand,
    consent,
    device,
    health,
    home,
    logos,
    manual,
    password_link,
    set_up,
    sign_in,
    unsent_forms,
)

web.register_error_handler(SignInEnded, unsent_forms.lead_back)
web.register_error_handler(RequestExpired, unsent_forms.begin_again)
web.register_error_handler(CSRFError, unsent_forms.lead_back)

__all__ = [
    "account",
    "api_keys",
    "authorization",
    "authorization_actions",
    "authorizations",
    "bearer_refusal",
    "brand",
    "consent",
    "device",
    "health",
    "home",
    "logos",
    "manual",
    "password_link",
    "set_up",
    "sign_in",
    "unsent_forms",
    "web",
]
