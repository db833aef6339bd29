"""The authorization server of a demo: `mandate serve`, which ends when the demo is gone.

Started by `app.demo.processes` with a pipe as standard input. Its end says that the demo was killed, so
that no server is left behind to hold the port.
"""

import os
import signal
import threading

STDIN = 0


def _end_with_the_demo() -> None:
    # Not sys.stdin: its lock would be held in every worker that is forked meanwhile.
    while os.read(STDIN, 1):
        pass
    os.kill(os.getpid(), signal.SIGTERM)


def main() -> None:
    """Run the command line of this process's arguments beside a thread that watches the pipe."""
    from app import main as command_line

    threading.Thread(target=_end_with_the_demo, name="end-with-the-demo", daemon=True).start()
    command_line()
