"""Those who use a deployment while it breaks: tools, people, a resource server and a watch."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

from tests.bench.faults import health
from tests.bench.faults.edit_client import EditClient
from tests.bench.faults.ledger import Ledger
from tests.bench.faults.stage import Stage, seeded
from tests.bench.faults.token_client import TokenClient
from tests.bench.faults.wire import Answer, Wire
from tests.drivers.editor import Editor
from tests.drivers.racers import cookies_of
from tests.drivers.tool import Tool

TOOLS, READERS = 4, 2
CODES = 6_000
READS_EVERY = 0.01  # seconds
JOINED_WITHIN = 30  # seconds
PEOPLE = {"ben": "native", "ada": "spa"}
FIRST = {
    "capabilities": ["api", "flows:edit"],
    "project-payments": "editor",
    "expires_in": "",
    "name": "Edit 0",
}


@dataclass
class Editing:
    """A person's Authorization: where it is edited, and a token of it."""

    file: Path
    address: str
    cookies: str
    token: str


@dataclass
class Crew:
    """The clients of a stage. `standing` is a token that nobody revokes."""

    stage: Stage
    own: dict[str, str]
    resource_server: dict[str, str]
    standing: str
    authorization: str
    token_files: list[Path] = field(default_factory=list)
    edits: list[Editing] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)

    def introspect(self, wire: Wire, token: str) -> Answer | None:
        return wire.post("/oauth/introspect", f"token={token}", self.resource_server)

    def read(self) -> None:
        """Ask about the standing token until the run is over."""
        wire = Wire(self.stage.endpoint, self.stage.times)
        while not self.over.wait(READS_EVERY):
            self.introspect(wire, self.standing)
        wire.close()


def beats_file(stage: Stage) -> Path:
    """Return where the watch writes what it sees."""
    return stage.directory / "beats.jsonl"


@contextmanager
def at_work(stage: Stage, *, new_each: bool = False, paced: float = 0.0) -> Iterator[Crew]:
    """Let everybody work until the block ends; `paced` is in seconds between two sessions of a tool."""
    seeds = seeded(stage.world)
    load, reads = seeds.load("code_exchange", CODES, 1), seeds.load("introspection", 1, 1)
    own = f"SELECT authorization_id FROM sessions WHERE id = '{seeds.session_id}'"
    [[authorization]] = stage.select(own)
    standing = str(seeds.tokens["access_token"])
    crew = Crew(stage, load.headers, reads.headers, standing, str(authorization))
    with ExitStack() as stack:
        runs = [crew.read] * READERS
        for number in range(TOOLS):
            ledger = _ledger(stack, crew.token_files, stage.directory / f"tokens-{number}.jsonl")
            wire = _wire(stack, stage, new_each=new_each)
            codes = islice(load.bodies, number, None, TOOLS)
            runs.append(TokenClient(wire, ledger, codes, crew.own, crew.over, paced).run)
        for name in PEOPLE:
            runs.append(_person(stack, crew, name, new_each=new_each).run)
        stack.enter_context(health.watched(stage.servers[0].port, beats_file(stage)))
        with _running(runs, crew.over):
            yield crew


@contextmanager
def _running(runs: list[Callable[[], None]], over: threading.Event) -> Iterator[None]:
    failures: list[BaseException] = []

    def guarded(run: Callable[[], None]) -> None:
        try:
            run()
        except BaseException as error:  # noqa: BLE001 - it is raised below
            failures.append(error)

    threads = [threading.Thread(target=guarded, args=(run,)) for run in runs]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        over.set()
        for thread in threads:
            thread.join(JOINED_WITHIN)
    if failures:
        raise failures[0]


def _wire(stack: ExitStack, stage: Stage, *, new_each: bool) -> Wire:
    made = Wire(stage.endpoint, stage.times, new_each=new_each)
    stack.callback(made.close)
    return made


def _ledger(stack: ExitStack, files: list[Path], path: Path) -> Ledger:
    made = Ledger(path)
    stack.callback(made.close)
    files.append(path)
    return made


def _person(stack: ExitStack, crew: Crew, name: str, *, new_each: bool) -> EditClient:
    """Let a person delegate to a tool of their own, and return who edits that."""
    stage = crew.stage
    stage.world.clock.at = datetime.now(UTC)
    tool = Tool(stage.world, getattr(stage.world, PEOPLE[name])).sign_in(name)
    editor = Editor(tool, FIRST)
    file = stage.directory / f"edits-{name}.jsonl"
    ledger = _ledger(stack, [], file)
    crew.edits.append(Editing(file, editor.address, cookies_of(tool), editor.token))
    wire = _wire(stack, stage, new_each=new_each)
    asked = tool.request()
    return EditClient(wire, ledger, cookies_of(tool), editor.address, asked, crew.over)
