"""Pictures of the pages: `python -m tests.pictures DIR`.

Makes the README's two pictures (`consent.png`, `edit.png`) from a running demo, then every page in its
states at two widths and in two schemes, and `index.html` to review them all. With `--readme` the two go
to .github/pictures, where the README shows them.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from html import escape
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

from tests.drivers.chromium import CHROMIUM, FLAGS
from tests.drivers.demo_stage import Stage, running_demo

ROOT = Path(__file__).parents[1]
KEPT = ROOT / ".github/pictures"
PERSON, COLOURS = "jonas", 48
FLOWS = "[name=capabilities][value='flows:edit']"


def main() -> int:
    """Make the pictures in the directory that the command line names; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.pictures", description=__doc__)
    parser.add_argument("directory", type=Path)
    parser.add_argument("--readme", action="store_true", help="keep the README's two pictures")
    parser.add_argument("--only-readme", action="store_true", help="make the README's two alone")
    asked = parser.parse_args()
    asked.directory.mkdir(parents=True, exist_ok=True)
    made = readme_pictures(asked.directory)
    if asked.readme:
        KEPT.mkdir(exist_ok=True)
        for path in made:
            (KEPT / path.name).write_bytes(path.read_bytes())
    return 0 if asked.only_readme else review(asked.directory)


def readme_pictures(directory: Path) -> list[Path]:
    """Walk the demo as a person does and return the two pictures."""
    with (
        tempfile.TemporaryDirectory() as place,
        running_demo(Path(place)) as stage,
        sync_playwright() as playwright,
    ):
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        consent, edit = directory / "consent.png", directory / "edit.png"
        page = new_page(chromium)
        ask(page, stage)
        page.screenshot(path=consent)
        page.click("button[value=approve]")
        page.wait_for_url(f"{stage.demo['tool']}**")
        shrink(page, stage)
        page.goto(stage.demo["tool"])
        page.get_by_role("button", name="Call again").click()
        page.get_by_role("button", name="Add a flow").click()
        page.screenshot(path=edit)
        chromium.close()
    return [light(path) for path in (consent, edit)]


def light(path: Path) -> Path:
    """Keep a picture in few colours: it is shown on a page, and lies in the repository."""
    Image.open(path).convert("RGB").quantize(COLOURS).save(path, optimize=True)
    return path


def new_page(chromium: Browser) -> Page:
    context = chromium.new_context(
        viewport={"width": 900, "height": 760}, color_scheme="light", reduced_motion="reduce"
    )
    return context.new_page()


def ask(page: Page, stage: Stage) -> None:
    """Connect the demo's tool, sign in, and choose a project on the consent page."""
    page.goto(stage.demo["tool"])
    page.get_by_role("button", name="Connect").click()
    page.fill("[name=username]", PERSON)
    page.fill("[name=password]", stage.password(PERSON))
    page.get_by_role("button", name="Sign in").click()
    page.select_option("[name=project-website]", "editor")
    page.locator("[data-sentence]", has_text="in Website (editor)").wait_for()


def shrink(page: Page, stage: Stage) -> None:
    """Take a function away in settings: it holds at the tool's next call."""
    page.goto(f"{stage.demo['issuer']}/settings/authorizations/oauth2")
    page.locator(".entry h2 a").first.click()
    page.uncheck(FLOWS)
    page.get_by_role("button", name="Save").click()
    page.locator(".notice-good").wait_for()


def review(directory: Path) -> int:
    """Make every page in its states by the test that walks them all, and a page that shows them."""
    pages = directory / "pages"
    pages.mkdir(exist_ok=True)
    command = [sys.executable, "-m", "pytest", "-q", "-n", "0", "tests/web/test_pictures.py"]
    environ = {**os.environ, "SHOTS_OF_MANDATE": str(pages)}
    code = subprocess.run(command, cwd=ROOT, env=environ, check=False).returncode
    (directory / "index.html").write_text(index_of(directory), encoding="utf-8")
    sys.stdout.write(f"Open {directory / 'index.html'}\n")
    return code


def index_of(directory: Path) -> str:
    """Return the page that shows all pictures below a directory, each state in one row."""
    states: dict[str, list[Path]] = {}
    for path in sorted(directory.rglob("*.png")):
        state = path.stem.rsplit("-", 2)[0] if path.parent.name == "pages" else path.stem
        states.setdefault(state, []).append(path.relative_to(directory))
    rows = [
        f"<h2>{escape(state)}</h2>"
        + "".join(f'<a href="{p}"><img src="{p}" height="420" loading="lazy"></a> ' for p in paths)
        for state, paths in states.items()
    ]
    return (
        f"<!doctype html><title>Pages</title><h1>{len(states)} pages and states</h1>{''.join(rows)}"
    )


if __name__ == "__main__":
    raise SystemExit(main())
