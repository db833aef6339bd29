"""API keys: an Authorization of one's own with a secret that is shown once.

A key only points at its Authorization, like a token. Its Terms alone bound it; it has no audience.
Making or rotating a key needs a recent password, which the faces ask for.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from app.database.repetition import repeated
from app.database.transactions import reading, writing
from app.domain.audit import AuditKind
from app.domain.catalog import Catalog
from app.domain.credentials.rotated_secrets import MAX_OVERLAP
from app.domain.credentials.secrets import (
    Prefix,
    derived_id,
    digest,
    new_id,
    new_secret,
)
from app.domain.delegation.access import Terms
from app.domain.delegation.authorization import AuthorizationKind
from app.domain.delegation.choice import Choice
from app.domain.errors import Conflict, Invalid, NotFound
from app.domain.lifetimes import after
from app.domain.sentences.difference import difference
from app.domain.sentences.instants import day_text, span_text
from app.domain.sentences.preview import Preview
from app.models import ApiKey, Authorization
from app.services import audit
from app.services.authorizations import delegation_form, rows
from app.services.authorizations.delegation_form import FormContext

UNNAMED = "API key"
REPEATED_WITHIN = 60  # seconds in which a form that comes again was pressed twice


@dataclass(frozen=True, slots=True)
class NewKey:
    """A new key with its `text`, which is never available again.

    `replaced_until` is when the previous text stops, None for the first one. `is_repeat` says that the
    form came twice: a text that was shown before does not work.
    """

    authorization_id: str
    name: str
    text: str
    expires_at: datetime | None
    replaced_until: datetime | None = None
    is_repeat: bool = False


@dataclass(frozen=True, slots=True)
class MadeBefore:
    """The key that a form has made already; its text is not available any more."""

    authorization_id: str


@dataclass(frozen=True, slots=True)
class ApiKeyInfo:
    """What a page can still show of a key; `expires_at` is the end of an overlap."""

    id: str
    hint: str
    created_at: datetime
    expires_at: datetime | None


@repeated
def page(user_id: str, *, catalog: Catalog, at: datetime) -> FormContext:
    """Return the context of the form for a new key."""
    with reading() as session:
        return delegation_form.of_new_key(session, user_id, catalog=catalog, at=at)


def preview(context: FormContext, choice: Choice) -> Preview:
    """Return what a new key would be able to do; makes nothing and reads nothing."""
    return delegation_form.preview(context, choice)


@repeated
def create(
    user_id: str, choice: Choice, *, idempotency_key: str, catalog: Catalog, at: datetime
) -> NewKey | MadeBefore:
    """Make a key for the user; sending one form twice makes one key, by its `idempotency_key`.

    Who sends it twice at once gets a new text in place of the first, which nobody may have seen. Raises
    ChoiceRefused outside the offer (audited) or when it is of no use.
    """
    with delegation_form.audited_refusals(user_id, at=at), writing() as session:
        rows.lock_user(session, user_id)
        key_id = derived_id("aut", user_id, idempotency_key) if idempotency_key else new_id("aut")
        if (made := session.get(Authorization, key_id)) is not None:
            return _shown_again(session, made, choice, at)
        context = delegation_form.of_new_key(session, user_id, catalog=catalog, at=at)
        terms = delegation_form.useful_terms(context, choice, subject="api_key")
        row = rows.add(
            session,
            AuthorizationKind.API_KEY,
            authorization_id=key_id,
            user_id=user_id,
            client_id=None,
            name=choice.name or f"{UNNAMED} of {day_text(at)}",
            terms=terms,
            at=at,
        )
        row.edit_digest = choice.fingerprint
        _record(session, AuditKind.API_KEY_CREATED, row, at, **difference(Terms(), terms, catalog))
        return NewKey(row.id, row.name, _issue(session, row, at), row.expires_at)


def _shown_again(
    session: Session, row: Authorization, choice: Choice, at: datetime
) -> NewKey | MadeBefore:
    """Give a key of the last moment a new text in place of the first, unless it is in use.

    A form that says something else now is not the same press: the key that was made is not it.
    """
    is_fresh = row.created_at > after(at, -REPEATED_WITHIN) and row.version == 1
    is_same = row.edit_digest == choice.fingerprint
    if not (is_fresh and is_same) or row.used_at is not None or row.revoked_at is not None:
        return MadeBefore(row.id)
    _end_texts(session, row, at)
    text = _issue(session, row, at)
    _record(session, AuditKind.API_KEY_ROTATED, row, at, overlap=0)
    return NewKey(row.id, row.name, text, row.expires_at, is_repeat=True)


def _issue(session: Session, row: Authorization, at: datetime) -> str:
    text = new_secret(Prefix.API_KEY)
    session.add(
        ApiKey(
            id=new_id("key"),
            authorization_id=row.id,
            digest=digest(text),
            last_four=text[-4:],
            created_at=at,
        )
    )
    return text


@repeated
def require_own(authorization_id: str, owner: str) -> None:
    """Raise NotFound unless this is an API key of the user."""
    with reading() as session:
        if rows.require_row(session, authorization_id, owner).kind != AuthorizationKind.API_KEY:
            raise NotFound(rows.GONE)


@repeated
def rotate(authorization_id: str, owner: str, *, overlap: int, at: datetime) -> NewKey:
    """Make a new text for a key; the old one lives for `overlap` more seconds, 0 ends it at once.

    Raises NotFound (also for another user's key, or for no key at all), Invalid for an overlap beyond 30
    days, Conflict when the key is revoked or has expired.
    """
    if not 0 <= overlap <= MAX_OVERLAP:
        raise Invalid(f"The old key may live for at most {span_text(MAX_OVERLAP)} more.")
    with writing() as session:
        rows.lock_user(session, owner)
        row = rows.require_row(session, authorization_id, owner)
        if row.kind != AuthorizationKind.API_KEY:
            raise NotFound(rows.GONE)
        if row.revoked_at is not None:
            raise Conflict("This key was revoked; make a new one.")
        if row.expires_at is not None and row.expires_at <= at:
            raise Conflict("This key has expired; give it a new end first.")
        ends = after(at, overlap)
        _end_texts(session, row, ends)
        text = _issue(session, row, at)
        _record(session, AuditKind.API_KEY_ROTATED, row, at, overlap=overlap)
        return NewKey(row.id, row.name, text, row.expires_at, ends)


def _end_texts(session: Session, row: Authorization, ends: datetime) -> None:
    session.execute(
        update(ApiKey)
        .where(
            ApiKey.authorization_id == row.id,
            ApiKey.revoked_at.is_(None),
            or_(ApiKey.expires_at.is_(None), ApiKey.expires_at > ends),
        )
        .values(expires_at=ends)
    )


def live_keys(session: Session, authorization_id: str, *, at: datetime) -> list[ApiKeyInfo]:
    """Return the keys under an Authorization that still work, the newest first."""
    keys = session.scalars(
        select(ApiKey)
        .where(
            ApiKey.authorization_id == authorization_id,
            ApiKey.revoked_at.is_(None),
            or_(ApiKey.expires_at.is_(None), ApiKey.expires_at > at),
        )
        .order_by(ApiKey.created_at.desc(), ApiKey.id)
    )
    return [ApiKeyInfo(r.id, f"mdtk_…{r.last_four}", r.created_at, r.expires_at) for r in keys]


def _record(
    session: Session, kind: AuditKind, row: Authorization, at: datetime, **detail: object
) -> None:
    audit.record(
        session,
        kind,
        at=at,
        actor=row.user_id,
        subject=row.id,
        user_id=row.user_id,
        name=row.name,
        **detail,
    )
