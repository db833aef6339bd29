"""`mandate cleanup`: deleting what is over."""

from datetime import timedelta

from app.cli import progress
from app.cli.base import Reply, command, table
from app.cli.progress import Progress
from app.runtime.clock import now
from app.runtime.current import keys_of_audit, settings
from app.services import audit_sealer, maintenance
from app.services.audit_retention import Retention


@command("cleanup")
@progress.OPTION
def cleanup(is_wanted: bool) -> Reply:  # noqa: FBT001 - click's
    """Delete what expired more than a day ago, and audit events past their time; run it once a day."""
    at, days, line = now(), settings().audit_retention, Progress(is_wanted=is_wanted)
    keys = keys_of_audit(settings())
    sealed = []
    while run := audit_sealer.seal(keys[0], at=now()):
        sealed.append(f"Sealed {run.events:,} events. Head {run.head.number}:{run.head.digest}")
    removed = maintenance.clean_up(
        at=at,
        retention=None if days is None else Retention(at - timedelta(days=days), keys),
        tell=lambda name, count: line.say(f"{name}: {count:,} rows removed"),
    )
    line.end()
    rows = table(("table", "rows removed"), list(removed.items()))
    return Reply(removed, "\n".join([rows, *sealed]))
