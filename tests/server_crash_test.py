#!/usr/bin/env python3
"""Kills the server while events come in, and looks whether every acknowledged one is there once.

server_crash_test.py [KILLS [SEED]]: 5 kills by default; about one a second.
Rows A1 to A4 of the failure catalogue, with a real process and a real disk.
"""
import decimal
import http.client
import random
import subprocess
import sys
import threading
import time
import urllib.error

from server_process import BINARY, Server, call

BATCH = 20
CLIENTS = 3
PRICE = decimal.Decimal("0.0008")


class Journal:
    """What was sent and what was acknowledged; lives outside the server."""

    def __init__(self):
        self.lock = threading.Lock()
        self.next = 0
        self.acknowledged = []
        self.unknown = []

    def take(self):
        with self.lock:
            first = self.next
            self.next += BATCH
        return list(range(first, first + BATCH))

    def note(self, numbers, is_acknowledged):
        with self.lock:
            (self.acknowledged if is_acknowledged else self.unknown).append(numbers)


def client(server, journal, is_over):
    while not is_over.is_set():
        numbers = journal.take()
        try:
            status, body, _ = server.send([call(each) for each in numbers])
        except (urllib.error.URLError, ConnectionError, http.client.HTTPException, TimeoutError):
            journal.note(numbers, False)
            return
        assert status == 200 and body["rated"] == BATCH, (status, body)
        journal.note(numbers, True)


def check(server, journal):
    """Everything acknowledged is known; the rest is taken now, once."""
    for numbers in journal.acknowledged[-50:]:
        status, body, _ = server.send([call(each) for each in numbers])
        assert status == 200 and body["duplicate"] == BATCH, (status, body)
    for numbers in journal.unknown:
        status, body, _ = server.send([call(each) for each in numbers])
        # A batch is in the log as a whole or not at all.
        assert status == 200 and BATCH in (body["rated"], body["duplicate"]), (status, body)
    journal.acknowledged += journal.unknown
    journal.unknown = []
    status, body, _ = server.ask("GET", "/v1/accounts/acme/bill?month=2026-11")
    events = len(journal.acknowledged) * BATCH
    total = decimal.Decimal(body["total"]) if status == 200 else 0
    assert total == events * PRICE, f"{events} events cost {events * PRICE}, the bill says {total}"
    status, body, _ = server.ask("GET", "/v1/reconciliation")
    assert status == 200 and body["balanced"], body


def main():
    kills = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else random.randrange(2**32)
    print(f"{kills} kills, seed {seed}")
    chance = random.Random(seed)
    journal = Journal()
    # State is written about as often as the server dies.
    with Server(options=("--keep-every", "500")) as server:
        for kill in range(kills):
            is_over = threading.Event()
            clients = [threading.Thread(target=client, args=(server, journal, is_over))
                       for _ in range(CLIENTS)]
            for each in clients:
                each.start()
            time.sleep(chance.uniform(0.02, 0.5))
            server.crash()
            is_over.set()
            for each in clients:
                each.join()
            server.start()
            check(server, journal)
            if (kill + 1) % 50 == 0:
                print(f"{kill + 1} kills, {len(journal.acknowledged) * BATCH} events", flush=True)
        server.stop()
        verified = subprocess.run([BINARY, "verify", "--data", server.data, "--replay"],
                                  capture_output=True, text=True, check=False)
        assert verified.returncode == 0, verified.stderr
    print(f"{kills} kills: {len(journal.acknowledged) * BATCH} events acknowledged, each there once")


if __name__ == "__main__":
    main()
