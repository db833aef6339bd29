"""The whole service against a model of thirty lines that shares nothing with it.

Random memberships, edits, ends, pauses and disablings over HTTP and the clock; after every step the
introspection of a token and of an API key equals what the model says, at the process that made the
change and at another, whose kept answers it never touched.

MODEL_SEEDS in the environment sets the number of walks (2000 for a full trial: 100,000 steps).
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Any

import pytest

from app.runtime import misses
from tests.drivers.clock import START
from tests.drivers.deployment import Prepared, running_world
from tests.drivers.owner import Owner
from tests.drivers.tool import Tool
from tests.drivers.world import MCP, ROLES, SERVERS, World

SEEDS = int(os.environ.get("MODEL_SEEDS", "6"))
RANKS = ["viewer", "editor", "admin"]
LEAST = {
    "mcp": None,
    "api": None,
    "apps:view": "viewer",
    "apps:admin": "admin",
    "flows:edit": "editor",
    "secrets:edit": "editor",
    "endpoints:access": "viewer",
}
NEEDED = {name: RANKS.index(role) if role else -1 for name, role in LEAST.items()}
SLUGS = ["payments", "website", "data", "sandbox"]


@dataclass
class Model:
    """What was delegated, and when it ends; the user's roles stand beside it."""

    roles: dict[str, str]
    capabilities: set[str] = field(default_factory=set)
    projects: dict[str, tuple[str, datetime | None, str | None]] = field(default_factory=dict)
    servers: dict[str, datetime | None] = field(default_factory=dict)
    ends: datetime | None = None
    stopped: set[str] = field(default_factory=set)

    def allows(self, choice: dict[str, Any]) -> bool:
        own = [RANKS.index(role) for role in self.roles.values()]
        reach = [SERVERS[name] in self.roles for name in choice["mcp_servers"]]
        given = [name for name in SLUGS if choice.get(f"project-{name}")]
        return (
            all(
                LEAST[c] is None or any(r >= NEEDED[c] for r in own) for c in choice["capabilities"]
            )
            and (
                "mcp" not in choice["capabilities"]
                or any(SERVERS[s] in self.roles for s in SERVERS)
            )
            and all(reach)
            and all(
                s in self.roles
                and RANKS.index(choice[f"project-{s}"]) <= RANKS.index(self.roles[s])
                for s in given
            )
            and all(
                not choice.get(f"role_then-{s}")
                or RANKS.index(choice[f"role_then-{s}"]) < RANKS.index(choice[f"project-{s}"])
                for s in given
            )
        )

    def answer(
        self, at: datetime
    ) -> tuple[set[str], dict[str, tuple[str, set[str]]], dict[str, str]] | None:
        """Return scope, projects and MCP servers, or None when inactive."""
        if self.stopped or (self.ends and at >= self.ends):
            return None
        held: dict[str, str] = {}
        for slug, (role, until, then) in self.projects.items():
            now = role if until is None or at < until else then
            if now and slug in self.roles:
                held[slug] = RANKS[min(RANKS.index(now), RANKS.index(self.roles[slug]))]
        acts = {
            s: {c for c in self.capabilities if LEAST[c] and RANKS.index(r) >= NEEDED[c]}
            for s, r in held.items()
        }
        scope = {
            c for c in self.capabilities if LEAST[c] is None or any(c in a for a in acts.values())
        }
        reached = {
            s: self.roles[SERVERS[s]]
            for s, until in self.servers.items()
            if SERVERS[s] in self.roles and (until is None or at < until)
        }
        return scope, {s: (held[s], acts[s]) for s in held}, reached if "mcp" in scope else {}


class Trial:
    """A token and a key of ben's, their models, and random things that happen to them."""

    def __init__(self, world: World, other: World, seed: int) -> None:
        self.world, self.random = world, Random(seed)
        self.processes = [Tool(each, world.native) for each in (world, other)]
        self.owner = Owner(world)
        self.tool = Tool(world, world.native)
        self.tool.browser, self.tool.signed_in = self.owner.browser, True
        everything = " ".join(LEAST)
        first = {"capabilities": ["api"], "project-payments": "viewer", "expires_in": ""}
        self.token = self.tool.tokens(first, scope=everything)["access_token"]
        self.gateway = self.tool.tokens(first, scope=everything, resource=MCP)["access_token"]
        key = self.owner.make(
            capabilities=["api"], **{"project-payments": "viewer"}, expires_in="", name="k"
        )
        own = dict(ROLES["ben"])
        self.models = {"token": Model(own), "key": Model(own)}
        for model in self.models.values():
            model.capabilities, model.projects = {"api"}, {"payments": ("viewer", None, None)}
        self.texts = {"token": self.token, "key": key}
        self.addresses = {name: self.owner.address(text) for name, text in self.texts.items()}
        self.page = self.owner.browser.get("/settings/account")

    def post(self, address: str, **fields: Any) -> int:
        return self.owner.browser.submit(self.page, address, **fields).status_code

    def step(self) -> str:
        name = self.random.choice(
            ["member", "member", "edit", "edit", "edit", "clock", "user", "pause", "client"]
        )
        return str(getattr(self, name)())

    def member(self) -> str:
        slug, role = self.random.choice(SLUGS), self.random.choice([*RANKS, None])
        own = self.models["token"].roles
        if role is None:
            if slug in own:
                self.world.remove_member(slug, "ben")
                own.pop(slug)
        else:
            self.world.set_member(slug, "ben", role)
            own[slug] = role
        return f"member {slug} {role}"

    def edit(self) -> str:
        which = self.random.choice(list(self.models))
        model = self.models[which]
        choice: dict[str, Any] = {
            "capabilities": self.random.sample(list(LEAST), self.random.randint(0, 7)),
            "mcp_servers": self.random.sample(list(SERVERS), self.random.randint(0, 3)),
            "expires_in": self.random.choice(["", "", "", "300"]),
        }
        for slug in self.random.sample(SLUGS, self.random.randint(0, 4)):
            choice[f"project-{slug}"] = self.random.choice(RANKS)
            choice[f"role_ends_in-{slug}"] = self.random.choice(["", "", "60", "200"])
            choice[f"role_then-{slug}"] = self.random.choice(["", "viewer"])
        for server in choice["mcp_servers"]:
            choice[f"server_ends_in-{server}"] = self.random.choice(["", "100"])
        status = self.post(self.addresses[which], **choice)
        if "user" in model.stopped:
            assert status == 303, "who is disabled is signed out"
            return "edit while disabled"
        assert status == (303 if model.allows(choice) else 422), choice
        if status == 303:
            self.take(model, choice)
        return f"edit {which} {choice} {status}"

    def take(self, model: Model, choice: dict[str, Any]) -> None:
        def end(text: str) -> datetime | None:
            return self.world.at + timedelta(seconds=int(text)) if text else None

        model.capabilities = set(choice["capabilities"])
        model.ends = end(choice["expires_in"])
        model.servers = {s: end(choice[f"server_ends_in-{s}"]) for s in choice["mcp_servers"]}
        model.projects = {
            s: (
                choice[f"project-{s}"],
                end(choice[f"role_ends_in-{s}"]),
                choice[f"role_then-{s}"] or None,
            )
            for s in SLUGS
            if choice.get(f"project-{s}")
        }

    def clock(self) -> str:
        self.world.clock.forward(seconds=self.random.choice([1, 30, 60, 100]))
        return "clock"

    def user(self) -> str:
        # The state alone: the command would end the sign-ins for good, and the trial with them.
        self.world.execute(
            "UPDATE users SET disabled_at = CASE WHEN disabled_at IS NULL THEN created_at END "
            "WHERE username = 'ben'"
        )
        for model in self.models.values():
            model.stopped ^= {"user"}
        return "user"

    def client(self) -> str:
        self.world.execute(
            "UPDATE clients SET disabled_at = CASE WHEN disabled_at IS NULL THEN created_at END "
            f"WHERE identifier = '{self.world.native.client_id}'"
        )
        self.models["token"].stopped ^= {"client"}
        return "client"

    def pause(self) -> str:
        which = self.random.choice(list(self.models))
        model = self.models[which]
        if "user" not in model.stopped:
            verb = "resume" if "pause" in model.stopped else "pause"
            assert self.post(f"{self.addresses[which]}/{verb}") == 303
            model.stopped ^= {"pause"}
        return f"pause {which}"

    def check(self) -> None:
        for process in self.processes:
            self.check_at(process)

    def check_at(self, process: Tool) -> None:
        for which, model in self.models.items():
            expected = model.answer(self.world.at)
            found = process.introspect(self.texts[which])
            assert found["active"] is (expected is not None), which
            if expected is not None:
                assert read(found) == expected, which
            reached = expected[2] if expected else {}
            text = self.gateway if which == "token" else self.texts[which]
            for server in SERVERS:
                asked = process.introspect(text, "mcp", resource=f"{MCP}/{server}")
                assert asked["active"] is (server in reached), (which, server)


def read(found: dict[str, Any]) -> tuple[set[str], dict[str, tuple[str, set[str]]], dict[str, str]]:
    details = found["authorization_details"]
    projects = {
        d["identifier"]: (d["privileges"][0], set(d["actions"]))
        for d in details
        if d["type"] == "project"
    }
    servers = {d["identifier"]: d["privileges"][0] for d in details if d["type"] == "mcp_server"}
    return set(found["scope"].split()), projects, servers


@pytest.mark.slow
@pytest.mark.requirement("AK-06", "UI-09", "UI-10", "AT-02")
@pytest.mark.parametrize("seed", range(SEEDS))
def test_introspection_equals_the_model_at_every_step(
    world: World, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(misses, "PAUSE", 0.0)  # many answers are "not active", and would be slowed
    same = Prepared(world.app.config["SQLALCHEMY_DATABASE_URI"], world)
    with running_world(same, world.clock) as other:
        walk(Trial(world, other, seed))


def walk(trial: Trial) -> None:
    done: list[str] = []
    trial.check()
    for _ in range(50):
        if trial.world.at - START > timedelta(minutes=9):
            break  # the token's own life is not what is tried here
        done.append(trial.step())
        try:
            trial.check()
        except AssertionError as error:
            raise AssertionError("\n".join(done)) from error
