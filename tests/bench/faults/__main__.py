"""What is lost when something breaks: `python -m tests.bench.faults killed-worker|all [--json]`.

Tools and people work on a deployment as it ships and keep a ledger; then it is broken, it recovers, and
every process is asked whether it knows all that was acknowledged. Ends with 1 if it does not.
"""

from __future__ import annotations

import argparse
import json
import signal
import sys
import time

from tests.bench.faults.catalog import FAULTS
from tests.bench.faults.fault import BOTH, run
from tests.bench.faults.skip import Skipped

ENDED = 143  # the exit code of a program that SIGTERM ended
LONGEST = 20  # seconds of a fault: with its recovery and the questions it ends within a minute


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.faults", description=__doc__)
    parser.add_argument("names", nargs="+", choices=["all", *FAULTS], metavar="NAME")
    parser.add_argument(
        "--seconds", type=float, default=5, help=f"that a fault lasts; at most {LONGEST}"
    )
    parser.add_argument("--database", choices=BOTH, help="only on this one")
    parser.add_argument("--json", action="store_true", help="print JSON")
    chosen = parser.parse_args()
    names = list(FAULTS) if "all" in chosen.names else chosen.names
    # Whoever ends this early leaves no server behind.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(ENDED))
    is_good, told = True, {}
    for name in names:
        fault = FAULTS[name]
        for kind in [k for k in fault.kinds if chosen.database in (None, k)]:
            began = time.monotonic()
            try:
                tally = run(fault, kind, min(chosen.seconds, LONGEST))
            except Skipped as reason:
                print(f"{name} on {kind}: skipped, {reason}", file=sys.stderr)
                continue
            is_good = is_good and tally.is_good
            told[f"{name} on {kind}"] = tally.as_json()
            if not chosen.json:
                took = time.monotonic() - began
                print(f"{name} on {kind} ({took:.0f} s): {tally.words()}", flush=True)
    if chosen.json:
        print(json.dumps(told, indent=2))
    return 0 if is_good else 1


if __name__ == "__main__":
    sys.exit(main())
