"""All Authorizations for administrators, the newest first, read a page at a time."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from sqlalchemy.orm import Session

from app.database.pages import Found, Order, Statement, in_pages
from app.database.repetition import repeated
from app.database.transactions import reading
from app.domain.catalog import Catalog
from app.models import Authorization
from app.services.authorizations import listing, rows
from app.services.authorizations.listing import AuthorizationSummary
from app.services.clients import clients
from app.services.directory import users

PAGE = 200  # an Authorization may name thousands of projects
KEY = (Authorization.created_at, Authorization.id)


@dataclass(frozen=True, slots=True)
class Filter:
    """Which Authorizations: of a user, of a tool (its client_id), older than the one of an id."""

    username: str | None = None
    tool: str | None = None
    after: str | None = None


EVERYTHING = Filter()


@repeated
def of_everyone(
    which: Filter = EVERYTHING, *, catalog: Catalog, at: datetime, limit: int | None = None
) -> Iterator[AuthorizationSummary]:
    """Give the Authorizations that a filter lets through, `limit` at most.

    Raises NotFound for a user, a tool or an id that does not exist, before the first is given.
    """
    statement, after = listing.everything(), None
    with reading() as session:
        if which.after is not None:
            last = rows.require_row(session, which.after, None)
            after = (last.created_at, last.id)
        user_id = None if which.username is None else users.require(session, which.username).id
    client_id = None if which.tool is None else clients.require_id(which.tool)
    order = Order(KEY, after, is_descending=True)
    made = partial(_made, catalog=catalog, at=at)
    return in_pages(narrowed(statement, user_id, client_id), order, made, limit=limit, page=PAGE)


def narrowed(statement: Statement, user_id: str | None, client_id: str | None) -> Statement:
    """Return a statement of Authorizations for one user, one client, or both."""
    if user_id is not None:
        statement = statement.where(Authorization.user_id == user_id)
    if client_id is not None:
        statement = statement.where(Authorization.client_id == client_id)
    return statement


def _made(
    session: Session, found: Sequence[Found], *, catalog: Catalog, at: datetime
) -> list[AuthorizationSummary]:
    return listing.summaries(session, found, catalog=catalog, at=at)
