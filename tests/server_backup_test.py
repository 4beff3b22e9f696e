#!/usr/bin/env python3
"""Backups of a server that is busy; servers on the backups; clients that then send all again (O5)."""
import decimal
import functools
import hashlib
import os
import pathlib
import shutil
import subprocess
import tempfile
import time

from ack_load import BATCH, PRICE, Journal, Load
from server_process import BINARY, Server, call, forget_views, refused_start, run_tests

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
        assert f"locked by pid {other.process.pid}" in served.stderr, served.stderr
        assert other.stop() == 0
        os.unlink(f"{other.data}/pepper")
        foreign = back_up(server.data, other.data)
        assert (foreign.returncode, "holds store" in foreign.stderr) == (2, True), foreign.stderr
        assert not os.path.exists(f"{other.data}/pepper"), "it was written into another store"
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
        inside = back_up(server.data, f"{server.data}/log")
        assert (inside.returncode, "is in --data" in inside.stderr) == (2, True), inside.stderr
        os.mkdir(f"{folder}/linked")
        os.symlink(f"{server.data}/log", f"{folder}/linked/log")
        assert "is in --data" in back_up(server.data, f"{folder}/linked").stderr
        os.mkdir(f"{folder}/letters")
        pathlib.Path(folder, "letters", "dear-customer").write_text("hello")
        foreign = back_up(server.data, f"{folder}/letters")
        assert (foreign.returncode, "holds dear-customer" in foreign.stderr) == (2, True), foreign.stderr
        assert os.listdir(f"{folder}/letters") == ["dear-customer"]
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


def test_personal_keys_of_the_copy_are_not_replaced_by_fewer(folder):
    to = f"{folder}/keys"
    with Server() as server:
        assert server.ask("PUT", "/v1/personal-data", {"members": ["/data/user"]})[0] == 200
        server.send([call(i, account=f"a-{i}", user="somebody") for i in range(5)])
        assert back_up(server.data, to).returncode == 0
        whole = pathlib.Path(to, "personal_keys").read_bytes()
        assert server.stop() == 0
        for left in (None, whole[:-104]):  # A key is a record of 104 bytes.
            os.unlink(f"{server.data}/personal_keys")
            if left is not None:
                pathlib.Path(server.data, "personal_keys").write_bytes(left)
            refused = back_up(server.data, to)
            assert refused.returncode == 2 and "personal_keys: " in refused.stderr, refused
            assert pathlib.Path(to, "personal_keys").read_bytes() == whole
            pathlib.Path(server.data, "personal_keys").write_bytes(whole)
        assert back_up(server.data, to).returncode == 0


def test_damage_of_the_copy_is_named_as_its_own(folder):
    to = f"{folder}/rotten"
    with Server(options=SMALL_SEGMENTS) as server:
        for number in range(4):
            server.send([call(f"{number}-{i}", note="x" * 100_000) for i in range(5)])
        assert back_up(server.data, to).returncode == 0
        first = sorted(pathlib.Path(to, "log").glob("*.segment"))[0]
        rotten = bytearray(first.read_bytes())
        rotten[len(rotten) // 2] ^= 1
        first.write_bytes(rotten)
        refused = back_up(server.data, to)
        assert refused.returncode == 2 and f"{to}: segment {first.name}" in refused.stderr, refused.stderr
        again = back_up(server.data, f"{folder}/another")
        assert again.returncode == 0, again.stderr


def test_B7_a_log_that_was_lost_or_replaced_by_an_older_one_is_not_gone_on_with(folder):
    with Server() as server:
        server.send([call(i) for i in range(10)])
        assert back_up(server.data, f"{folder}/older").returncode == 0
        server.send([call(i) for i in range(10, 30)])
        assert server.stop() == 0
        log = f"{server.data}/log"
        os.rename(log, f"{folder}/log")
        kept = pathlib.Path(server.data, "chain").read_bytes()
        for how in ("by the mark", "by the views"):
            if how == "by the views":
                os.unlink(f"{server.data}/chain")
            said = refused_start(server)
            assert "the log ends with record 0" in said and "it was lost" in said, (how, said)
            shutil.rmtree(log)
            shutil.copytree(f"{folder}/older/log", log)
            said = refused_start(server)
            assert "the log ends with record" in said and "replaced by an older" in said, (how, said)
            shutil.rmtree(log)
            pathlib.Path(server.data, "chain").write_bytes(kept)
        os.rename(f"{folder}/log", log)
        server.start()
        assert bill_of(server) == 30 * PRICE
        assert server.stop() == 0
        shutil.rmtree(log)  # And with the older one, who wants that.
        shutil.copytree(f"{folder}/older/log", log)
        forget_views(server.data)
        server.start()
        assert bill_of(server) == 10 * PRICE
        assert server.send([call(i) for i in range(30)])[1]["duplicate"] == 10


def test_B8_a_log_that_went_another_way_is_not_gone_on_with(folder):
    with Server() as server:
        server.send([call(i) for i in range(10)])
        assert server.stop() == 0
        other = f"{folder}/other"
        shutil.copytree(server.data, other)
        server.start()
        server.send([call(f"here-{i}") for i in range(30)])
        time.sleep(1.5)  # It is said each second how far the log is.
        server.crash()
        with Server(other, key=server.key) as there:
            for number in range(5):
                there.send([call(f"there-{number}-{i}") for i in range(10)])
            assert there.stop() == 0
        shutil.rmtree(f"{server.data}/log")
        shutil.copytree(f"{other}/log", f"{server.data}/log")
        assert "the log has another record" in refused_start(server)
        forget_views(server.data)
        server.start()
        assert bill_of(server) == 60 * PRICE


def test_others_may_not_read_what_a_server_keeps(folder):
    data = f"{folder}/open"
    os.mkdir(data)
    os.chmod(data, 0o755)
    before = os.umask(0o022)
    try:
        with Server(data) as server:
            server.send([call(1)])
            assert server.stop() == 0
            os.chmod(f"{data}/charges.duckdb", 0o644)  # As an earlier version made it.
            server.start()
    finally:
        os.umask(before)
    open_to_all = [path for path in pathlib.Path(data).iterdir() if path.stat().st_mode & 0o007]
    assert not open_to_all, open_to_all
    assert os.stat(data).st_mode & 0o777 == 0o755, "it is not ours"


if __name__ == "__main__":
    run_tests(globals(), functools.partial(tempfile.TemporaryDirectory, prefix="steelyard-backup-"))
