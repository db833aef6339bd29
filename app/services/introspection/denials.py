"""Why a call is refused, read only when it is: what was given, by name, also what is of no use now.

The snapshot of introspection leaves out what the user lost, and names. What a resource server learns is
about the projects that were given; of any other project it hears the same words, whatever is there.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Select, bindparam, select
from sqlalchemy.types import String

from app.database.compiled_select import CompiledSelect, instant_or_none
from app.domain.catalog import Catalog
from app.domain.delegation.access import RoleTerm
from app.domain.delegation.usage import Use
from app.domain.introspection import Credential
from app.domain.sentences.denial import Denial, denial
from app.domain.sentences.explanation import KEY, TOOL, Names, Question, Standpoint
from app.models import AuthorizationProject, Project

COLUMNS: tuple[Any, ...] = (
    Project.slug,
    Project.name,
    AuthorizationProject.role,
    AuthorizationProject.then_role,
    AuthorizationProject.until_at,
)


@dataclass(frozen=True, slots=True)
class GivenProjects:
    """The projects that were given, by slug: terms and names."""

    terms: Mapping[str, RoleTerm]
    names: Mapping[str, str]

    def within(self, credential: Credential) -> Credential:
        """Return the credential with the projects that its user lost; its access is the same."""
        projects = {**self.terms, **credential.terms.projects}
        return replace(credential, terms=replace(credential.terms, projects=projects))


def read_given(credential: Credential) -> GivenProjects:
    """Read the projects that were given; raises Unavailable."""
    rows = GIVEN.rows({"authorization_id": credential.authorization_id})
    return GivenProjects(
        {slug: RoleTerm(role, instant_or_none(end), then) for slug, _, role, then, end in rows},
        {slug: name for slug, name, *_ in rows},
    )


def denial_of(
    lacking: Iterable[Use],
    credential: Credential,
    given: GivenProjects,
    *,
    catalog: Catalog,
    at: datetime,
) -> Denial | None:
    """Return why the call is refused that lacks this."""
    standpoint = Standpoint(
        credential.terms,
        credential.permissions,
        catalog,
        at,
        Names(given.names),
        credential.narrowed_to,
        TOOL if credential.client_id else KEY,
        credential.details,
    )
    questions = [
        Question(use.capability or None, use.project or None, use.mcp_server or None)
        for use in lacking
    ]
    return denial(questions, standpoint)


def _given() -> Select[Any]:
    return (
        select(*COLUMNS)
        .select_from(AuthorizationProject)
        .join(Project, Project.id == AuthorizationProject.project_id)
        .where(
            AuthorizationProject.authorization_id == bindparam("authorization_id", type_=String())
        )
    )


GIVEN = CompiledSelect(lambda _rows, _row: _given())
