"""Every domain error has its place in the map of every face."""

from __future__ import annotations

from app.api.blueprint import PROBLEMS
from app.domain import errors
from app.http.error_pages import PAGES
from app.oauth.errors import OAUTH_ERRORS


def subclasses(of: type[errors.DomainError]) -> set[type[errors.DomainError]]:
    return {s for direct in of.__subclasses__() for s in (direct, *subclasses(direct))}


def test_every_domain_error_is_in_every_map() -> None:
    from app.cli.exit_codes import EXIT_CODES

    every = subclasses(errors.DomainError)
    assert set(PAGES) == every
    assert set(OAUTH_ERRORS) == every
    assert set(EXIT_CODES) == every
    assert set(PROBLEMS) == every
    assert all(code != 0 for code in EXIT_CODES.values())
