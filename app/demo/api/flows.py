"""The flows of the example API: what a token may read and change. They live in memory only."""

import threading

from app.demo.organisation.company import Company

MAX_FLOWS = 20
MAX_NAME = 80


class Flows:
    """The names of the flows by project; beyond MAX_FLOWS the oldest one goes."""

    def __init__(self, company: Company) -> None:
        self._lock = threading.Lock()
        self._names = {project.slug: list(project.flows) for project in company.projects}

    def of(self, slug: str) -> list[str]:
        """Return the names of a project's flows."""
        with self._lock:
            return list(self._names.get(slug, []))

    def add(self, slug: str, name: str) -> None:
        """Add a flow to a project."""
        with self._lock:
            self._names[slug] = [*self._names.get(slug, []), name][-MAX_FLOWS:]


def flow_name(sent: object) -> str | None:
    """Return what was sent as the name of a flow, None when it is no name."""
    if not isinstance(sent, str) or not 0 < len(sent.strip()) <= MAX_NAME or not sent.isprintable():
        return None
    return sent.strip()
