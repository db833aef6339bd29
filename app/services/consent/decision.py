"""Consent: what the page offers, and what approving or denying does."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from app.database.transactions import reading, writing
from app.domain.audit import AuditKind
from app.domain.catalog import Catalog
from app.domain.credentials.secrets import new_id
from app.domain.delegation.access import Terms, effective_access
from app.domain.delegation.choice import Choice, check_choice, terms_of
from app.domain.delegation.difference import difference
from app.domain.delegation.offer import Limits, Offer
from app.domain.errors import ChoiceRefused, Conflict
from app.domain.sentences.access import counted, nothing_useful
from app.domain.sentences.preview import Preview, preview_of
from app.models import Authorization
from app.services import audit
from app.services.authorizations import delegation_form, rows
from app.services.authorizations.delegation_form import Scene
from app.services.authorizations.rows import next_version, write_terms
from app.services.clients.clients import Tool, as_tool
from app.services.consent import requests
from app.services.consent.requests import Asked, Asker, Parked
from app.services.sessions import end_sessions

CHANGED = "You changed what it has meanwhile, in your settings or in another tab."


@dataclass(frozen=True, slots=True)
class Delta:
    """A tool that has access asks again: what it has in one line, and what is new in its request."""

    has: str
    asks: tuple[str, ...]
    is_paused: bool


@dataclass(frozen=True, slots=True)
class ConsentPage:
    """All that the consent page shows, and the scene that previews are made in.

    `delta` and `expires_at` are of the Authorization that stands.
    """

    parked: Parked
    delta: Delta | None
    expires_at: datetime | None
    scene: Scene

    @property
    def offer(self) -> Offer:
        """Return what may be ticked."""
        return self.scene.offer


def page(request_id: str, asker: Asker, *, catalog: Catalog, at: datetime) -> ConsentPage:
    """Return what the consent page shows; raises as `parking.find`."""
    parked = requests.find(request_id, browser=asker.browser, user_id=asker.user_id, at=at)
    with reading() as session:
        scene, _ = _scene(session, parked.tool, parked.asked, asker.user_id, catalog=catalog, at=at)
    ends = scene.terms.expires_at if scene.terms else None
    return ConsentPage(parked, _delta(scene, catalog, at), ends, scene)


def _delta(scene: Scene, catalog: Catalog, at: datetime) -> Delta | None:
    if scene.terms is None:
        return None
    access = effective_access(scene.terms, scene.around.permissions, catalog=catalog, at=at)
    news = [c.title for c in scene.offer.capabilities if c.asked and not c.held]
    servers = scene.terms.mcp_servers
    news += [
        f"MCP server {s.name}"
        for s in scene.offer.mcp_servers
        if s.asked and s.identifier not in servers
    ]
    return Delta(counted(access, catalog), tuple(news), scene.terms.paused)


def preview(page: ConsentPage, choice: Choice, *, catalog: Catalog, at: datetime) -> Preview:
    """Return what a choice would amount to; changes nothing and reads nothing."""
    scene = page.scene
    try:
        check_choice(scene.offer, choice, catalog)
    except ChoiceRefused as refusal:
        return Preview(refusal.public, refusal.problems, ready=False)
    return preview_of(
        terms_of(choice, at=at, catalog=catalog, standing=scene.terms),
        scene.around,
        name=page.parked.tool.name,
        catalog=catalog,
        at=at,
        before=scene.terms,
        wanted={s.identifier: s.name for s in scene.offer.mcp_servers if s.asked},
    )


def approve(
    request_id: str,
    asker: Asker,
    choice: Choice,
    *,
    version: int | None = None,
    catalog: Catalog,
    at: datetime,
) -> str:
    """Write the Authorization that the choice stands for and return its id.

    Edits the one that stands for this user and client, or makes it; `version` is the one that the page
    showed, None to approve over whatever stands. Raises ChoiceRefused when the choice lies outside the
    offer (audited) or is of no use, Conflict when it was edited meanwhile, AlreadyAnswered for a second
    decision.
    """
    with delegation_form.audited_refusals(asker.user_id, at=at), writing() as session:
        return _approve(session, request_id, asker, choice, version=version, catalog=catalog, at=at)


def _approve(
    session: Session,
    request_id: str,
    asker: Asker,
    choice: Choice,
    *,
    version: int | None,
    catalog: Catalog,
    at: datetime,
) -> str:
    # Two tabs must not both create the standing Authorization.
    rows.lock_user(session, asker.user_id)
    row, client = requests.require(
        session, request_id, browser=asker.browser, user_id=asker.user_id, at=at
    )
    tool = as_tool(client)
    asked = requests.asked_of(row)
    scene, stands = _scene(session, tool, asked, asker.user_id, catalog=catalog, at=at)
    if version is not None and (stands is None or version != stands.version):
        raise Conflict(CHANGED)
    terms = _terms(scene, tool, choice, catalog, at)
    authorization = _standing_or_new(session, stands, tool, choice.name, asker.user_id, at=at)
    requests.keep_client(session, tool.id)
    requests.decide(
        session, request_id, "approved", user_id=asker.user_id, authorization_id=authorization.id
    )
    write_terms(session, authorization, terms, at=at)
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


def _terms(scene: Scene, tool: Tool, choice: Choice, catalog: Catalog, at: datetime) -> Terms:
    """Return what the choice stands for; raises ChoiceRefused outside the offer or for nothing."""
    delegation_form.check(scene, choice, catalog, subject=tool.identifier)
    terms = terms_of(choice, at=at, catalog=catalog, standing=scene.terms)
    access = effective_access(terms, scene.around.permissions, catalog=catalog, at=at)
    if not access.is_useful:
        raise ChoiceRefused(f"Nothing useful is selected yet: {nothing_useful(terms)}")
    return terms


def _standing_or_new(
    session: Session,
    row: Authorization | None,
    tool: Tool,
    name: str,
    user_id: str,
    *,
    at: datetime,
) -> Authorization:
    if row is None:
        row = _new(tool, user_id, at)
        row.name = name or row.name
        session.add(row)
        session.flush()
        return row
    # Pausing and revoking do not wait for the user's lock: what was shown must still stand.
    if not next_version(session, row, paused_at=None, name=name or row.name):
        raise Conflict(CHANGED)
    if row.expires_at is not None and row.expires_at <= at:
        # Approving anew revives nothing that ran out: other devices sign in again.
        end_sessions(session, row.id, at=at)
    return row


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
        _, client = requests.require(
            session, request_id, browser=asker.browser, user_id=asker.user_id, at=at
        )
        requests.decide(session, request_id, "denied", user_id=asker.user_id, authorization_id=None)
        audit.record(
            session,
            AuditKind.AUTHORIZATION_DENIED,
            at=at,
            actor=asker.user_id,
            subject=client.identifier,
            user_id=asker.user_id,
        )


def _scene(
    session: Session, tool: Tool, asked: Asked, user_id: str, *, catalog: Catalog, at: datetime
) -> tuple[Scene, Authorization | None]:
    limits = Limits(tool.may_ask(catalog), frozenset(asked.capabilities), asked.resources)
    return delegation_form.of_request(session, tool, limits, user_id, catalog=catalog, at=at)
