"""The fake Salesforce in a process of its own, for a benchmark: many leads, nothing kept of what was written.

    python -m benchmarks.delivery_server LEADS

Says its address in a line and serves until its input ends.
"""

from __future__ import annotations

import sys
import threading
from collections import deque
from typing import Any

from tests.fake_salesforce.ingest_work import TERMINAL
from tests.fake_salesforce.server import FakeSalesforce, running


def main() -> None:
    """Serve."""
    with running() as fake:
        fake.sign_in.daily_calls = 10_000_000
        fake.organisation.add_leads(int(sys.argv[1]))
        nothing: Any = deque(maxlen=0)
        fake.organisation.leads.writes = nothing
        done = threading.Event()
        threading.Thread(target=_forget, args=(fake, done), daemon=True).start()
        print(fake.address, flush=True)
        sys.stdin.read()
        done.set()


def _forget(fake: FakeSalesforce, done: threading.Event) -> None:
    """Let go of the rows of jobs that are over, all but the last: a million leads would not fit into memory many times."""
    while not done.wait(5):
        for job in list(fake.ingest.jobs.values())[:-1]:
            with job.lock:
                if job.state in TERMINAL:
                    job.upload, job.succeeded, job.failed = None, [], []


if __name__ == "__main__":
    main()
