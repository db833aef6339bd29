"""Files to deploy Mandate with, which the wheel brings along; `mandate deploy` hands them out.

Owns: the files of containers, of systemd, nginx and Kubernetes, and their texts. Does not own:
settings or anything that the server does; nothing of the server imports this package.
"""

from pathlib import Path

from app.domain.errors import Conflict, Invalid, NotFound

HOME = Path(__file__).parent
PINS = "constraints.txt"  # stands at the top of a checkout, and in a wheel beside the others


def names() -> list[str]:
    """Return the names of the files: paths below one directory."""
    found = {str(path.relative_to(HOME)) for path in HOME.rglob("*") if path.is_file()}
    return sorted({PINS, *(name for name in found if not name.endswith((".py", ".pyc")))})


def text(name: str) -> str:
    """Return a file's text; raises NotFound for a name that is not in the list."""
    if name not in names():
        raise NotFound(f"There is no file {name[:80]!r}; `mandate deploy list` names them.")
    inside = HOME / name
    path = inside if inside.is_file() else HOME.parents[1] / name
    return path.read_text(encoding="utf-8")


def write(directory: Path) -> list[Path]:
    """Write all files below a directory that is new or empty, and return their paths.

    Raises Conflict when something is in the directory, Invalid when it cannot be written.
    """
    try:
        directory.mkdir(parents=True, exist_ok=True)
        if any(directory.iterdir()):
            raise Conflict(f"{directory} is not empty: choose another directory.")
        return [_written(directory / name, text(name)) for name in names()]
    except OSError as error:
        raise Invalid(f"{directory} cannot be written: {error.strerror}.") from None


def _written(path: Path, content: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content, encoding="utf-8")
    return path
