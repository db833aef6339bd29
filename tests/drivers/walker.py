"""A person who walks through a page with a mouse: counts clicks, and scrolls to what is out of sight."""

from __future__ import annotations

from dataclasses import dataclass

from playwright.sync_api import Locator, Page

# Its middle and its edges are on the screen, and no other element lies over the middle.
IN_SIGHT = """(element) => {
  const target = element.matches(".chip input") ? element.nextElementSibling : element;
  const box = target.getBoundingClientRect();
  if (box.top < 0 || box.bottom > innerHeight || box.left < 0 || box.right > innerWidth) return false;
  const verdict = document.querySelector(".verdict");
  if (!verdict || verdict.contains(element)) return true;
  return getComputedStyle(verdict).position !== "sticky"
    || box.bottom <= verdict.getBoundingClientRect().top;
}"""


def in_sight(target: Locator) -> bool:
    """Say whether an element is on the screen, all of it, and not behind the verdict."""
    return bool(target.evaluate(IN_SIGHT))


@dataclass
class Walker:
    """Counts what a person does; `clicks` and `scrolls` are what it came to."""

    page: Page
    clicks: int = 0
    scrolls: int = 0

    def see(self, target: Locator) -> None:
        """Have an element in sight, by scrolling if need be."""
        target.wait_for()
        if not in_sight(target):
            self.scrolls += 1
            target.evaluate("(element) => element.scrollIntoView({block: 'center'})")
            assert in_sight(target), target

    def click(self, target: Locator) -> None:
        self.see(target)
        self.clicks += 1
        target.click()

    def choose(self, target: Locator, value: str) -> None:
        """Choose of a list: a click that opens it and one on the option."""
        self.see(target)
        self.clicks += 2
        target.select_option(value)
