#!/usr/bin/env python3
"""Two copies of a log, of which one rots, is lost or is full (B3, B21).

server_mirror_test.py [NAME [KILLS [SEED]]]: the tests whose names hold NAME.
"""
import pathlib
import random
import shutil
import subprocess
import sys
import time

from ack_load import Journal, Load, check
from server_process import BINARY, Server, call, run_tests


def mirror_of(server):
    return server.folder.name + "/mirror"


def server_with_mirror():
    server = Server(is_started=False)
    server.options = ("--segment-mib", "1", "--keep-every", "500", "--mirror", mirror_of(server))
    server.start()
    return server


def segments_of(folder):
    return sorted(pathlib.Path(folder, "log").glob("*.segment"))


def used(path):
    return len(path.read_bytes().rstrip(b"\0"))


def flip(path, at):
    content = bytearray(path.read_bytes())
    content[at] ^= 1 << at % 8
    path.write_bytes(bytes(content))


def sound(folder):
    verified = subprocess.run([BINARY, "verify", "--data", folder], capture_output=True, text=True, check=False)
    assert verified.returncode == 0, verified.stderr
    return verified.stdout


def expect_twins(server):
    """Both are sound, and have the same records."""
    assert sound(server.data) == sound(mirror_of(server))


def wait_until_mended(server, path):
    """The scrub compares all of both, a segment at a time."""
    deadline = time.monotonic() + 60
    while str(path) not in server.error_text():
        assert time.monotonic() < deadline, f"{path} was not mended: {server.error_text()}"
        time.sleep(0.05)


def test_B21_a_byte_that_rots_in_either_copy_is_mended_while_the_server_runs():
    with server_with_mirror() as server:
        # Above 1 MiB: the first segment is full.
        for first in range(0, 3_000, 500):
            assert server.send([call(first + i, note="x" * 400) for i in range(500)])[0] == 200
        server.stop()
        expect_twins(server)
        for folder in (server.data, mirror_of(server)):
            path = segments_of(folder)[0]
            flip(path, used(path) // 2)
            server.start()
            wait_until_mended(server, path)
            assert "was written again from the other copy" in server.error_text()
            assert "steelyard_log_mended_files 1" in server.ask("GET", "/metrics")[1]
            server.stop()
            expect_twins(server)
        server.verify()


def test_B3_the_last_frame_that_rots_is_not_taken_for_a_torn_one():
    with server_with_mirror() as server:
        server.send([call(1)])
        server.crash()
        path = segments_of(server.data)[-1]
        flip(path, used(path) - 60)
        pathlib.Path(server.data, "log/watermark").unlink()
        server.start()
        assert str(path) in server.error_text()
        assert server.send([call(1)])[1]["duplicate"] == 1, "it is known"
        server.stop()
        expect_twins(server)


def test_B21_kills_while_one_copy_rots_or_is_lost():
    kills = int(sys.argv[2]) if len(sys.argv) > 2 else 4
    seed = int(sys.argv[3]) if len(sys.argv) > 3 else 20261126
    chance = random.Random(seed)
    journal = Journal(padding_of=lambda first: 4_000 if first % 140 == 0 else 0)
    with server_with_mirror() as server:
        for number in range(kills):
            load = Load(server, journal)
            time.sleep(chance.uniform(0.1, 0.6))
            server.crash()
            load.end()
            folder = chance.choice((server.data, mirror_of(server)))
            if number % 4 == 3:
                shutil.rmtree(folder)
            else:
                # The first half was acknowledged: what is torn there is not only a kill's work.
                path = chance.choice(segments_of(folder))
                rots = max(used(path) // 2, 513)
                flip(path, chance.randrange(512, rots))
            server.start()
            check(server, journal)
            if number % 4 != 3 and rots > 513:
                wait_until_mended(server, path)
            server.stop()
            expect_twins(server)
            server.start()
        server.stop()
        server.verify()
    print(f"        {kills} kills, seed {seed}: {journal.events()} events acknowledged, each there once")


def test_a_lost_disk_is_filled_again_with_its_keys():
    with server_with_mirror() as server:
        server.send([call(i) for i in range(50)])
        server.stop()
        shutil.rmtree(server.data)
        server.start()
        assert server.ask("GET", "/v1/reconciliation")[1]["rated"] == 50
        server.stop()
        server.verify()
        expect_twins(server)


def test_the_secret_of_keys_is_taken_from_the_copy_that_is_whole():
    with server_with_mirror() as server:
        server.stop()
        whole = pathlib.Path(server.data, "pepper").read_text()
        for folder in (server.data, mirror_of(server)):
            pathlib.Path(folder, "pepper").write_text(whole[:20])
            server.start()
            assert server.ask("GET", "/v1/reconciliation")[0] == 200
            server.stop()
            assert pathlib.Path(folder, "pepper").read_text() == whole
        # Which of two whole ones is right, nobody knows.
        pathlib.Path(mirror_of(server), "pepper").write_text(whole.translate(str.maketrans("0123456789", "1234567890")))
        try:
            server.start()
            raise RuntimeError("it started")
        except AssertionError as refused:
            assert "pepper differ" in str(refused)


def test_the_mirror_can_be_served_when_the_machine_is_gone():
    with server_with_mirror() as server:
        server.send([call(i) for i in range(50)])
        server.stop()
        with Server(data=mirror_of(server), key=server.key) as other:
            assert other.ask("GET", "/v1/reconciliation")[1]["rated"] == 50
            other.send([call(i) for i in range(40, 60)])
            other.stop()
        # The first folder is behind now, and takes what it has not seen.
        server.start()
        assert server.ask("GET", "/v1/reconciliation")[1]["rated"] == 60
        server.stop()
        expect_twins(server)


def test_what_is_no_second_folder_is_refused():
    with Server() as server:
        server.stop()
        for mirror, words in ((server.data, "take a folder on another disk"),
                              (server.data + "/log/copy", "take a folder on another disk"),
                              ("/proc/nowhere", "/proc/nowhere")):
            refused = subprocess.run([BINARY, "serve", "--data", server.data, "--mirror", mirror, "--port", "0"],
                                     capture_output=True, text=True, check=False, timeout=30)
            assert refused.returncode == 2 or refused.returncode == 1, refused
            assert words in refused.stderr, refused.stderr
        with Server() as other:
            other.stop()
            refused = subprocess.run([BINARY, "serve", "--data", server.data, "--mirror", other.data, "--port", "0"],
                                     capture_output=True, text=True, check=False, timeout=30)
            assert "holds store" in refused.stderr, refused.stderr


if __name__ == "__main__":
    run_tests(dict(globals()))
