"""Consent: what the page offers, and what approving or denying does."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.access import EffectiveAccess, Terms, effective_access
from app.domain.audit import AuditKind
from app.domain.catalog import Catalog
from app.domain.delegation import Choice, check_choice, terms_of
from app.domain.difference import difference
from app.domain.errors import ChoiceRefused
from app.domain.offer import Limits, Offer, Surroundings, make_offer
from app.domain.secret_text import new_id
from app.domain.wording import notes, nothing_useful, summary
from app.models import Authorization, User
from app.services import audit, parking, standing, surroundings
from app.services.database import reading, writing
from app.services.parking import Parked
from app.services.programs import Tool, as_tool


@dataclass(frozen=True, slots=True)
class Asker:
    """Who answers a request: the signed-in user, in the browser that started it."""

    user_id: str
    browser: str | None


@dataclass(frozen=True, slots=True)
class ConsentPage:
    """All that the consent page shows; `expires_at` is that of the Authorization that stands."""

    parked: Parked
    offer: Offer
    stands: bool
    expires_at: datetime | None


@dataclass(frozen=True, slots=True)
class Preview:
    """What a choice amounts to; `ready` says whether approving would be accepted."""

    sentence: str
    notes: tuple[str, ...]
    ready: bool


@dataclass(frozen=True, slots=True)
class _Scene:
    tool: Tool
    around: Surroundings
    standing: Authorization | None
    terms: Terms | None
    offer: Offer


def page(request_id: str, asker: Asker, *, catalog: Catalog, at: datetime) -> ConsentPage:
    """Return what the consent page shows; raises as `parking.find`."""
    parked = parking.find(request_id, browser=asker.browser, user_id=asker.user_id, at=at)
    with reading() as session:
        scene = _scene(session, parked.tool, parked.asked, asker.user_id, catalog=catalog, at=at)
    ends = scene.terms.expires_at if scene.terms else None
    return ConsentPage(parked, scene.offer, scene.standing is not None, ends)


def preview(
    request_id: str, asker: Asker, choice: Choice, *, catalog: Catalog, at: datetime
) -> Preview:
    """Return what a choice would amount to; changes nothing. Raises as `parking.find`."""
    parked = parking.find(request_id, browser=asker.browser, user_id=asker.user_id, at=at)
    with reading() as session:
        scene = _scene(session, parked.tool, parked.asked, asker.user_id, catalog=catalog, at=at)
    terms = terms_of(choice, at=at, catalog=catalog, standing=scene.terms)
    try:
        check_choice(scene.offer, choice, catalog)
    except ChoiceRefused as refusal:
        return Preview(refusal.public, refusal.problems, ready=False)
    access = effective_access(terms, scene.around.permissions, catalog=catalog, at=at)
    unreached = tuple(
        s.name
        for s in scene.offer.mcp_servers
        if s.asked and s.identifier not in access.mcp_servers
    )
    return Preview(
        summary(parked.tool.name, access, catalog, scene.around, terms),
        tuple(notes(access, terms, catalog, unreached)),
        ready=access.is_useful,
    )


def approve(
    request_id: str, asker: Asker, choice: Choice, *, catalog: Catalog, at: datetime
) -> str:
    """Write the Authorization that the choice stands for and return its id.

    Edits the one that stands for this user and client, or makes it. Raises ChoiceRefused when the
    choice lies outside the offer (audited) or is of no use, AlreadyAnswered for a second decision.
    """
    try:
        with writing() as session:
            return _approve(session, request_id, asker, choice, catalog=catalog, at=at)
    except ChoiceRefused as refusal:
        if refusal.detail:
            with writing() as session:
                audit.record(
                    session,
                    AuditKind.CHOICE_REFUSED,
                    at=at,
                    actor=asker.user_id,
                    subject=refusal.detail,
                    user_id=asker.user_id,
                    problems=list(refusal.problems),
                )
        raise


def _approve(
    session: Session,
    request_id: str,
    asker: Asker,
    choice: Choice,
    *,
    catalog: Catalog,
    at: datetime,
) -> str:
    # One decision of a user at a time: two tabs must not both create the standing Authorization.
    session.execute(select(User.id).where(User.id == asker.user_id).with_for_update())
    row, client = parking.require(
        session, request_id, browser=asker.browser, user_id=asker.user_id, at=at
    )
    tool = as_tool(client)
    scene = _scene(session, tool, parking.asked_of(row), asker.user_id, catalog=catalog, at=at)
    _check_audited(scene, choice, catalog)
    terms = terms_of(choice, at=at, catalog=catalog, standing=scene.terms)
    _require_useful(
        terms, effective_access(terms, scene.around.permissions, catalog=catalog, at=at)
    )
    authorization = _standing_or_new(session, scene, choice.name, asker.user_id, at)
    parking.decide(
        session, request_id, "approved", user_id=asker.user_id, authorization_id=authorization.id
    )
    standing.write_terms(session, authorization, terms, at=at)
    audit.record(
        session,
        AuditKind.AUTHORIZATION_APPROVED,
        at=at,
        actor=asker.user_id,
        subject=authorization.id,
        user_id=asker.user_id,
        client=tool.identifier,
        **difference(scene.terms or Terms(), terms, catalog),
    )
    return authorization.id


def _standing_or_new(
    session: Session, scene: _Scene, name: str, user_id: str, at: datetime
) -> Authorization:
    row = scene.standing
    if row is None:
        row = _new(scene.tool, user_id, at)
        session.add(row)
    else:
        row.version += 1
        if row.expires_at is not None and row.expires_at <= at:
            # Approving anew revives nothing that ran out: other devices sign in again.
            standing.end_sessions(session, row.id, at=at)
    row.paused_at = None
    row.name = name or row.name
    session.flush()
    return row


def _check_audited(scene: _Scene, choice: Choice, catalog: Catalog) -> None:
    """Check the choice; a refusal names the client in its detail, which makes `approve` audit it."""
    try:
        check_choice(scene.offer, choice, catalog)
    except ChoiceRefused as refusal:
        raise ChoiceRefused(
            refusal.public, problems=refusal.problems, detail=scene.tool.identifier
        ) from None


def _require_useful(terms: Terms, access: EffectiveAccess) -> None:
    if not access.is_useful:
        raise ChoiceRefused(f"Nothing useful is selected yet: {nothing_useful(terms)}")


def _new(tool: Tool, user_id: str, at: datetime) -> Authorization:
    return Authorization(
        id=new_id("aut"),
        kind="oauth2",
        user_id=user_id,
        client_id=tool.id,
        name=tool.name,
        version=1,
        capabilities=[],
        created_at=at,
        updated_at=at,
    )


def deny(request_id: str, asker: Asker, *, at: datetime) -> None:
    """Deny a request; what was delegated before stays as it is. Raises as `approve`."""
    with writing() as session:
        _, client = parking.require(
            session, request_id, browser=asker.browser, user_id=asker.user_id, at=at
        )
        parking.decide(session, request_id, "denied", user_id=asker.user_id, authorization_id=None)
        audit.record(
            session,
            AuditKind.AUTHORIZATION_DENIED,
            at=at,
            actor=asker.user_id,
            subject=client.identifier,
            user_id=asker.user_id,
        )


def _scene(
    session: Session,
    tool: Tool,
    asked: parking.Asked,
    user_id: str,
    *,
    catalog: Catalog,
    at: datetime,
) -> _Scene:
    around = surroundings.of_user(session, user_id)
    row = session.scalar(
        select(Authorization).where(
            Authorization.user_id == user_id,
            Authorization.client_id == tool.id,
            Authorization.revoked_at.is_(None),
        )
    )
    terms = standing.terms_of_row(session, row) if row else None
    limits = Limits(tool.may_ask(catalog), frozenset(asked.capabilities), asked.resources)
    return _Scene(tool, around, row, terms, make_offer(catalog, limits, around, terms, at=at))
