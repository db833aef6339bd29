"""The refusal of one call in one sentence, and what its person could give so that it goes through."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from app.domain.catalog import MCP
from app.domain.names import SLUG
from app.domain.sentences.explanation import Explanation, Question, Standpoint, explain

LIFE = frozenset({"revocation", "pause", "expiry", "account"})
OWN = frozenset({"your membership", "your role"})
IN_PROJECT = frozenset({"project", "end of role", "role given"})
AT_SERVER = frozenset({"MCP server", "end of server"})


@dataclass(frozen=True, slots=True)
class Denial:
    """The bound that says no, its sentence, and what is missing that its person could give.

    `missing` holds pairs of `give` (a capability), `project` (a slug) or `mcp_server` (an identifier).
    """

    bound: str
    message: str
    missing: tuple[tuple[str, str], ...] = ()


def denial(questions: Iterable[Question], standpoint: Standpoint) -> Denial | None:
    """Return why a call that needs all of this is refused, None when it is allowed.

    Where the user's own place says no, giving more would be in vain: that comes first, and nothing is
    missing that they could give.
    """
    refused = [(q, found) for q in questions if not (found := explain(q, standpoint)).allowed]
    failing = [bound for _, found in refused for bound in found.bounds if not bound.holds]
    if not failing:
        return None
    first = next((bound for bound in failing if bound.name in LIFE | OWN), failing[0])
    missing: dict[tuple[str, str], None] = {}
    if first.name not in LIFE | OWN:
        for question, found in refused:
            missing |= dict.fromkeys(_missing(question, found, standpoint))
    ordered = sorted(missing, key=lambda pair: pair[0] != "give")
    return Denial(first.id, first.sentence, tuple(ordered))


def _missing(
    question: Question, found: Explanation, standpoint: Standpoint
) -> Iterator[tuple[str, str]]:
    """Give what is not given; a capability too that needs a role in a project where that is missing."""
    fails = {bound.name for bound in found.bounds if not bound.holds}
    entry = standpoint.catalog.capabilities.get(question.capability or "")
    acts_there = entry is not None and entry.least_role is not None and bool(fails & IN_PROJECT)
    if entry is not None and (entry.name not in standpoint.terms.capabilities or acts_there):
        yield "give", entry.name
    if question.project and SLUG.fullmatch(question.project) and fails & IN_PROJECT:
        yield "project", question.project
    if question.mcp_server and MCP not in standpoint.terms.capabilities:
        yield "give", MCP
    if question.mcp_server and fails & AT_SERVER:
        yield "mcp_server", question.mcp_server
