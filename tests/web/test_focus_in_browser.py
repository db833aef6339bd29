"""Every control that has the focus shows it, in light and in dark."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Browser, Page, expect

from app.services.accounts import password_reset
from tests.drivers.chromium import BROWSER, NEW, Site, delegated, make_key
from tests.drivers.device import device_of
from tests.drivers.tool import Tool

pytestmark = BROWSER

MOST, LEAST_WIDTH, LEAST_CONTRAST = 150, 2, 3
TOOLS = "/settings/authorizations/oauth2"
# What shows the focus: the control, or the words of a chip, whose input lies over them unseen.
SHOWN = """() => {
  const field = document.activeElement;
  if (!field || field === document.body) return null;
  const chip = field.matches(".chip input") ? field.nextElementSibling : field;
  const style = getComputedStyle(chip);
  const behind = [];
  const inside = parseFloat(style.outlineOffset) < 0;
  for (let one = inside ? chip : chip.parentElement; one; one = one.parentElement) {
    behind.push(getComputedStyle(one).backgroundColor);
  }
  const box = chip.getBoundingClientRect();
  field.dataset.visited ??= `${++window.visited || (window.visited = 1)}`;
  return {
    html: field.outerHTML.slice(0, 160),
    number: field.dataset.visited,
    style: style.outlineStyle,
    width: parseFloat(style.outlineWidth),
    colour: style.outlineColor,
    behind,
    isSeen: box.width > 1 && box.height > 1 && style.opacity !== "0" && style.clipPath === "none",
  };
}"""


def numbers(colour: str) -> list[float]:
    """Return red, green, blue and opacity; `color(srgb …)` counts them from 0 to 1."""
    words = colour.replace(",", " ").replace("/", " ").rstrip(")").split("(")[1].split()
    if words[0] == "srgb":
        parts = [float(word) * 255 for word in words[1:4]]
        return [*parts, float(words[4]) if len(words) > 4 else 1.0]
    return [*(float(word) for word in words[:3]), float(words[3]) if len(words) > 3 else 1.0]


def over(layers: list[str]) -> list[float]:
    """Return the colour that lies behind: layers from the front to the back, on white."""
    result = [255.0, 255.0, 255.0]
    for layer in reversed(layers):
        *colour, opacity = numbers(layer)
        result = [c * opacity + r * (1 - opacity) for c, r in zip(colour, result, strict=True)]
    return result


def luminance(colour: list[float]) -> float:
    """Return the relative luminance (WCAG 2.2)."""
    parts = [c / 255 for c in colour]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return sum(w * c for w, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def contrast(one: list[float], other: list[float]) -> float:
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def fault(shown: dict[str, Any]) -> str:
    """Say what is wrong with the sign of a focus, or nothing."""
    if not shown["isSeen"]:
        return "it cannot be seen"
    if shown["style"] == "none" or shown["width"] < LEAST_WIDTH:
        return f"outline {shown['style']} {shown['width']}"
    found = contrast(numbers(shown["colour"])[:3], over(shown["behind"]))
    return "" if found >= LEAST_CONTRAST else f"contrast {found:.2f}"


def walk(page: Page, *, least: int) -> list[str]:
    """Press Tab through a page and return what does not show its focus."""
    faults, seen = [], set[str]()
    page.evaluate("document.activeElement?.blur(); window.visited = 0")
    for _ in range(MOST):
        page.keyboard.press("Tab")
        shown = page.evaluate(SHOWN)
        if shown is None:  # past the last one; from there on it begins anew
            continue
        if shown["number"] in seen:
            break
        seen.add(shown["number"])
        if wrong := fault(shown):
            faults.append(f"{page.url}: {wrong}: {shown['html']}")
    assert least <= len(seen) < MOST, f"{page.url}: {len(seen)} controls"
    return faults


def consents(site: Site, page: Page) -> list[str]:
    """The first consent, the whole of it, what is new, and a device's."""
    tool = Tool(site.world, site.world.spa)
    page.goto(f"{site.url}/oauth/authorize?{urlencode(tool.request(scope='api flows:edit mcp'))}")
    page.click(".more summary")
    page.select_option("[name=project-payments]", "editor")
    found = walk(page, least=20)
    editor = delegated(site)
    more = urlencode(editor.tool.request(scope="api flows:edit apps:view mcp"))
    page.goto(f"{site.url}/oauth/authorize?{more}")
    found += walk(page, least=6)
    device = device_of(site.world)
    device.ask()
    page.goto(f"{site.url}/device")
    found += walk(page, least=4)
    page.fill("[name=user_code]", device.asked["user_code"])
    page.click("main form button")
    expect(page.locator("main")).to_contain_text("A device shows")
    return found + walk(page, least=15)


def settings(site: Site, page: Page) -> list[str]:
    """The list with its menu open, and a tool's page in its parts."""
    editor = delegated(site)
    page.goto(site.url + TOOLS)
    page.click(".entry .menu > summary")
    page.click(".menu-sheet summary")
    found = walk(page, least=10)
    for part, least in (("access", 30), ("activity", 8), ("sessions", 9), ("check", 12)):
        page.goto(f"{site.url}{editor.address}#{part}")
        page.click(".actions summary")
        found += walk(page, least=least)
        page.goto("about:blank")
    return found


def keys_and_account(site: Site, page: Page) -> list[str]:
    page.goto(site.url + NEW)
    found = walk(page, least=25)
    make_key(page, site.url)
    expect(page.locator("[data-copy]").first).to_be_visible()
    found += walk(page, least=8)
    page.get_by_text("I have copied it").click()
    page.get_by_text("Rotate", exact=True).click()
    found += walk(page, least=20)
    page.goto(f"{site.url}/settings/account")
    return found + walk(page, least=10)


def outside(site: Site, page: Page) -> list[str]:
    """Pages for somebody who is not signed in."""
    found = []
    for path, least in (
        ("/login", 5),
        ("/nothing-here", 2),
        ("/oauth/authorize?client_id=gone", 2),
        ("/docs/tools", 8),
    ):
        page.goto(site.url + path)
        found += walk(page, least=least)
    page.goto(site.url + password_link(site))
    return found + walk(page, least=4)


def password_link(site: Site) -> str:
    with site.world.app.app_context():
        made = password_reset.issue_link("ben", at=site.world.at, actor="cli")
    return f"/password/{made.text}"


PLACES: list[Callable[[Site, Page], list[str]]] = [outside, consents, settings, keys_and_account]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("place", PLACES, ids=lambda place: place.__name__)
def test_whatever_has_the_focus_shows_it(
    site: Site,
    chromium: Browser,
    place: Callable[[Site, Page], list[str]],
    scheme: Literal["light", "dark"],
) -> None:
    context = chromium.new_context(color_scheme=scheme, reduced_motion="reduce")
    page = context.new_page()
    if place is not outside:
        site.let_in(page)
    found = place(site, page)
    context.close()
    assert found == []
