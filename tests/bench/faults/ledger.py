"""What a client meant to do and what came of it, on its own disk before anything else happens."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ACKNOWLEDGED, REFUSED, UNKNOWN = "acknowledged", "refused", "unknown"


@dataclass
class Entry:
    """One thing that a client wanted; `unknowns` is how often no answer told whether it happened."""

    kind: str
    intent: dict[str, Any]
    result: str = UNKNOWN
    outcome: dict[str, Any] = field(default_factory=dict)
    unknowns: int = 0


class Ledger:
    """A file with a line for each intent and each outcome; a line is on the disk when a call returns."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("a", encoding="utf-8")
        self._count = 0

    def intend(self, kind: str, **intent: Any) -> int:
        """Write what will be asked for, and return the number by which its outcome is noted."""
        self._count += 1
        self._write({"number": self._count, "kind": kind, "intent": intent})
        return self._count

    def conclude(self, number: int, result: str, **outcome: Any) -> None:
        """Write what came of it; an unknown outcome may be followed by another one."""
        self._write({"number": number, "result": result, "outcome": outcome})

    def _write(self, line: dict[str, Any]) -> None:
        self._file.write(json.dumps(line) + "\n")
        self._file.flush()
        os.fsync(self._file.fileno())

    def close(self) -> None:
        self._file.close()


def entries(path: Path) -> list[Entry]:
    """Return what a ledger holds, in the order of the intents."""
    found: dict[int, Entry] = {}
    for text in path.read_text(encoding="utf-8").splitlines():
        line = json.loads(text)
        if "kind" in line:
            found[line["number"]] = Entry(line["kind"], line["intent"])
            continue
        entry = found[line["number"]]
        entry.result, entry.outcome = line["result"], line["outcome"]
        entry.unknowns += line["result"] == UNKNOWN
    return list(found.values())
