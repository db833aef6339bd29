"""Logos of clients: fetched once when a document of a named host is taken, or given by an operator.

A fetch runs beside everything and nobody waits for it: until it is there, and when it fails, pages show
the letter. It has the guards of `json_fetch`.
"""

from datetime import datetime

import structlog
from sqlalchemy import select

from app.database.repetition import repeated
from app.database.transactions import writing
from app.domain.audit import AuditKind
from app.domain.clients.logos import LOGO_URI, RETRY_AFTER
from app.domain.errors import DocumentRefused, Invalid
from app.domain.lifetimes import after
from app.models import Client
from app.services import audit, leases
from app.services.clients.clients import ADMINISTRATOR, ClientInfo, client_info, require_row
from app.services.clients.fetch_jobs import Context
from app.services.clients.json_fetch import Fetcher
from app.services.clients.kept_logos import keep
from app.services.clients.pictures import drawn_logo

NOT_OURS = "Only a tool that an administrator added gets its logo from here."

log = structlog.get_logger()


def begin_fetch(
    client_id: str, url: str, fetcher: Fetcher, context: Context, *, at: datetime
) -> None:
    """Begin to fetch the logo that a client's document names, and return at once.

    A fetch that failed is tried again after a day, another address at once.
    """

    def work() -> None:
        attempt = f"logo\0{client_id}\0{url}"
        if leases.acquire(attempt, until=after(at, RETRY_AFTER), at=at):
            _fetch(client_id, url, fetcher, attempt, at)

    fetcher.jobs.begin(f"logo of {client_id}", url, work, context)


@repeated
def _fetch(client_id: str, url: str, fetcher: Fetcher, attempt: str, at: datetime) -> None:
    try:
        png = drawn_logo(fetcher.picture(url, fetcher.deadline()))
    except (DocumentRefused, Invalid) as refusal:
        log.info("logo.refused", url=url[:200], reason=refusal.detail)
        return
    with writing() as session:
        named = select(Client).where(Client.id == client_id).with_for_update(key_share=True)
        row = session.scalar(named)
        if row is None or row.extra_metadata.get(LOGO_URI) != url:
            return  # its document has changed meanwhile
        keep(session, row, png)
        audit.record(
            session,
            AuditKind.CLIENT_UPDATED,
            at=at,
            actor="document",
            subject=row.identifier,
            changed=["logo"],
        )
    leases.release(attempt)


@repeated
def give_logo(identifier: str, picture: bytes, *, at: datetime, actor: str) -> ClientInfo:
    """Give a client that an administrator added another logo; raises NotFound, Invalid."""
    png = drawn_logo(picture)
    with writing() as session:
        row = require_row(session, identifier)
        if row.registered_by != ADMINISTRATOR:
            raise Invalid(NOT_OURS)
        keep(session, row, png)
        audit.record(
            session,
            AuditKind.CLIENT_UPDATED,
            at=at,
            actor=actor,
            subject=identifier,
            changed=["logo"],
        )
        return client_info(row)
