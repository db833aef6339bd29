"""The Django project of oauth_toolkit.py, which says what was chosen and why.

It runs in the peer's virtualenv. Here Django is not installed, so its modules are imported by name.
GET /_seed?kind=access|refresh|code&n=… answers with that many new ones.
"""

from __future__ import annotations

import os
import uuid
from base64 import urlsafe_b64encode
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from importlib import import_module
from typing import Any

from psycopg.conninfo import conninfo_to_dict

PEOPLE = 100
SCOPE = "mcp api"
REDIRECT_URI = "https://a.example/cb"
WHERE = conninfo_to_dict(os.environ["PGURL"])

import_module("django.conf").settings.configure(
    SECRET_KEY=os.environ["SECRET_KEY"],
    ALLOWED_HOSTS=["127.0.0.1"],
    ROOT_URLCONF=__name__,
    USE_TZ=True,
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    INSTALLED_APPS=[
        "django.contrib.auth",
        "django.contrib.contenttypes",
        "django.contrib.sessions",
        "oauth2_provider",
    ],
    MIDDLEWARE=[
        "django.middleware.security.SecurityMiddleware",
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.middleware.common.CommonMiddleware",
        "django.middleware.csrf.CsrfViewMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
        "django.middleware.clickjacking.XFrameOptionsMiddleware",
    ],
    PASSWORD_HASHERS=[
        "django.contrib.auth.hashers.PBKDF2PasswordHasher",
        f"{__name__}.SecretHasher",
    ],
    DATABASES={
        "default": {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": WHERE.pop("dbname"),
            "CONN_MAX_AGE": None,
            "OPTIONS": {**WHERE, "server_side_binding": True, "prepare_threshold": 5},
        }
    },
    OAUTH2_PROVIDER={
        "SCOPES": {"mcp": "Use MCP servers", "api": "Use the API"},
        "CLIENT_SECRET_HASHER": "pbkdf2_sha256_once",
        "COMPLIANT_BCP_RFC9700_IMPLICIT_GRANT": True,
        "COMPLIANT_BCP_RFC9700_PASSWORD_GRANT": True,
        "COMPLIANT_BCP_RFC9700_PKCE_METHOD": True,
        "COMPLIANT_BCP_RFC9700_ACCESS_TOKEN_TRANSPORT": True,
        "COMPLIANT_BCP_RFC9700_AUTHZ_RESPONSE_ISS": True,
        "COMPLIANT_BCP_RFC9700_TOKEN_STORAGE": True,
        "COMPLIANT_BCP_RFC9700_REFRESH_TOKEN": True,
        "COMPLIANT_BCP_RFC9700_REDIRECT_URI_SCHEME": True,
        "COMPLIANT_BCP_RFC9700_REDIRECT_URI_MATCHING": True,
        "COMPLIANT_BCP_RFC9700_PKCE_REQUIRED": True,
        "REFRESH_TOKEN_REUSE_PROTECTION": True,
        "ALLOWED_REDIRECT_URI_SCHEMES": ["https"],
    },
)
import_module("django").setup()

http = import_module("django.http")
urls = import_module("django.urls")
database = import_module("django.db")
models = import_module("oauth2_provider.models")
User = import_module("django.contrib.auth.models").User
new_token = import_module("oauthlib.common").generate_token
hashers = import_module("django.contrib.auth.hashers")
SecretHasher = type(
    "SecretHasher",
    (hashers.PBKDF2PasswordHasher,),
    {"algorithm": "pbkdf2_sha256_once", "iterations": 1},
)


def prepare() -> None:
    """Make the tables, the people and the clients."""
    import_module("django.core.management").call_command("migrate", verbosity=0)
    User.objects.bulk_create(User(username=f"user-{n}", password="!") for n in range(PEOPLE))
    kinds = {
        "app": models.Application.GRANT_AUTHORIZATION_CODE,
        "rs": models.Application.GRANT_CLIENT_CREDENTIALS,
    }
    for name, kind in kinds.items():
        models.Application.objects.create(
            client_id=name,
            client_secret=os.environ[f"{name.upper()}_SECRET"],
            client_type=models.Application.CLIENT_CONFIDENTIAL,
            authorization_grant_type=kind,
            redirect_uris=REDIRECT_URI,
        )


def seed(request: Any) -> Any:
    texts = [new_token() for _ in range(int(request.GET["n"]))]
    app = models.Application.objects.get(client_id="app")
    people = list(User.objects.all())
    ends = datetime.now(UTC) + timedelta(hours=1)
    whose: list[dict[str, Any]] = [
        {"application": app, "user": people[n % PEOPLE]} for n in range(len(texts))
    ]
    if request.GET["kind"] == "code":
        _store([_grant(text, ends, one) for text, one in zip(texts, whose, strict=True)])
    elif request.GET["kind"] == "access":
        _store([_access(text, ends, one) for text, one in zip(texts, whose, strict=True)])
    else:
        for text, one in zip(texts, whose, strict=True):
            token = _access(new_token(), ends, one)
            token.save()
            chain = models.RefreshToken(access_token=token, token_family=uuid.uuid4(), **one)
            models.set_token_value(chain, text)
            chain.save()
    return http.JsonResponse(texts, safe=False)


def _store(rows: list[Any]) -> None:
    """Write rows; after many, let PostgreSQL know of them, as its autovacuum would a minute later."""
    type(rows[0]).objects.bulk_create(rows, 1_000)
    if len(rows) > 1:
        with database.connection.cursor() as cursor:
            cursor.execute("ANALYZE")


def _access(text: str, ends: datetime, whose: dict[str, Any]) -> Any:
    token = models.AccessToken(expires=ends, scope=SCOPE, **whose)
    models.set_token_value(token, text)
    return token


def _grant(code: str, ends: datetime, whose: dict[str, Any]) -> Any:
    challenge = urlsafe_b64encode(sha256(os.environ["VERIFIER"].encode()).digest())
    return models.Grant(
        code=code,
        expires=ends,
        redirect_uri=REDIRECT_URI,
        scope=SCOPE,
        code_challenge=challenge.decode().rstrip("="),
        code_challenge_method="S256",
        claims="{}",
        **whose,
    )


urlpatterns = [
    urls.path("o/", urls.include("oauth2_provider.urls")),
    urls.path("readyz", lambda _: http.HttpResponse("ready")),
    urls.path("_seed", seed),
]
application = import_module("django.core.wsgi").get_wsgi_application()
