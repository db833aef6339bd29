"""The blueprint of the addresses that programs call with a form: JSON in every case."""

from authlib.oauth2 import OAuth2Error
from flask import Blueprint, request

from app.domain.errors import DomainError
from app.oauth import cors
from app.oauth.errors import json_of_domain_error, json_of_oauth_error
from app.oauth.form_checks import check_form_request

oauth = Blueprint("oauth", __name__)
oauth.register_error_handler(DomainError, json_of_domain_error)
oauth.register_error_handler(OAuth2Error, json_of_oauth_error)
OPEN_VIEWS = {"token", "revoke", "server_metadata", "device_authorization", "details_type"}
cors.allow(oauth, frozenset(OPEN_VIEWS))


@oauth.before_request
def _check_form() -> None:
    if request.method == "POST":
        check_form_request()
