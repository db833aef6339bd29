"""The field set that consent, settings and API keys share, read into a Choice.

Its field names are promised to programs that post the form. An element may carry its end:
`role_ends_in-<slug>` and `role_then-<slug>`, `server_ends_in-<identifier>`. An end is in seconds,
empty for none, or `keep`. With `rest` the form names what it shows (`shown_projects` and so on), and
what it does not show stays as it is.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime

from flask import Response, jsonify, request
from werkzeug.datastructures import MultiDict

from app.domain.catalog import MCP
from app.domain.delegation.choice import (
    KEEP,
    MAX_EXPIRES_IN,
    Choice,
    End,
    Keep,
    RoleEnd,
    Shown,
)
from app.domain.delegation.offer import Offer
from app.domain.errors import ChoiceRefused
from app.domain.names import is_showable
from app.domain.sentences.instants import span_text, until_text
from app.domain.sentences.preview import Preview, preview_of_refusal
from app.web.options import Option

PROJECT = "project-"
ROLE_ENDS_IN = "role_ends_in-"
ROLE_THEN = "role_then-"
SERVER_ENDS_IN = "server_ends_in-"
REST, SHOWN = "rest", ("shown_capabilities", "shown_projects", "shown_servers")
CHOICE_FIELDS = (
    "capabilities",
    "mcp_servers",
    "expires_in",
    "name",
    "idempotency_key",
    "edit",
    "template",
    REST,
    *SHOWN,
)
CHOICE_PREFIXES = (PROJECT, ROLE_ENDS_IN, ROLE_THEN, SERVER_ENDS_IN)
HOUR, DAY = 3_600, 86_400
EXPIRIES = (HOUR, DAY, 7 * DAY, 30 * DAY, 90 * DAY, 365 * DAY)
ELEMENT_ENDS = tuple(
    (seconds, span_text(seconds))
    for seconds in (900, HOUR, 2 * HOUR, 8 * HOUR, DAY, 7 * DAY, 30 * DAY)
)
DEFAULT_EXPIRY = 90 * DAY
MAX_LABEL = 200
UNSEEN_MOST = 100
MAX_VERSION_DIGITS = 9
KEPT = "Your choice is kept below, beside what stands now. Send it again to use it."


def read_choice(form: MultiDict[str, str], *, without_expiry: End = None) -> Choice:
    """Return what was submitted; `without_expiry` stands for a form that has no `expires_in`.

    Raises ChoiceRefused for an end or a label that cannot be read.
    """
    return Choice(
        capabilities=frozenset(form.getlist("capabilities")),
        roles={slug: role for slug, role in _named(form, PROJECT) if role},
        mcp_servers=frozenset(form.getlist("mcp_servers")),
        expires_in=_end(form["expires_in"]) if "expires_in" in form else without_expiry,
        name=_label(form),
        role_ends=_role_ends(form),
        server_ends={i: _end(text) for i, text in _named(form, SERVER_ENDS_IN)},
        shown=Shown(*(frozenset(form.getlist(name)) for name in SHOWN)) if REST in form else None,
    )


def read_version() -> int | None:
    """Return the version that the form showed; None when it has none, -1 for any other text."""
    text = request.form.get("version", "").strip()
    if not text:
        return None
    is_number = text.isascii() and text.isdigit() and len(text) <= MAX_VERSION_DIGITS
    return int(text) if is_number else -1


def _named(form: MultiDict[str, str], prefix: str) -> Iterator[tuple[str, str]]:
    for name, value in form.items():
        if name.startswith(prefix):
            yield name.removeprefix(prefix), value


def _role_ends(form: MultiDict[str, str]) -> dict[str, RoleEnd]:
    thens = dict(_named(form, ROLE_THEN))
    ends = {slug: _end(text) for slug, text in _named(form, ROLE_ENDS_IN)}
    return {
        slug: RoleEnd(ends.get(slug, KEEP), (thens[slug] or None) if slug in thens else KEEP)
        for slug in ends | thens
    }


def _label(form: MultiDict[str, str]) -> str:
    name = " ".join(form.get("name", "").split())
    if len(name) > MAX_LABEL or not is_showable(name):
        raise ChoiceRefused(f"The label may have at most {MAX_LABEL} printable characters.")
    return name


def _end(text: str) -> End:
    text = text.strip()
    if not text:
        return None
    if text == KEEP.value:
        return KEEP
    if not (text.isascii() and text.isdigit() and len(text) <= len(str(MAX_EXPIRES_IN))):
        raise ChoiceRefused("The expiry must be a whole number of seconds.")
    return int(text)


def chosen_in(offer: Offer, *, expires_in: End, name: str = "") -> Choice:
    """Return the choice that a form starts from: what the offer has selected.

    `mcp` goes with the MCP servers; where none is selected it stands only if it stood before.
    """
    servers = frozenset(s.identifier for s in offer.mcp_servers if s.selected)
    return Choice(
        capabilities=frozenset(
            c.name
            for c in offer.capabilities
            if c.selected and (c.name != MCP or c.held or servers)
        ),
        roles={p.slug: p.selected for p in offer.projects if p.selected},
        mcp_servers=servers,
        expires_in=expires_in,
        name=name,
    )


def in_part(choice: Choice) -> Choice:
    """Return what goes along on a page unseen: of very long lists a part, the rest is kept anyway."""
    return replace(
        choice,
        roles=dict(sorted(choice.roles.items())[:UNSEEN_MOST]),
        mcp_servers=frozenset(sorted(choice.mcp_servers)[:UNSEEN_MOST]),
    )


def expiries(choice: Choice, current: datetime | None) -> list[Option]:
    """Return the options of `expires_in`, with the current end and the submitted one."""
    end = choice.expires_in
    seconds = sorted({*EXPIRIES, end} if isinstance(end, int) else EXPIRIES)
    kept = (
        []
        if current is None
        else [Option(KEEP.value, f"as now, {until_text(current)}", end is KEEP)]
    )
    spans = [Option(span, span_text(span), span == end) for span in seconds]
    return [*kept, *spans, Option("", "No end", end is None)]


def live_summary(preview: Callable[[Choice], Preview], *, without_expiry: End = None) -> Response:
    """Answer what the submitted choice amounts to, as JSON for the live sentence."""
    try:
        shown = preview(read_choice(request.form, without_expiry=without_expiry))
    except ChoiceRefused as refusal:
        shown = preview_of_refusal(refusal)
    return jsonify(
        sentence=shown.sentence,
        notes=shown.notes,
        ready=shown.ready,
        change=shown.change_sentence,
        details=shown.details,
        more=shown.more if shown.has_more else "",
        button=shown.button,
        missing=shown.missing,
    )


def shown_end(end: End) -> int | str:
    """Return an end as the value of its field."""
    return end.value if isinstance(end, Keep) else "" if end is None else end
