"""What a browser sends of a page's form when nobody touches it."""

from __future__ import annotations

from html.parser import HTMLParser


class _Form(HTMLParser):
    """Reads the successful controls of the forms that have a summary (HTML, section 4.10.21.4)."""

    def __init__(self) -> None:
        super().__init__()
        self.sent: dict[str, list[str]] = {}
        self._is_in = False
        self._select: str | None = None
        self._options: list[tuple[str, bool]] = []
        self._templates = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        if tag == "form":
            self._is_in = "data-choice" in found
        elif tag == "template":
            self._templates += 1
        elif not self._is_in or self._templates or "disabled" in found:
            return
        elif tag == "input":
            self._input(found)
        elif tag == "select":
            self._select, self._options = found["name"], []
        elif tag == "option" and self._select:
            self._options.append((found.get("value") or "", "selected" in found))

    def _input(self, found: dict[str, str | None]) -> None:
        is_box = found.get("type") in ("checkbox", "radio")
        name = found.get("name")
        if name and (not is_box or "checked" in found):
            self.sent.setdefault(name, []).append(found.get("value") or "")

    def handle_endtag(self, tag: str) -> None:
        if tag == "template":
            self._templates -= 1
        elif tag == "form":
            self._is_in = False
        elif tag == "select" and self._select:
            chosen = [value for value, is_selected in self._options if is_selected]
            self.sent.setdefault(self._select, []).append((chosen or [self._options[0][0]])[0])
            self._select = None


def untouched(html: str) -> dict[str, list[str]]:
    """Return the fields of the form that delegates, as they are sent when nothing is touched."""
    form = _Form()
    form.feed(html)
    return form.sent
