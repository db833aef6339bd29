"""What was tested can be installed from the wheel alone: its extra `locked` is constraints.txt."""

from __future__ import annotations

import re
import tomllib
from importlib.metadata import requires

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.drivers.repository import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
LOCKED = PROJECT["optional-dependencies"]["locked"]
PINS = [line for line in (ROOT / "constraints.txt").read_text().splitlines() if "==" in line]


def name_of(pin: str) -> str:
    return canonicalize_name(re.split("==", pin)[0])


def needed(requirements: list[str], seen: set[str] | None = None) -> set[str]:
    """Return the names of all packages that requirements bring along on this machine."""
    seen = set() if seen is None else seen
    for requirement in map(Requirement, requirements):
        for extra in requirement.extras or {""}:
            key = f"{canonicalize_name(requirement.name)}[{extra}]"
            if key not in seen:
                seen.add(key)
                needed(of_package(requirement.name, extra), seen)
    return {key.partition("[")[0] for key in seen}


def of_package(name: str, extra: str) -> list[str]:
    return [
        text
        for text in requires(name) or []
        if (marker := Requirement(text).marker) is None
        or marker.evaluate({"extra": ""})
        or (extra and marker.evaluate({"extra": extra}))
    ]


def test_the_extra_pins_what_the_server_needs_as_the_constraints_do() -> None:
    wanted = needed(PROJECT["dependencies"])
    assert {"flask", "psycopg-binary", "cffi"} <= wanted
    assert sorted(LOCKED) == sorted(pin for pin in PINS if name_of(pin) in wanted)


def test_every_pin_is_within_the_bounds_of_the_project() -> None:
    pinned = {name_of(pin): pin.split("==")[1] for pin in PINS}
    extras = PROJECT["optional-dependencies"]
    groups = [PROJECT["dependencies"], extras["demo"], extras["test"], extras["check"]]
    for requirement in (Requirement(text) for group in groups for text in group):
        name = canonicalize_name(requirement.name)
        if name != "mandate":
            assert requirement.specifier.contains(pinned[name]), name


def test_the_constraints_pin_each_package_once_in_the_order_of_the_alphabet() -> None:
    names = [name_of(pin) for pin in PINS]
    assert names == sorted(set(names))
