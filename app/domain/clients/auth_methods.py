"""How a client may authenticate, and the grant types that it may use."""

PUBLIC = "none"
BASIC, POST = "client_secret_basic", "client_secret_post"
# The client named no method.
ANY_SECRET = "client_secret"  # noqa: S105 - a method
PRIVATE_KEY_JWT = "private_key_jwt"
AUTH_METHODS = (PUBLIC, BASIC, POST, PRIVATE_KEY_JWT)
SECRET_METHODS = (BASIC, POST, ANY_SECRET)
AUTHORIZATION_CODE = "authorization_code"
REFRESH_TOKEN = "refresh_token"  # noqa: S105 - a grant type
DEVICE_CODE = "urn:ietf:params:oauth:grant-type:device_code"
# Of service accounts alone: no tool can ask for it.
CLIENT_CREDENTIALS = "client_credentials"
GRANT_TYPES = (AUTHORIZATION_CODE, REFRESH_TOKEN, DEVICE_CODE)
USUAL_GRANT_TYPES = (AUTHORIZATION_CODE, REFRESH_TOKEN)


def may_authenticate_by(registered: str, method: str) -> bool:
    """Say whether who registered one way to authenticate may do so by a method.

    A secret may come in the header or in the body, whichever was registered: RFC 6749 section 2.3.1 has
    every server take Basic, and libraries choose for themselves. No other method stands for another.
    """
    return method in (BASIC, POST) if registered in SECRET_METHODS else method == registered
