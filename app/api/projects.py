"""Projects and their members: list, add, and replace all members in one call."""

from http import HTTPMethod, HTTPStatus
from typing import Any

from pydantic import Field

from app.api.callers import acting
from app.api.contract import Answer, Body, operation
from app.api.cursors import Paging, page, single
from app.domain.management import AdminScope
from app.runtime.clock import now
from app.runtime.current import catalog
from app.services.directory import members, projects
from app.services.directory.members import MOST
from app.services.directory.projects import ProjectInfo

READ, WRITE = AdminScope.DIRECTORY_READ, AdminScope.DIRECTORY_WRITE
TAG = "projects"


class Project(Answer):
    """A place with resources; its slug never changes."""

    slug: str
    name: str


class ProjectPage(Answer):
    """A page of projects, by slug."""

    items: list[Project]
    next: str | None


class NewProject(Body):
    """A project to add."""

    slug: str = Field(max_length=80)
    name: str = Field(max_length=200)


class Member(Answer):
    """A user with a role in the project."""

    user_id: str
    username: str
    email: str
    role: str


class MemberPage(Answer):
    """A page of members, by name."""

    items: list[Member]
    next: str | None


class Role(Body):
    """A role for a user."""

    user: str = Field(max_length=320, description="A name or an e-mail address.")
    role: str = Field(max_length=80)


class NewMembers(Body):
    """All members that the project is to have."""

    members: list[Role] = Field(max_length=MOST)


class Replaced(Answer):
    """What a replacement came to."""

    added: int
    changed: int
    removed: int
    kept: int


def _shown(info: ProjectInfo) -> Project:
    return Project(slug=info.slug, name=info.name)


@operation(HTTPMethod.GET, "/projects", tag=TAG, name="listProjects", answer=ProjectPage)
def list_projects(query: Paging) -> ProjectPage:
    """List projects by slug."""
    acting(READ)
    found, following = page(
        query,
        lambda after, limit: projects.everything(after=single(after), limit=limit),
        lambda one: (one.slug,),
    )
    return ProjectPage(items=list(map(_shown, found)), next=following)


@operation(HTTPMethod.GET, "/projects/<slug>", tag=TAG, name="readProject", answer=Project)
def read_project(slug: str) -> Project:
    """Read a project."""
    acting(READ)
    return _shown(projects.one(slug))


@operation(
    HTTPMethod.POST,
    "/projects",
    tag=TAG,
    name="addProject",
    answer=Project,
    status=HTTPStatus.CREATED,
)
def add_project(json: NewProject) -> Any:
    """Add a project."""
    actor = acting(WRITE)
    made = projects.add(json.slug, name=json.name, at=now(), actor=actor)
    return _shown(made), HTTPStatus.CREATED.value


@operation(
    HTTPMethod.GET, "/projects/<slug>/members", tag=TAG, name="listMembers", answer=MemberPage
)
def list_members(slug: str, query: Paging) -> MemberPage:
    """List a project's members by name."""
    acting(READ)
    found, following = page(
        query,
        lambda after, limit: members.of_project(slug, after=single(after), limit=limit),
        lambda one: (one.username,),
    )
    items = [
        Member(user_id=one.user_id, username=one.username, email=one.email, role=one.role)
        for one in found
    ]
    return MemberPage(items=items, next=following)


@operation(
    HTTPMethod.PUT, "/projects/<slug>/members", tag=TAG, name="replaceMembers", answer=Replaced
)
def replace_members(slug: str, json: NewMembers) -> Replaced:
    """Let the project have these members and no others, in one step that may be sent again."""
    actor = acting(WRITE)
    done = members.replace(
        slug,
        [(one.user, one.role) for one in json.members],
        catalog=catalog(),
        at=now(),
        actor=actor,
    )
    return Replaced(added=done.added, changed=done.changed, removed=done.removed, kept=done.kept)
