"""axe, which finds what a page keeps from people with other eyes and hands."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Page

AXE = Path(__file__).parents[2] / ".ci/node/node_modules/axe-core/axe.min.js"


def violations(page: Page) -> list[str]:
    """Return what axe has against a page in light, and against its colours in dark."""
    page.add_script_tag(path=AXE)
    found = []
    for scheme, rules in (("light", ""), ("dark", "runOnly: ['color-contrast'], ")):
        page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
        result = page.evaluate(f"axe.run({{{rules}resultTypes: ['violations']}})")
        for one in result["violations"]:
            found += [f"{page.url} {scheme} {one['id']}: {n['html']}" for n in one["nodes"]]
    return found
