"""What pages say of an Authorization: what it is, what a use of it was, what revoking it stops."""

from collections.abc import Sequence
from dataclasses import dataclass

from app.domain.delegation.authorization import AuthorizationKind, AuthorizationState
from app.domain.sentences.lists import count_text, first_of
from app.domain.sentences.report import Place

PLACES_NAMED = 5
CANNOT_BE_UNDONE = "This cannot be undone."


@dataclass(frozen=True, slots=True)
class ListingWords:
    """What a list of Authorizations says: above it, in its search field, and when it is empty."""

    title: str
    lead: str
    column: str
    search: str
    noun: str
    empty_title: str
    empty: str


CONNECTED_TOOLS = ListingWords(
    title="Connected tools",
    lead="Apps you let act for you.",
    column="Tool",
    search="Search by name, tool or host",
    noun="tools",
    empty_title="No tool acts for you",
    empty="When a tool asks for access and you approve, it appears here. You can change or end it at "
    "any time.",
)
API_KEYS = ListingWords(
    title="API keys",
    lead="Keys that act for you, for scripts and services.",
    column="Key",
    search="Search by name or the end of the key",
    noun="keys",
    empty_title="No API key",
    empty="Make one for a script, a Terraform provider or a service that cannot ask you in a browser.",
)


def listing_words(kind: AuthorizationKind) -> ListingWords:
    """Return the words of the list of one kind."""
    return API_KEYS if kind is AuthorizationKind.API_KEY else CONNECTED_TOOLS


def kind_text(kind: AuthorizationKind) -> str:
    """Return what kind of thing acts for the user."""
    return "API key" if kind is AuthorizationKind.API_KEY else "Connected tool"


def own_name(client_name: str, name: str) -> str:
    """Return the name that a tool gives itself, where the user calls it otherwise; or nothing."""
    return client_name if client_name != name else ""


def end_verb(state: AuthorizationState) -> str:
    """Return the verb between a subject and the instant at which it ends."""
    return "ended" if state is AuthorizationState.EXPIRED else "ends"


def use_text(capability: str, project: str, mcp_server: str) -> str:
    """Return what a call was for, by titles and names, such as `Manage secrets in Payments`."""
    what = f"MCP server {mcp_server}" if mcp_server else capability
    where = f" in {project}" if project else ""
    return f"{what or 'A call that was not explained'}{where}"


def revocation_text(kind: AuthorizationKind) -> str:
    """Return what revoking does, for a list: in one line."""
    if kind is AuthorizationKind.API_KEY:
        return f"Programs that use this key are refused from their next call on. {CANNOT_BE_UNDONE}"
    return (
        "Every token and session of it stops working at once; the tool has to ask you again. "
        f"{CANNOT_BE_UNDONE}"
    )


def revocation_effects(
    kind: AuthorizationKind, *, sessions: int, what: str, places: Sequence[Place]
) -> tuple[str, ...]:
    """Return what revoking stops, a sentence each: sign-ins, abilities, places."""
    return tuple(
        sentence
        for sentence in (
            _credentials_ended(kind, sessions),
            f"What it may do: {what[:1].lower()}{what[1:]}." if what else "",
            f"Its access to {_named(places)}." if places else "",
        )
        if sentence
    )


def _credentials_ended(kind: AuthorizationKind, sessions: int) -> str:
    if kind is AuthorizationKind.API_KEY:
        return "Every program that uses this key: it is refused from its next call on."
    tokens = f"{count_text(sessions, 'session')}, and every token" if sessions else "Every token"
    return f"{tokens} of it. The tool has to ask you again."


def _named(places: Sequence[Place]) -> str:
    names = [f"{p.project} ({p.role})" if p.role else p.project for p in places]
    return first_of(names, PLACES_NAMED, "project")
