#!/usr/bin/env python3
"""Backups of a server that is busy; servers on the backups; clients that then send all again (O5)."""
import decimal
import functools
import hashlib
import os
import pathlib
import subprocess
import tempfile
import time

from ack_load import BATCH, PRICE, Journal, Load
from server_process import BINARY, Server, call, run_tests

SMALL_SEGMENTS = ("--segment-mib", "1")


def back_up(data, to):
    return subprocess.run([BINARY, "backup", "--data", data, "--to", to],
                          capture_output=True, text=True, timeout=120, check=False)


def bill_of(server):
    status, bill, _ = server.ask("GET", "/v1/accounts/acme/bill?month=2026-11")
    return decimal.Decimal(bill["total"]) if status == 200 else decimal.Decimal(0)


def hashes_of(folder):
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest()
            for path in (pathlib.Path(folder) / "log").glob("*.segment")}


def test_O5_a_backup_under_load_is_a_prefix_and_clients_send_the_rest_again(folder):
    to = f"{folder}/backup"
    journal = Journal(padding_of=lambda first: 4_000 if first % 140 == 0 else 0)
    with Server(options=SMALL_SEGMENTS) as server:
        load = Load(server, journal)
        surely_in_it = 0
        for _ in range(4):  # Into the same folder each time.
            time.sleep(0.7)
            surely_in_it = len(journal.acknowledged)
            done = back_up(server.data, to)
            assert done.returncode == 0, done.stderr
        time.sleep(0.3)
        load.end()
        server.crash()  # And its disk is gone.
        with Server(to, options=SMALL_SEGMENTS, key=server.key) as restored:
            charged = bill_of(restored)
            assert charged >= surely_in_it * BATCH * PRICE, (charged, surely_in_it)
            assert charged <= journal.events() * PRICE, charged
            batches = sorted(journal.acknowledged + journal.unknown)
            counts = [0, 0]
            for numbers in batches:
                status, body, _ = restored.send(journal.events_of(numbers))
                assert status == 200 and BATCH in (body["rated"], body["duplicate"]), (status, body)
                counts[0] += body["rated"]
                counts[1] += body["duplicate"]
            assert counts[1] * PRICE == charged, f"{counts[1]} duplicates, and {charged} was charged"
            assert bill_of(restored) == len(batches) * BATCH * PRICE
            assert restored.ask("GET", "/v1/reconciliation")[1]["balanced"]
            assert restored.stop() == 0
            restored.verify()
    print(f"        {surely_in_it * BATCH} events were acknowledged before the last backup, "
          f"{counts[1]} are in it, {counts[0]} were sent again")


def test_what_is_there_is_not_copied_again(folder):
    to = f"{folder}/twice"
    with Server(options=SMALL_SEGMENTS) as server:
        for number in range(6):
            server.send([call(f"{number}-{i}", note="x" * 100_000) for i in range(5)])
        assert "of these, 0 are new" not in back_up(server.data, to).stdout
        before = {path.name: path.stat().st_ino for path in pathlib.Path(to, "log").glob("*.segment")}
        assert len(before) > 2, before
        assert "of these, 0 are new" in back_up(server.data, to).stdout
        server.send([call("one-more")])
        done = back_up(server.data, to)
        assert "of these, 1,024 are new" in done.stdout or "of these, 512 are new" in done.stdout, done.stdout
        after = {path.name: path.stat().st_ino for path in pathlib.Path(to, "log").glob("*.segment")}
        changed = [name for name in before if before[name] != after[name]]
        assert changed == [max(before)], f"{changed} of {sorted(before)} were written again"


def test_a_backup_of_a_stopped_server_holds_all_and_can_be_backed_up_itself(folder):
    with Server() as server:
        server.send([call(i) for i in range(20)])
        assert server.stop() == 0
        assert back_up(server.data, f"{folder}/first").returncode == 0
        assert back_up(f"{folder}/first", f"{folder}/second").returncode == 0
        with Server(f"{folder}/second", key=server.key) as restored:
            assert bill_of(restored) == 20 * PRICE


def test_a_backup_is_refused_where_it_would_destroy_something(folder):
    with Server() as server, Server() as other:
        server.send([call(1)])
        same = back_up(server.data, server.data)
        assert (same.returncode, "is the folder of --data" in same.stderr) == (2, True), same.stderr
        served = back_up(server.data, other.data)
        assert served.returncode == 2, served.stdout
        assert "pepper: is not the one of" in served.stderr, served.stderr
        to = f"{folder}/diverged"
        assert back_up(server.data, to).returncode == 0
        with Server(to, key=server.key) as restored:
            locked = back_up(server.data, to)
            assert f"locked by pid {restored.process.pid}" in locked.stderr, locked.stderr
            restored.send([call("only-in-the-copy")])
        server.send([call(2)])
        server.send([call(3)])
        before = hashes_of(to)
        diverged = back_up(server.data, to)
        assert diverged.returncode == 2, diverged.stdout
        assert "is no earlier state of this log" in diverged.stderr, diverged.stderr
        assert hashes_of(to) == before
        missing = back_up(f"{folder}/nowhere", f"{folder}/nothing")
        assert (missing.returncode, "nowhere" in missing.stderr) == (2, True), missing.stderr


def test_a_first_backup_that_was_interrupted_is_not_served(folder):
    to = f"{folder}/half"
    with Server() as server:
        server.send([call(1)])
        assert back_up(server.data, to).returncode == 0
        os.unlink(f"{to}/store")  # It is written last.
        half = Server(to, key=server.key, is_started=False)
        try:
            half.start()
            raise RuntimeError("half a backup was served")
        except AssertionError as error:
            assert "store: is missing" in str(error), error
        assert back_up(server.data, to).returncode == 0
        half.start()
        assert bill_of(half) == PRICE
        half.close()


if __name__ == "__main__":
    run_tests(globals(), functools.partial(tempfile.TemporaryDirectory, prefix="steelyard-backup-"))
