#!/usr/bin/env python3
"""Allocations of the real server that fail, one at a time (row C3 of the failure catalogue).

server_memory_test.py [COUNT [SEED]]: by default 60 failures; more for long.

A library that stands before the others (failing_malloc.cc) lets the N-th call of malloc or `new` in the
server's own code fail. A request that meets it is answered 503 or 500, or the process ends; then it
starts again. Either way what was acknowledged is there, once, and what was not is taken when it is sent
again.
"""
import os
import pathlib
import random
import signal
import subprocess
import sys
import tempfile
import time

from ack_load import BATCH, Journal, check
from ack_workload import LOST
from server_process import ROOT, Server

SAID = "failing_malloc: one call failed"
FAILED_REQUEST = (429, 500, 503)  # A request that met it; one that came while the server was busy ending.


class Failing:
    """A server in which allocations can be made to fail."""

    def __init__(self, folder, library, seed):
        self.server = Server(str(folder / "data"), options=("--keep-every", "500"), is_started=False)
        self.library = library
        self.random = random.Random(seed)
        self.failures = 0
        self.said = 0

    def start(self):
        # Far from each other, and now and then near: a request makes some hundred calls.
        first, step = self.random.randrange(400), self.random.choice((1, 7, 31, 97, 211))
        self.server.start(environment={
            "LD_PRELOAD": str(self.library), "FAIL_FIRST": str(first), "FAIL_STEP": str(step),
            # The library stands before ASan's; memory that a dying process leaves behind is no leak.
            "ASAN_OPTIONS": "verify_asan_link_order=0:detect_leaks=0:allocator_may_return_null=1"})
        self.said = 0

    def arm(self):
        self.server.process.send_signal(signal.SIGUSR2)

    def has_failed(self):
        """Whether a call has failed since the last time that it had."""
        count = self.server.error_text().count(SAID)
        is_new = count > self.said
        self.failures += count - self.said
        self.said = count
        return is_new

    def is_well(self):
        """Whether it answers; else it has ended."""
        for _ in range(2):  # The first connection may be the one that the failure ended.
            try:
                return self.is_running() and self.server.ask("GET", "/health")[0] == 200
            except LOST as error:
                assert "timed out" not in str(error), "nobody answers"
                time.sleep(0.5)
        assert not self.is_running(), "it runs, and nobody answers"
        return False

    def is_running(self):
        return self.server.process.poll() is None


def is_known_end(status, text):
    """Whether a server without memory may have ended so."""
    if status == 71:
        return "there is no memory" in text
    # RocksDB calls what of std::vector and std::string is compiled into the program.
    return status == -signal.SIGABRT and "rocksdb::" in text and "check failed: " not in text


def work(server, journal, number):
    """Sends a batch, and things that are no events. True: it was not all answered well."""
    numbers = journal.take()
    try:
        status, body, _ = server.send(journal.events_of(numbers))
        journal.note(numbers, status == 200)
        if status == 200:
            assert body["rated"] == BATCH, body
        else:
            assert status in FAILED_REQUEST, (status, body)
        for method, path, what in (
                ("POST", "/v1/holds", {"hold": f"h-{number}", "account": "acme", "amount": "0.01"}),
                ("DELETE", f"/v1/holds/h-{number}?account=acme", None),
                ("GET", "/v1/accounts/acme/balance", None),
                ("GET", "/v1/accounts/acme/bill?month=2026-11", None)):
            status, body, _ = server.ask(method, path, what)
            assert status < 400 or status in (404, *FAILED_REQUEST), (method, path, status, body)
    except LOST as error:
        assert "timed out" not in str(error) and not isinstance(error, TimeoutError), "nobody answered"
        if numbers not in journal.acknowledged and numbers not in journal.unknown:
            journal.note(numbers, False)


def main(count, seed):
    print(f"seed {seed}", flush=True)
    ends = []
    with tempfile.TemporaryDirectory(prefix="steelyard-test-") as name:
        folder = pathlib.Path(name)
        library = folder / "failing_malloc.so"
        subprocess.run(["g++", "-std=c++17", "-O1", "-fPIC", "-shared", "-o", str(library),
                        str(ROOT / "tests/failing_malloc.cc"), "-ldl"], check=True)
        journal = Journal()
        failing = Failing(folder, library, seed)
        with failing.server as server:
            failing.start()
            number = 0
            while failing.failures < count:
                failing.arm()
                deadline = time.monotonic() + 60
                while not failing.has_failed():
                    assert time.monotonic() < deadline, "no call fails"
                    number += 1
                    work(server, journal, number)
                    if not failing.is_running():
                        break
                time.sleep(0.05)  # Another thread than that of a request may be about to end it.
                if failing.is_well():
                    continue
                failing.has_failed()
                ends.append(server.process.wait())
                assert is_known_end(ends[-1], server.error_text()), (ends[-1], server.error_text()[-2000:])
                failing.start()
                check(server, journal)
            # The last failure may end it only now, in a thread that the stop has overtaken.
            end = server.stop()
            assert end == 0 or is_known_end(end, server.error_text()), (end, server.error_text()[-2000:])
            server.start()
            check(server, journal)
            assert server.stop() == 0
            server.verify()
    print(f"{failing.failures} allocations failed; {len(ends)} of them ended the server, and nothing "
          f"acknowledged was lost: {journal.events()} events are there once")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 60,
         int(sys.argv[2]) if len(sys.argv) > 2 else random.randrange(1 << 32))
