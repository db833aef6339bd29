"""The flows of the example API: what a token may read and change. They live in memory only."""

import threading

from app.demo.company import Company

MAX_FLOWS = 20


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
