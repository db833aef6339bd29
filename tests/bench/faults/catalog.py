"""All faults by name."""

from __future__ import annotations

from tests.bench.faults import (
    database_faults,
    disk_faults,
    network_faults,
    redis_faults,
    sender_faults,
    server_faults,
)
from tests.bench.faults.fault import Fault

GROUPS = (
    server_faults,
    database_faults,
    network_faults,
    disk_faults,
    redis_faults,
    sender_faults,
)
FAULTS: dict[str, Fault] = {fault.name: fault for group in GROUPS for fault in group.FAULTS}
