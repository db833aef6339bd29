"""Fetches that run beside the requests, so that a slow document holds no thread of the server.

An owner, such as a user, has one job at a time: whose documents hang keeps nobody else from theirs. A
request waits a moment for its job. Only one request of a process waits longer, so that the other
threads are there for token and introspection calls.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import structlog

from app.domain.errors import DomainError, Unavailable

log = structlog.get_logger()
MOST_JOBS = 32  # of a process; each is a thread that sleeps most of its time
WAITERS = 1  # of the two threads that a process serves with
PATIENCE = 0.2
LONGEST_WAIT = 1.5
BUSY = "The tool is being looked up right now. Try again in a moment."

Context = Callable[[], AbstractContextManager[Any]]
Work = Callable[[], None]
Outcome = Callable[[Exception | None], None]


@dataclass(slots=True)
class Job:
    """What runs for an owner; `error` is how it failed, once it is done."""

    what: str
    done: threading.Event = field(default_factory=threading.Event)
    error: Exception | None = None
    watchers: int = 0


class FetchJobs:
    """The jobs of a process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._running: dict[str, Job] = {}
        self._turns = threading.Semaphore(WAITERS)

    def run(
        self, owner: str, what: str, work: Work, context: Context, *, untold: Outcome | None = None
    ) -> None:
        """Run `work` in a thread of its own, or join the owner's job for `what`, and wait for its end.

        `context` is entered in the thread. `untold` is called there with the end of a job that nobody
        waits for any more. Raises what `work` raises; and Unavailable when it takes too long, when the
        owner has another job, or when there are too many: trying again later meets the same job.
        """
        with self._lock:
            job = self._running.get(owner)
            is_new = job is None
            if job is None:
                if len(self._running) >= MOST_JOBS:
                    raise Unavailable(BUSY)
                job = self._running[owner] = Job(what)
            elif job.what != what:
                raise Unavailable(BUSY)
            job.watchers += 1
        if is_new:
            self._start(owner, (owner, job, work, context, untold))
        self._wait(job)

    def begin(self, owner: str, what: str, work: Work, context: Context) -> None:
        """Run `work` in a thread of its own and wait for nothing; raises nothing.

        It does not run when its owner has a job, or when half of the places are taken: the other half
        is for those whom a request waits for.
        """
        with self._lock:
            if owner in self._running or len(self._running) >= MOST_JOBS // 2:
                return
            job = self._running[owner] = Job(what)
        with suppress(Unavailable):
            self._start(owner, (owner, job, work, context, None))

    def _start(self, owner: str, arguments: tuple[Any, ...]) -> None:
        try:
            threading.Thread(target=self._do, args=arguments, daemon=True, name="fetch").start()
        except RuntimeError:  # the system has no thread left
            with self._lock:
                del self._running[owner]
            raise Unavailable(BUSY) from None

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Hold the right to wait for longer; raises Unavailable while another request has it."""
        if not self._turns.acquire(blocking=False):
            raise Unavailable(BUSY)
        try:
            yield
        finally:
            self._turns.release()

    def _do(
        self, owner: str, job: Job, work: Work, context: Context, untold: Outcome | None
    ) -> None:
        try:
            with context():
                try:
                    work()
                except Exception as error:  # noqa: BLE001 - raised by the request that waits
                    job.error = error
                if untold is not None and not job.watchers:
                    untold(job.error)
        except Exception as error:  # noqa: BLE001 - no thread ends with a traceback on stderr
            job.error = error
        if job.error is not None and not isinstance(job.error, DomainError):
            log.error("fetch.failed", reason=repr(job.error)[:300])
        with self._lock:
            del self._running[owner]
        job.done.set()

    def _wait(self, job: Job) -> None:
        try:
            if not job.done.wait(PATIENCE):
                with self.turn():
                    if not job.done.wait(LONGEST_WAIT - PATIENCE):
                        raise Unavailable(BUSY)
        finally:
            with self._lock:
                job.watchers -= 1
        if job.error is not None:
            raise job.error
