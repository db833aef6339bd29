"""Mandate beside a bare Flask view and its peers, in one run: `python -m tests.bench all [--json]`.

The load comes from wrk on the same machine, so the ratios within a run are the result. Peers are
measured where somebody has installed them (the modules in `tests/bench/peers` say how), with
`--peers DIRECTORY`.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
from pathlib import Path

from tests.bench import suite, table
from tests.bench.suite import OPERATIONS, Options

PEERS = "MANDATE_BENCH_PEERS"
WHERE = f"the directory where they are installed; else {PEERS}"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("operations", nargs="+", choices=["all", *OPERATIONS])
    parser.add_argument("--seconds", type=int, default=4, help="of each round")
    parser.add_argument("--rounds", type=int, default=3, help="the median of them counts")
    parser.add_argument("--workers", type=int, nargs="+", default=[2], help="such as: 1 2")
    parser.add_argument("--peers", type=Path, default=os.environ.get(PEERS), help=WHERE)
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--readme", action="store_true", help="write the table into README.md")
    chosen = parser.parse_args()
    options = Options(
        operations=OPERATIONS if "all" in chosen.operations else tuple(chosen.operations),
        seconds=chosen.seconds,
        rounds=chosen.rounds,
        workers=tuple(chosen.workers),
        peers=chosen.peers and chosen.peers.resolve(),
    )
    found = suite.ratios(suite.run(options))
    about: dict[str, object] = {
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "rounds": options.rounds,
        "seconds": options.seconds,
    }
    if chosen.json:
        print(json.dumps({**about, "operations": found}, indent=2))
    else:
        print(table.text(found))
    if chosen.readme:
        table.write_readme(found, about)


if __name__ == "__main__":
    main()
