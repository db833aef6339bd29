"""The files of this repository."""

from __future__ import annotations

from pathlib import Path

import app

ROOT = Path(app.__file__).parent.parent
MODULES = sorted((ROOT / "app").rglob("*.py"))


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))
