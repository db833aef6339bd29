"""What the example tool does with its token: it calls the resource server and reads the answer."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import Any

import httpx

from app.demo.tool import mcp_messages, reach
from app.demo.tool.reach import SHUT, UNKNOWN, Now, Reach

TIMEOUT = 10.0
LOOKS_FOR = 3.0  # seconds that the page waits to hear what holds now
MAX_SHOWN = 2_000
MAX_PROJECTS = 4
MEANINGS = {
    HTTPStatus.OK: "Allowed.",
    HTTPStatus.CREATED: "Allowed: it was done.",
    HTTPStatus.ACCEPTED: "Taken note of.",
    HTTPStatus.UNAUTHORIZED: "Refused: this token is not good here any more. It was revoked or paused "
    "in Mandate, has ended, or is for another resource.",
    HTTPStatus.FORBIDDEN: "Refused: what you gave to this tool does not reach that far.",
    HTTPStatus.NOT_FOUND: "There is no such thing.",
    HTTPStatus.SERVICE_UNAVAILABLE: "Not answered: the resource server cannot ask Mandate just now, "
    "so it lets nobody in.",
}
GOOD = (HTTPStatus.OK, HTTPStatus.CREATED, HTTPStatus.ACCEPTED)
NOT_DONE = "The MCP server answered that it cannot do this."
NO_ANSWER = "The example resource server does not answer."


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a call was refused, in Mandate's words; `link` leads to where it is changed, or is empty."""

    bound: str
    message: str
    link: str

    @property
    def is_for_the_visitor(self) -> bool:
        """Say whether the link names something that the visitor could give."""
        return "?" in self.link


@dataclass(frozen=True, slots=True)
class Call:
    """One call and what came of it; `status` is None when there was no answer."""

    method: str
    url: str
    status: int | None
    meaning: str
    challenge: str
    body: str
    done: bool = True
    reason: Reason | None = None

    @property
    def allowed(self) -> bool:
        """Say whether the call did what it was for."""
        return self.done and self.status in GOOD

    @property
    def shown(self) -> str:
        """Return as much of the answer as the page has room for."""
        return self.body[:MAX_SHOWN]

    @property
    def phrase(self) -> str:
        """Return the status line, such as `401 Unauthorized`."""
        return (
            "no answer"
            if self.status is None
            else f"{self.status} {HTTPStatus(self.status).phrase}"
        )


class Caller:
    """Calls the resource server with a token in the Authorization header."""

    def __init__(self, api: str, issuer: str) -> None:
        self._api = api
        self._issuer = issuer
        # Proxies of the environment are not for 127.0.0.1.
        self._http = httpx.Client(timeout=TIMEOUT, trust_env=False, transport=httpx.HTTPTransport())

    def look_around(
        self, access_token: str, resource: str, projects: Sequence[str] = ()
    ) -> list[Call]:
        """Call what a token for this resource is for: the API with its projects, or one MCP server.

        `projects` were issued with the token: what was taken back since is called too, and refused.
        """
        if resource != self._api:
            return self._open_mcp_server(access_token, resource)
        first = self._call("GET", f"{self._api}/projects", access_token)
        return [
            first,
            *(
                self._call("GET", f"{self._api}/projects/{slug}/flows", access_token)
                for slug in list(dict.fromkeys([*projects, *_slugs(first)]))[:MAX_PROJECTS]
                if first.allowed
            ),
        ]

    def now(self, access_token: str, resource: str) -> Now:
        """Ask the resource server what it lets this token do now."""
        if resource == self._api:
            call, read = self._call("GET", resource, access_token, timeout=LOOKS_FOR), reach.of_api
        else:
            more = {"json": mcp_messages.REACH, "headers": mcp_messages.HEADERS}
            call = self._call("POST", resource, access_token, timeout=LOOKS_FOR, **more)
            read = reach.of_mcp_server
        if call.status == HTTPStatus.UNAUTHORIZED:
            return SHUT
        if call.status == HTTPStatus.FORBIDDEN:
            return Now(Reach(), sentence=call.meaning)
        try:
            said = json.loads(call.body)
            found = said if resource == self._api else said["result"]["structuredContent"]
            return Now(read(found)) if call.allowed else UNKNOWN
        except (ValueError, KeyError, TypeError):
            return UNKNOWN

    def add_flow(self, access_token: str, slug: str, name: str) -> Call:
        """Add a flow to a project; the answer says whether that was allowed."""
        url = f"{self._api}/projects/{slug}/flows"
        return self._call("POST", url, access_token, json={"name": name})

    def _open_mcp_server(self, access_token: str, url: str) -> list[Call]:
        """Open an MCP server, list its tools and ask who calls; ends at the first refusal."""
        calls: list[Call] = []
        for message in mcp_messages.OPENING:
            headers = mcp_messages.HEADERS
            call = self._call("POST", url, access_token, json=message, headers=headers)
            if call.allowed and call.status != HTTPStatus.ACCEPTED:
                body, done = mcp_messages.gist(call.body)
                call = replace(
                    call, body=body, meaning=call.meaning if done else NOT_DONE, done=done
                )
            if "id" in message:  # a notification has no answer to show
                calls.append(replace(call, method=mcp_messages.title(message)))
            if not call.allowed:
                break
        return calls

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def _call(self, method: str, url: str, access_token: str, **more: Any) -> Call:
        headers = {**more.pop("headers", {}), "Authorization": f"Bearer {access_token}"}
        try:
            response = self._http.request(method, url, headers=headers, **more)
        except httpx.HTTPError:
            return Call(method, url, None, NO_ANSWER, "", "")
        reason = self._reason_of(response)
        meaning = MEANINGS.get(HTTPStatus(response.status_code), "An unexpected answer.")
        return Call(
            method,
            url,
            response.status_code,
            f"Refused: {reason.message}" if reason else meaning,
            response.headers.get("WWW-Authenticate", ""),
            _pretty(response),
            reason=reason,
        )

    def _reason_of(self, response: httpx.Response) -> Reason | None:
        """Return why the call was refused; a link to another place than Mandate is dropped."""
        try:
            body = response.json()
            bound, message = str(body["bound"]), str(body["error_description"])
        except (ValueError, KeyError, TypeError):
            return None
        link = str(body.get("error_uri", ""))
        good = response.status_code == HTTPStatus.FORBIDDEN
        is_ours = link.startswith(f"{self._issuer}/")
        return Reason(bound.replace("_", " "), message, link if is_ours else "") if good else None


def _pretty(response: httpx.Response) -> str:
    try:
        return json.dumps(response.json(), indent=2, ensure_ascii=False)
    except ValueError:
        return response.text


def _slugs(call: Call) -> list[str]:
    if not call.allowed:
        return []
    try:
        return [str(project["slug"]) for project in json.loads(call.body)["projects"]]
    except (ValueError, KeyError, TypeError):
        return []
