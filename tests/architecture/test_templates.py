"""The rules of the templates: short lines, named variables, addresses from routes, no formatting."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from jinja2 import Environment, meta, nodes

from tests.drivers.world import World

ROOT = Path(__file__).parents[2]
FOLDERS = (ROOT / "templates", ROOT / "app/demo/tool/templates")
TEMPLATES = [path for folder in FOLDERS for path in sorted(folder.glob("*.html"))]
WIDTH = 120
HEADER = re.compile(r"\{#(.+?)#\}", re.DOTALL)
NAMED = re.compile(r"\b(?:Variables?|Macro arguments): (\w[^.]*)")
ASIDE = re.compile(r"\([^()]*\)")
FRAME = {"user"}
EVERYWHERE = {*FRAME, "issuer", "brand", "csrf_token", "get_flashed_messages"}
NOT_HERE = {
    "an address by hand": re.compile(r"""(href|action|formaction|src)=["']/"""),
    "an address put together": re.compile(r"""~ *["']/|["']/["'] *~"""),
    "a format of its own": re.compile(r"strftime|\|\s*format\(.*%[HMYd]"),
    "a list built by side effect": re.compile(r"\.(append|update|extend)\("),
    "English text compared": re.compile(r"""[!=]= *["'][^"']* [^"']*["']"""),
    "an ending for a number": re.compile(r"""["']s?["'] if [^}]+ else ["']s?["']"""),
}


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


def test_all_templates_are_looked_at() -> None:
    assert len(TEMPLATES) > 15
    assert {path.parent for path in TEMPLATES} == set(FOLDERS)


@pytest.mark.parametrize("path", TEMPLATES, ids=name_of)
def test_lines_end_before_120_columns(path: Path) -> None:
    lines = path.read_text().splitlines()
    long = [number for number, line in enumerate(lines, 1) if len(line) > WIDTH]
    assert not long


def named_in(path: Path) -> set[str]:
    """The variables or arguments that the header names; what stands in brackets explains one."""
    header = HEADER.match(path.read_text())
    assert header, "it begins with a comment"
    named = NAMED.search(header[1])
    assert named, "the comment names what the template is given"
    return {entry.strip() for entry in ASIDE.sub("", named[1]).split(",")}


def read_by(path: Path, env: Environment) -> set[str]:
    """The names that a template reads and neither makes nor finds in every template."""
    tree = env.parse(path.read_text())
    made = {node.name for node in tree.find_all(nodes.Macro)}
    made |= {node.target for node in tree.find_all(nodes.Import)}
    made |= {
        name.name
        for node in tree.find_all(nodes.Assign)
        for name in node.find_all(nodes.Name)
        if name.ctx == "store"
    }
    made |= {
        name if isinstance(name, str) else name[1]
        for node in tree.find_all(nodes.FromImport)
        for name in node.names
    }
    return meta.find_undeclared_variables(tree) - made - set(env.globals) - EVERYWHERE


def parents_of(path: Path) -> list[Path]:
    found = re.search(r'{% extends "([^"]+)" %}', path.read_text())
    if found is None:
        return []
    parent = path.parent / found[1]
    return [parent, *parents_of(parent)]


@pytest.mark.parametrize("path", TEMPLATES, ids=name_of)
def test_the_first_comment_names_what_the_template_is_given(lone_world: World, path: Path) -> None:
    named, frame = named_in(path), parents_of(path)
    if path.name.startswith("_"):
        arguments = re.findall(r"\{% macro \w+\(([^)]*)\)", path.read_text())
        given = {part.split("=")[0].strip() for one in arguments for part in one.split(",")}
        assert named <= given
        return
    env = lone_world.app.jinja_env
    read = read_by(path, env)
    assert read <= named, "each is named"
    assert named - FRAME <= read.union(*(read_by(p, env) for p in frame)), "none is stale"


@pytest.mark.parametrize("path", TEMPLATES, ids=name_of)
def test_what_python_does_is_not_done_here(path: Path) -> None:
    text = HEADER.sub("", path.read_text())
    found = {what: m[0] for what, pattern in NOT_HERE.items() if (m := pattern.search(text))}
    assert not found
