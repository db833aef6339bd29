"""Units of systemd: read as systemd reads them, and run as far as that goes without systemd."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from app import deploy

PROGRAM = "/opt/mandate/bin/mandate"
INSTALLED = Path(sys.executable).parent / "mandate"
SETTINGS = "/etc/mandate/settings"
# As CapabilityBoundingSet= and NoNewPrivileges= have it.
POWERLESS = ("setpriv", "--no-new-privs", "--bounding-set=-all", "--inh-caps=-all")
# As MemoryDenyWriteExecute= has it: prctl's PR_SET_MDWE with MDWE_REFUSE_EXEC_GAIN, then the program.
NO_NEW_CODE = (
    "import ctypes, os, sys;"
    "ctypes.CDLL(None).prctl(65, 1, 0, 0, 0);"
    "os.execvp(sys.argv[1], sys.argv[1:])"
)


@dataclass(frozen=True)
class Unit:
    """A unit: its sections, and in each the values of a name in their order."""

    sections: Mapping[str, Mapping[str, Sequence[str]]]

    def all(self, name: str, section: str = "Service") -> list[str]:
        return list(self.sections[section].get(name, ()))

    def one(self, name: str, section: str = "Service") -> str:
        [value] = self.all(name, section)
        return value

    def environment(self, credentials: Path, settings: Mapping[str, str]) -> dict[str, str]:
        """Return what the service sees: its own variables below those of the file of settings."""
        assert self.one("EnvironmentFile") == SETTINGS
        own = (text.replace("%d", str(credentials)) for text in self.all("Environment"))
        pairs = (text.partition("=") for text in own)
        return {"PATH": os.environ["PATH"]} | {n: v for n, _, v in pairs} | dict(settings)

    def start(
        self, environment: Mapping[str, str], directory: Path, *more: str
    ) -> subprocess.Popen[str]:
        """Run what ExecStart= says, with its umask, without rights and without new code in memory."""
        program, *arguments = shlex.split(self.one("ExecStart"))
        assert program == PROGRAM
        assert self.one("MemoryDenyWriteExecute") == "yes"
        prefix = POWERLESS if os.geteuid() == 0 else ()
        hardened = [*prefix, sys.executable, "-c", NO_NEW_CODE, str(INSTALLED)]
        return subprocess.Popen(
            [*hardened, *arguments, *more],
            env=dict(environment),
            cwd=directory,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
            umask=int(self.one("UMask"), 8),
        )


def unit(name: str) -> Unit:
    """Read a shipped unit."""
    sections: dict[str, dict[str, list[str]]] = {}
    here: dict[str, list[str]] = {}
    for line in deploy.text(f"systemd/{name}").splitlines():
        if line.startswith("["):
            here = sections.setdefault(line.strip("[]"), {})
        elif line and not line.startswith("#"):
            key, _, value = line.partition("=")
            here.setdefault(key, []).append(value)
    return Unit(sections)


def files(directory: Path) -> list[Path]:
    """Write the shipped units below a directory, for the Mandate that is installed here."""
    names = [name for name in deploy.names() if name.startswith("systemd/")]
    paths = [directory / Path(name).name for name in names]
    for name, path in zip(names, paths, strict=True):
        path.write_text(deploy.text(name).replace(PROGRAM, str(INSTALLED)))
    return paths


def seconds(text: str) -> int:
    """Return a span such as `20s` or `1h` in seconds."""
    return int(text[:-1]) * {"s": 1, "m": 60, "h": 3600}[text[-1]]
