"""Users: list, read, add, disable, enable, sign out."""

from http import HTTPMethod, HTTPStatus
from typing import Any

from pydantic import Field

from app.api.callers import acting
from app.api.contract import Answer, Body, operation
from app.api.cursors import Paging, page, single
from app.domain.credentials.secrets import random_base62
from app.domain.management import AdminScope
from app.runtime.clock import now
from app.runtime.current import settings
from app.services.directory import suspension, users
from app.services.directory.users import UserInfo

READ, WRITE = AdminScope.DIRECTORY_READ, AdminScope.DIRECTORY_WRITE
TAG = "users"


class User(Answer):
    """A person who can sign in."""

    id: str = Field(description="The `sub` of tokens.")
    username: str
    email: str
    is_admin: bool
    disabled: bool


class UserPage(Answer):
    """A page of users, by name."""

    items: list[User]
    next: str | None


class NewUser(Body):
    """A user to add. The person gets in by a link for a first password or by single sign-on."""

    username: str = Field(min_length=1, max_length=200)
    email: str = Field(max_length=200)


class SignOut(Body):
    """What ends beside the browser sessions."""

    tools: bool = Field(default=False, description="End the sessions of tools as well.")


def shown(info: UserInfo) -> User:
    """Return a user as answers show one."""
    return User(
        id=info.id,
        username=info.username,
        email=info.email,
        is_admin=info.is_admin,
        disabled=info.disabled,
    )


@operation(HTTPMethod.GET, "/users", tag=TAG, name="listUsers", answer=UserPage)
def list_users(query: Paging) -> UserPage:
    """List users by name."""
    acting(READ)
    found, following = page(
        query,
        lambda after, limit: users.each(after=single(after), limit=limit),
        lambda one: (one.username,),
    )
    return UserPage(items=list(map(shown, found)), next=following)


@operation(HTTPMethod.GET, "/users/<user>", tag=TAG, name="readUser", answer=User)
def read_user(user: str) -> User:
    """Read a user by name, e-mail address or id."""
    acting(READ)
    return shown(users.one(user))


@operation(
    HTTPMethod.POST,
    "/users",
    tag=TAG,
    name="addUser",
    answer=User,
    status=HTTPStatus.CREATED,
)
def add_user(json: NewUser) -> Any:
    """Add a user, who is no administrator."""
    actor = acting(WRITE)
    made = users.add(
        json.username,
        email=json.email,
        password=random_base62(43),  # nobody knows it
        is_admin=False,
        at=now(),
        actor=actor,
    )
    return shown(made), HTTPStatus.CREATED.value


@operation(HTTPMethod.POST, "/users/<user>/disable", tag=TAG, name="disableUser", answer=User)
def disable_user(user: str) -> User:
    """Disable a user: every sign-in ends at once, tools and keys rest."""
    actor, name = acting(WRITE), users.one(user).username
    info, *_ = suspension.disable(name, lifetimes=settings().lifetimes, at=now(), actor=actor)
    return shown(info)


@operation(HTTPMethod.POST, "/users/<user>/enable", tag=TAG, name="enableUser", answer=User)
def enable_user(user: str) -> User:
    """Enable a user again: keys work at once, tools have to sign in again."""
    actor, name = acting(WRITE), users.one(user).username
    info, _ = suspension.enable(name, lifetimes=settings().lifetimes, at=now(), actor=actor)
    return shown(info)


@operation(HTTPMethod.POST, "/users/<user>/sign-out", tag=TAG, name="signOutUser", answer=User)
def sign_out_user(user: str, json: SignOut) -> User:
    """End a user's browser sessions, and with `tools` those of tools."""
    actor, name = acting(WRITE), users.one(user).username
    info, _ = suspension.sign_out(
        name, with_tools=json.tools, lifetimes=settings().lifetimes, at=now(), actor=actor
    )
    return shown(info)
