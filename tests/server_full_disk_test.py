#!/usr/bin/env python3
"""A disk that is full, and then is not: on a tmpfs of a few MiB. Row B11 of the failure catalogue.

Needs root; without it nothing is tested, and the exit status is 77.
"""
import contextlib
import os
import pathlib
import subprocess
import sys
import tempfile
import time

from ack_load import PRICE, Journal, check
from server_process import Server

SKIPPED = 77


@contextlib.contextmanager
def small_disk(size):
    with tempfile.TemporaryDirectory(prefix="steelyard-full-") as name:
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "none", name],
                       check=True, capture_output=True, text=True)
        try:
            yield pathlib.Path(name)
        finally:
            subprocess.run(["umount", name], check=True)


def word_of(problem):
    return problem["type"].rsplit("#problem-", 1)[-1]


def fill(server, journal, sends):
    """Sends batches of 80 kB. How many were refused, each in words."""
    refused = 0
    for _ in range(sends):
        numbers = journal.take()
        status, body, headers = server.send(journal.events_of(numbers))
        if status == 200:
            journal.note(numbers, True)
            continue
        assert (status, word_of(body)) == (507, "disk_full"), (status, body)
        assert int(headers["Retry-After"]) >= 1, headers
        journal.note(numbers, False)
        refused += 1
    return refused


def main():
    if os.geteuid() != 0:
        print("server_full_disk_test: SKIPPED, nothing was tested: mounting needs root", file=sys.stderr)
        sys.exit(SKIPPED)
    journal = Journal(padding_of=lambda first: 4_000)
    with small_disk("12m") as disk:
        server = Server(str(disk / "data"), options=("--segment-mib", "1"))
        try:
            refused = fill(server, journal, 200)
            assert refused > 0 and journal.acknowledged, (refused, len(journal.acknowledged))
            # What needs no room goes on, and says so.
            status, body, _ = server.ask("GET", "/health")
            assert status == 200, (status, body)
            status, balance, _ = server.ask("GET", "/v1/accounts/acme/balance")
            assert (status, balance["owed"]) == (200, str(journal.events() * PRICE).rstrip("0")), balance
            # A start on a disk without room takes facts as soon as there is some.
            server.crash()
            server.start()
            assert server.ask("GET", "/v1/accounts/acme/balance")[1] == balance
            subprocess.run(["mount", "-o", "remount,size=200m", str(disk)], check=True)
            time.sleep(1.1)
            assert fill(server, journal, 20) == 0
            check(server, journal)
            assert server.stop() == 0, server.error_text()
            server.start()
            check(server, journal)
            assert server.stop() == 0
            server.verify()
        finally:
            server.close()
    print(f"{refused} batches were refused, {journal.events()} events acknowledged, each there once")


if __name__ == "__main__":
    main()
