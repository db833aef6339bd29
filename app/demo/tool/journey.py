"""The four steps of the demo, which tick themselves as a visitor does them."""

from dataclasses import dataclass, field

from app.demo.tool.reach import Now, Reach

CONNECT, CHANGE, CALL, REVOKE = "Connect", "Change", "Call again", "Revoke"
STEPS = {
    CONNECT: "Choose what the tool should call, and press Connect.",
    CHANGE: "Change what you gave, in Mandate in another tab, and come back.",
    CALL: "Press Call again: your change holds at that very call.",
    REVOKE: "Revoke the tool in Mandate, come back, and press Call again.",
}
OVER = "That is all: the tool has no access any more. Connect it anew to start over."


@dataclass(frozen=True, slots=True)
class Step:
    """One step as the page shows it; `is_next` for the one to do now."""

    number: int
    title: str
    done: bool
    is_next: bool


@dataclass(slots=True)
class Journey:
    """What one visitor has done. `first` and `latest` are what the resource server said of the token.

    A pause looks like a revocation from here, so a token that is good again takes that step back.
    """

    done: set[str] = field(default_factory=set)
    first: Reach | None = None
    latest: Reach | None = None

    def begin(self) -> None:
        """Start over with a new connection."""
        self.done, self.first, self.latest = {CONNECT}, None, None

    def see(self, now: Now) -> None:
        """Take note of what holds now."""
        if now.reach is None:
            return
        if not now.alive:
            self.done.add(REVOKE)
            return
        self.done.discard(REVOKE)
        self.latest = now.reach
        if self.first is None:
            self.first = now.reach
        elif now.reach != self.first:
            self.done.add(CHANGE)

    def call(self, now: Now) -> None:
        """Take note of a call that the visitor asked for, and of what held then."""
        self.see(now)
        if CHANGE in self.done and now.alive:
            self.done.add(CALL)

    def end(self) -> None:
        """Take note that the tokens are worth nothing any more."""
        self.done.add(REVOKE)

    @property
    def steps(self) -> list[Step]:
        """Return the steps; after the last one none is next."""
        waits = [title for title in STEPS if title not in self.done]
        following = waits[0] if waits and REVOKE not in self.done else None
        return [
            Step(number, title, title in self.done, title == following)
            for number, title in enumerate(STEPS, start=1)
        ]

    @property
    def hint(self) -> str:
        """Return what to do next, as a sentence."""
        return next((STEPS[step.title] for step in self.steps if step.is_next), OVER)
