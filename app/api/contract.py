"""Operations: their types are checked, and written into the OpenAPI document, by one decorator."""

from collections.abc import Callable
from http import HTTPMethod, HTTPStatus
from typing import Any, ParamSpec, TypeVar

from flask import request
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from spectree import Response, SecurityScheme, SpecTree
from spectree.models import SecureType, SecuritySchemeData

from app.api.blueprint import api
from app.api.callers import authenticate
from app.domain.errors import Invalid, MetadataRefused
from app.domain.json_values import parsed
from app.http.limits import MAX_CHOICE

P = ParamSpec("P")
R = TypeVar("R")
JSON = "application/json"
WITH_BODY = frozenset({HTTPMethod.POST, HTTPMethod.PUT})
BEARER = SecuritySchemeData(
    type=SecureType.HTTP, scheme="bearer", description="An access token or an API key."
)
REFUSALS = (400, 401, 403, 404, 409, 413, 429, 503)


class Body(BaseModel):
    """What a request sends: a member that is not known is refused by its name."""

    model_config = ConfigDict(extra="forbid", strict=True)


class Query(BaseModel):
    """The parameters of an address; an unknown one is refused by its name."""

    model_config = ConfigDict(extra="forbid")


class Answer(BaseModel):
    """What an answer holds."""


class Problem(BaseModel):
    """A failure (RFC 9457)."""

    type: str = Field(description="Always about:blank.")
    title: str
    status: int
    detail: str = Field(description="What happened and what to do.")
    request_id: str = Field(description="Finds the line in the server's log.")


def _told(_request: Any, _answer: Any, error: Exception | None, *_: Any) -> None:
    """Refuse what has the wrong form by the name of its first wrong member."""
    if isinstance(error, ValidationError):
        first = error.errors()[0]
        name = ".".join(map(str, first["loc"])) or "The request"
        raise Invalid(f"{name[:200]}: {first['msg']}.")


spec = SpecTree(
    "flask",
    before=_told,
    mode="strict",
    title="Mandate",
    version="1",
    validation_error_status=HTTPStatus.BAD_REQUEST.value,
    validation_error_model=Problem,
    naming_strategy=lambda model: model.__name__,
    nested_naming_strategy=lambda _parent, child: child,
    security_schemes=[SecurityScheme(name="bearer", data=BEARER)],
    security={"bearer": []},
)


def operation(
    method: HTTPMethod,
    rule: str,
    *,
    tag: str,
    name: str,
    answer: type[BaseModel] | None = None,
    status: HTTPStatus = HTTPStatus.OK,
) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Let a function answer an address: `answer` is what it returns, `name` its operationId.

    What it takes as `query` and `json` is read and checked by their types.
    """

    def registered(function: Callable[P, R]) -> Callable[P, R]:
        refusals = {f"HTTP_{code}": Problem for code in REFUSALS}
        answers = Response(**{f"HTTP_{status.value}": answer}, **refusals)
        checked = spec.validate(resp=answers, tags=(tag,), operation_id=name)(function)
        api.add_url_rule(rule, endpoint=name, view_func=checked, methods=[method])
        return function

    return registered


@api.before_request
def _begin() -> None:
    """Find out who calls before the body is read, so that a stranger learns nothing of it."""
    authenticate()
    _check_body()


def _check_body() -> None:
    """Refuse a body that is no JSON object; raises Invalid."""
    request.max_content_length = MAX_CHOICE
    is_empty = not request.content_length and not request.headers.get("Transfer-Encoding")
    if request.method not in WITH_BODY or is_empty:
        return
    if request.mimetype != JSON:
        raise Invalid(f"The body must be {JSON}.")
    try:
        value = parsed(request.get_data())
    except MetadataRefused as refusal:
        raise Invalid(refusal.public) from None
    if not isinstance(value, dict):
        raise Invalid("The body is not a JSON object.")
