"""Settings: what a safe start needs, and that an unsafe one is refused with a reason."""

from __future__ import annotations

from pathlib import Path

import pytest

from app import create_app
from app.domain.clients.redirect_schemes import EDITORS
from app.domain.errors import Misconfigured
from app.settings import (
    NAMES,
    PACKAGE,
    Settings,
    audit_retention,
    environ_of,
    secret_files,
    unknown_names,
)
from app.settings.lifetimes import LIFETIMES
from app.settings.registration import NUMBERS
from tests.drivers.clock import Clock
from tests.drivers.deployment import Prepared, environment, running_world
from tests.drivers.tool import Browser

GOOD = environment("sqlite:///x.db")


def test_a_good_environment_is_read() -> None:
    found = Settings.from_environ(
        {**GOOD, "MANDATE_REFRESH_GRACE": "0", "MANDATE_CODE_LIFETIME": "30"}
    )
    assert found.lifetimes.refresh_grace == 0
    assert found.lifetimes.code == 30
    assert not found.is_https
    assert len(found.catalog.capabilities) == 7


BAD = [
    ("MANDATE_ISSUER", "", "is missing"),
    ("MANDATE_ISSUER", "http://as.example", "https"),
    ("MANDATE_ISSUER", "https://as.example/", "final slash"),
    ("MANDATE_ISSUER", "https://as.example?x", "without query"),
    ("MANDATE_ISSUER", "https://u@as.example", "must be a URL"),
    ("MANDATE_ISSUER", "https://as.example/a/../b", "path"),
    ("MANDATE_ISSUER", "https://as.example/a//b", "path"),
    ("MANDATE_ISSUER", "https://as.example/%61", "path"),
    ("MANDATE_ISSUER", "https://as.example/.well-known/x", "path"),
    ("MANDATE_ISSUER", "https://as.example/a;b", "path"),
    ("MANDATE_ISSUER", "as.example", "must be a URL"),
    ("MANDATE_DATABASE_URL", "", "must begin with"),
    ("MANDATE_DATABASE_URL", "mysql://x", "must begin with"),
    ("MANDATE_SECRET_KEY", "", "unpredictable"),
    ("MANDATE_SECRET_KEY", "short", "unpredictable"),
    ("MANDATE_SECRET_KEY", " , ,", "unpredictable"),
    ("MANDATE_SECRET_KEY", f"{GOOD['MANDATE_SECRET_KEY']},short", "Key 2 of 2 is weaker"),
    ("MANDATE_SECRET_KEY", "x" * 64, "unpredictable"),
    ("MANDATE_SECRET_KEY", "changeme" * 8, "unpredictable"),
    ("MANDATE_SECRET_KEY", "abcdefghijklmnopqrstuvwxyz0123456789", "unpredictable"),
    ("MANDATE_SECRET_KEY", "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz", "unpredictable"),
    ("MANDATE_SECRET_KEY", "zyxwvutsrqponmlkjihgfedcba9876543210", "unpredictable"),
    ("MANDATE_SECRET_KEY", "qwertyuiopasdfghjklzxcvbnm1234567890", "unpredictable"),
    ("MANDATE_ISSUER", "https://AS.example", "lower case"),
    ("MANDATE_ISSUER", "HTTPS://as.example", "lower case"),
    ("MANDATE_ISSUER", "https://as.example:443", "default port"),
    ("MANDATE_ISSUER", "http://localhost:80/x", "default port"),
    ("MANDATE_ISSUER", "https://as.example", "MANDATE_PROXY_HOPS is missing"),
    ("MANDATE_DEFAULT_AUDIENCE", "nonsense", "absolute"),
    ("MANDATE_REDIS_URL", "http://x", "must begin with"),
    ("MANDATE_PROXY_HOPS", "-1", "whole number"),
    ("MANDATE_PROXY_HOPS", "10", "at most"),
    ("MANDATE_ACCESS_TOKEN_LIFETIME", "601", "at most 600"),
    ("MANDATE_ACCESS_TOKEN_LIFETIME", "0", "whole number"),
    ("MANDATE_ACCESS_TOKEN_LIFETIME", "ten", "whole number"),
    ("MANDATE_CODE_LIFETIME", "601", "at most 600"),
    ("MANDATE_REFRESH_GRACE", "301", "at most 300"),
    ("MANDATE_REFRESH_GRACE", "99999999", "at most 300"),
    ("MANDATE_PENDING_REQUEST_LIFETIME", "86401", "at most 86400"),
    ("MANDATE_AUDIT_RETENTION", "29", "at least 30"),
    ("MANDATE_AUDIT_RETENTION", "1y", "whole number"),
    ("MANDATE_CATALOG", "/nowhere.toml", "cannot be read"),
    ("AUTHLIB_INSECURE_TRANSPORT", "1", "does not start"),
    ("MANDATE_REGISTRATION", "closed", "must be"),
    ("MANDATE_REGISTRATION", "token", "unpredictable"),
    ("MANDATE_REGISTRATION_TOKEN", "x" * 40, "only"),
    ("MANDATE_REGISTRATIONS_PER_HOUR", "0", "whole number"),
    ("MANDATE_REGISTRATION_CEILING", "many", "whole number"),
    ("MANDATE_REDIRECT_SCHEMES", "javascript", "belongs to no tool"),
    ("MANDATE_REDIRECT_SCHEMES", "cursor,http", "belongs to no tool"),
    ("MANDATE_REDIRECT_SCHEMES", "none,ms-settings", "belongs to no tool"),
    ("MANDATE_REDIRECT_SCHEMES", "Cursor", "lower-case"),
    ("MANDATE_REDIRECT_SCHEMES", "cursor:", "lower-case"),
    ("MANDATE_DEVICE_CODE_LIFETIME", "0", "whole number"),
    ("MANDATE_SECURITY_CONTACT", "security@as.example", "mailto"),
    ("MANDATE_ORGANISATION", "x" * 61, "at most 60 printable"),
    ("MANDATE_ORGANISATION", "Kestrel\u202eBikes", "at most 60 printable"),
    ("MANDATE_SUPPORT_CONTACT", "it\n@kestrel.example", "at most 60 printable"),
    ("MANDATE_ACCENT_COLOR", "green", "such as #1f6f5c"),
    ("MANDATE_ACCENT_COLOR", "#1f6f5c}", "such as #1f6f5c"),
    ("MANDATE_ACCENT_COLOR", "#fff", "such as #1f6f5c"),
    ("MANDATE_LOGO", "/nowhere/logo.svg", "cannot be read"),
    ("MANDATE_LOGO", __file__, "PNG, JPEG, WebP or SVG"),
    ("MANDATE_INTROSPECTION_DENIED", "no", "must be on or off"),
    ("MANDATE_INTROSPECTION_DENIED", "Off", "must be on or off"),
    ("MANDATE_CLIENT_DOCUMENTS", "yes", "'yes' is none"),
    ("MANDATE_CLIENT_DOCUMENTS", "on,claude.ai", "'on' is none"),
    ("MANDATE_CLIENT_DOCUMENTS", "claude.ai,", "'' is none"),
    ("MANDATE_CLIENT_DOCUMENTS", ",", "'' is none"),
    ("MANDATE_CLIENT_DOCUMENTS", "https://claude.ai", "is none"),
    ("MANDATE_CLIENT_DOCUMENTS", "claude.ai:8443", "is none"),
    ("MANDATE_CLIENT_DOCUMENTS", "*.example", "is none"),
    ("MANDATE_CLIENT_DOCUMENTS", "claude.ai vscode.dev", "is none"),
    ("MANDATE_OUTBOUND_PROXY", "proxy.example:3128", "without a path"),
    ("MANDATE_OUTBOUND_PROXY", "socks5://proxy.example:1080", "without a path"),
    ("MANDATE_OUTBOUND_PROXY", "http://", "without a path"),
    ("MANDATE_OUTBOUND_PROXY", "http://:3128", "without a path"),
    ("MANDATE_OUTBOUND_PROXY", "http://proxy.example:3128/x", "without a path"),
    ("MANDATE_OUTBOUND_PROXY", "http://proxy.example:3128?x", "without a path"),
    ("MANDATE_OUTBOUND_PROXY", "http://proxy.example:3128#x", "without a path"),
    ("MANDATE_OUTBOUND_PROXY", "http://proxy.example:99999", "without a path"),
    ("MANDATE_OUTBOUND_PROXY", "http://proxy.example:0", "without a path"),
    ("MANDATE_OUTBOUND_PROXY", "http://[::1", "without a path"),
    ("MANDATE_OUTBOUND_PROXY", "http://proxy .example", "without a path"),
]


@pytest.mark.requirement("XC-12", "UI-19")
@pytest.mark.parametrize(("name", "value", "reason"), BAD)
def test_an_unsafe_start_is_refused_with_a_reason(name: str, value: str, reason: str) -> None:
    with pytest.raises(Misconfigured, match=reason):
        Settings.from_environ({**GOOD, name: value})


@pytest.mark.parametrize(
    "issuer",
    [
        "https://as.example",
        "https://as.example/auth",
        "https://as.example/a.b/c~d",
        "https://as.example:8443",
        "http://localhost:8000",
        "http://[::1]:8000",
    ],
)
def test_these_issuers_are_good(issuer: str) -> None:
    found = Settings.from_environ({**GOOD, "MANDATE_ISSUER": issuer, "MANDATE_PROXY_HOPS": "0"})
    assert found.issuer == issuer


DATABASE_NUMBERS = ("MANDATE_DATABASE_TIMEOUT", "MANDATE_DATABASE_POOL_SIZE")
EVERY = {
    **GOOD,
    "MANDATE_PROXY_HOPS": "1",
    "MANDATE_DATABASE_URL": "postgresql+psycopg://db/mandate",
    "MANDATE_DATABASE_TIMEOUT": "2",
    "MANDATE_DATABASE_POOLER": "transaction",
    "MANDATE_DATABASE_POOL_SIZE": "4",
    "MANDATE_REDIS_URL": "redis://127.0.0.1",
    "MANDATE_CATALOG": str(PACKAGE / "catalog.toml"),
    "MANDATE_REGISTRATION": "token",
    "MANDATE_REGISTRATION_TOKEN": "kZ3-unpredictable-and-long-enough-text",
    "MANDATE_REDIRECT_SCHEMES": "myapp",
    "MANDATE_CLIENT_DOCUMENTS": "claude.ai",
    "MANDATE_OUTBOUND_PROXY": "http://proxy.example:3128",
    "MANDATE_SECURITY_CONTACT": "mailto:x@as.example",
    "MANDATE_ORGANISATION": "Kestrel Bikes",
    "MANDATE_LOGO": str(PACKAGE / "static/mark.svg"),
    "MANDATE_ACCENT_COLOR": "#aa3300",
    "MANDATE_SUPPORT_CONTACT": "it@kestrel.example",
    "MANDATE_INTROSPECTION_DENIED": "off",
    **dict.fromkeys([*NUMBERS, *LIFETIMES, audit_retention.NAME], "30"),
}
FILES = {"MANDATE_LEAK_REPORT_KEYS", *secret_files.FILES}  # name files, which other tests have


def test_every_setting_is_tried() -> None:
    assert set(EVERY) | FILES == NAMES


@pytest.mark.parametrize("name", EVERY)
@pytest.mark.parametrize("space", ["\n", " ", "\r\n", "\t"])
def test_white_space_around_a_value_is_never_part_of_it(name: str, space: str) -> None:
    spaced = {**EVERY, name: f"{space}{EVERY[name]}{space}"}
    assert Settings.from_environ(spaced) == Settings.from_environ(EVERY)


BOUNDED = [*NUMBERS, *LIFETIMES, *DATABASE_NUMBERS, "MANDATE_PROXY_HOPS", audit_retention.NAME]


@pytest.mark.parametrize("name", BOUNDED)
def test_every_number_has_an_upper_bound(name: str) -> None:
    with pytest.raises(Misconfigured, match=f"{name} must be at most"):
        Settings.from_environ({**EVERY, name: "999999999999"})


def test_a_broken_catalog_stops_the_start_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "catalog.toml"
    path.write_text('[[roles]]\nname = "viewer"\ntitle = "V"\ndescription = "d"\nrank = 3\n')
    with pytest.raises(Misconfigured, match=rf"{path}: .*line 5: 'rank' is not a key of roles"):
        Settings.from_environ({**GOOD, "MANDATE_CATALOG": str(path)})


def test_another_catalog_is_taken(tmp_path: Path) -> None:
    path = tmp_path / "catalog.toml"
    path.write_text(
        '[[roles]]\nname = "reader"\ntitle = "R"\ndescription = "d"\n'
        '[[capabilities]]\nname = "read"\ntitle = "Read"\ndescription = "d"\nleast_role = "reader"\n'
    )
    app = create_app(Settings.from_environ({**GOOD, "MANDATE_CATALOG": str(path)}))
    metadata = app.test_client().get("/.well-known/oauth-authorization-server").get_json()
    assert metadata["scopes_supported"] == ["read"]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("", EDITORS),
        ("myapp, other", EDITORS | {"myapp", "other"}),
        ("cursor", EDITORS),
        ("none", frozenset()),
        ("none,myapp", frozenset({"myapp"})),
    ],
)
def test_the_schemes_of_editors_are_taken_unless_the_operator_says_none(
    value: str, expected: frozenset[str]
) -> None:
    found = Settings.from_environ({**GOOD, "MANDATE_REDIRECT_SCHEMES": value})
    assert found.registration.schemes == expected


def test_a_misspelt_setting_is_named() -> None:
    assert unknown_names({**GOOD, "MANDATE_ISSEUR": "x", "PATH": "y"}) == ["MANDATE_ISSEUR"]
    assert set(GOOD) <= NAMES


def test_settings_do_not_show_their_secrets() -> None:
    settings = Settings.from_environ(
        {**GOOD, "MANDATE_DATABASE_URL": "postgresql+psycopg://u:hidden@h/d"}
    )
    assert "hidden" not in repr(settings)
    assert GOOD["MANDATE_SECRET_KEY"] not in repr(settings)


def test_a_directory_without_a_demo_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="holds no demo"):
        environ_of(tmp_path)


@pytest.mark.requirement("UI-28")
def test_an_unreachable_redis_costs_nothing_but_precision(
    lone_database: Prepared, clock: Clock
) -> None:
    with running_world(lone_database, clock, MANDATE_REDIS_URL="redis://127.0.0.1:1/0") as world:
        assert Browser(world).sign_in("ben").status_code == 303
        statuses = [Browser(world).sign_in("cleo", "wrong").status_code for _ in range(11)]
        assert statuses == [401] * 10 + [429], "guessing is limited without it"
