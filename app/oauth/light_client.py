"""Client authentication on the short way: Authlib's, with the client that was read with a credential."""

from collections.abc import Mapping
from datetime import datetime

from authlib.oauth2.rfc6749 import ClientAuthentication, InvalidClientError

from app.domain.clients.auth_methods import AUTH_METHODS, PRIVATE_KEY_JWT, PUBLIC
from app.oauth.adapters import GroundsClientAdapter
from app.oauth.client_authentication import without_secret
from app.oauth.form_checks import basic_pair
from app.oauth.short_way import BASIC, PlainRequest
from app.services.tokens.grounds import GroundsClient

METHODS = [name for name in AUTH_METHODS if name != PRIVATE_KEY_JWT]


class LightTokenRequest:
    """The few attributes that Authlib's client authentication reads."""

    def __init__(self, plain: PlainRequest, form: Mapping[str, str]) -> None:
        self.headers = {"Authorization": plain.authorization} if plain.authorization else {}
        self.form = form
        self.auth_method: str | None = None


def has_plain_credentials(plain: PlainRequest, form: Mapping[str, str]) -> bool:
    """Say whether a request names one client, with credentials in one place at most."""
    if not plain.authorization:
        return "client_id" in form
    if "client_secret" in form or not BASIC.fullmatch(plain.authorization):
        return False
    try:
        name, _ = basic_pair(plain.authorization)
    except InvalidClientError:
        return False
    return form.get("client_id", name) == name


def require_client(
    client: GroundsClient, plain: PlainRequest, form: Mapping[str, str], at: datetime
) -> None:
    """Let Authlib authenticate this client; raises InvalidClientError when it does not."""
    adapter = GroundsClientAdapter(client, at)
    authenticate = ClientAuthentication(
        lambda client_id: adapter if client_id == client.identifier else None
    )
    authenticate.register(PUBLIC, without_secret)
    authenticate(LightTokenRequest(plain, form), METHODS, "token")
