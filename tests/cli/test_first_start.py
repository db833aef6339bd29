"""The first start: `mandate serve` on an empty database prints where the first administrator is made."""

from __future__ import annotations

import re
import urllib.request
from pathlib import Path

import pytest

from tests.drivers.command_line import environment
from tests.drivers.live_server import forked, free_port

LINK = re.compile(r" (http://127\.0\.0\.1:\d+)(/set-up/mdtu_\w+)$", re.MULTILINE)


@pytest.mark.slow
def test_the_link_is_printed_while_there_is_no_user(database: Path, tmp_path: Path) -> None:
    port, log = free_port(), tmp_path / "log"
    variables = {**environment(database), "MANDATE_ISSUER": f"http://127.0.0.1:{port}"}
    with forked(variables, port=port, workers=1, log=log):
        found = LINK.search(log.read_text())
        assert found, log.read_text()
        assert found[1] == variables["MANDATE_ISSUER"]
        with urllib.request.urlopen(found[1] + found[2], timeout=10) as page:
            assert "Make the first administrator" in page.read().decode()
    assert log.read_text().count(found[2]) == 1, "no request is logged with the secret"
