#!/usr/bin/env python3
"""`steelyard ingest --follow`: whatever happens to the file, to the server and to itself, each line is
charged once. Rows E21 and G11 of the failure catalogue.

server_follow_test.py [NAME [SEED]]: all tests by default, with the same random choices each time.
"""
import contextlib
import decimal
import gzip
import http.server
import json
import os
import pathlib
import random
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

from server_process import BINARY, Server, call, run_tests

PRICE = decimal.Decimal("0.0008")
SEED = int(sys.argv[2]) if len(sys.argv) > 2 else 20261126


def wait_until(holds, what, seconds=60):
    until = time.monotonic() + seconds
    while not (found := holds()):
        assert time.monotonic() < until, what() if callable(what) else what
        time.sleep(0.02)
    return found


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as there:
        return there.getsockname()[1]


class Journal:
    """A file that a gateway writes to, line for line, in a folder of its own."""

    def __init__(self, folder, chance=None):
        self.path = pathlib.Path(folder, "journal.ndjson")
        self.chance = chance
        self.written = 0  # Lines that have ended.
        self.rotated = 0
        self.file = None

    def open(self):
        self.file = open(self.path, "ab", buffering=0)

    def write(self, count=1):
        """In pieces that cut lines, where there is chance."""
        for _ in range(count):
            line = json.dumps(call(self.written)).encode() + b"\n"
            if self.chance and self.chance.random() < 0.3:
                cut = self.chance.randrange(1, len(line))
                self.file.write(line[:cut])
                time.sleep(self.chance.uniform(0, 0.02))
                line = line[cut:]
            self.file.write(line)
            self.written += 1

    def name(self):
        """The next name for what is rotated away: numbers that are moved up, or dates."""
        self.rotated += 1
        return self.path.with_name(f"{self.path.name}-20261126-{self.rotated:06}")

    def rotate(self, kept_open=0):
        """By rename; who writes goes on with the old file for so many lines."""
        self.path.rename(self.name())
        self.write(kept_open)
        self.file.close()
        self.open()

    def rotate_by_number(self):
        last = 1
        while self.path.with_name(f"{self.path.name}.{last}").exists():
            last += 1
        for number in range(last, 1, -1):
            self.path.with_name(f"{self.path.name}.{number - 1}").rename(
                self.path.with_name(f"{self.path.name}.{number}"))
        self.path.rename(self.path.with_name(f"{self.path.name}.1"))
        self.file.close()
        self.open()

    def copy_and_truncate(self):
        self.name().write_bytes(self.path.read_bytes())
        os.ftruncate(self.file.fileno(), 0)


class Follower:
    """`steelyard ingest --follow`, that can be killed and started again."""

    def __init__(self, path, url, key, options=()):
        self.path = path
        self.command = [BINARY, "ingest", "--follow", str(path), "--url", url, *options]
        self.environment = dict(os.environ, STEELYARD_KEY=key)
        self.said = tempfile.NamedTemporaryFile("r")
        self.written = tempfile.NamedTemporaryFile("r")
        self.process = None

    def start(self):
        with open(self.said.name, "a") as errors, open(self.written.name, "a") as out:
            self.process = subprocess.Popen(self.command, stdin=subprocess.DEVNULL, stdout=out,
                                            stderr=errors, env=self.environment)

    def errors(self):
        return pathlib.Path(self.said.name).read_text()

    def out(self):
        return pathlib.Path(self.written.name).read_text()

    def kill(self):
        self.process.kill()
        self.process.wait()

    def stop(self, signal_=signal.SIGTERM):
        self.process.send_signal(signal_)
        status = self.process.wait(timeout=30)
        assert status == 0, (status, self.errors())

    def ended(self):
        return self.process.wait(timeout=30)

    def position(self):
        """[(offset, whether it is finished)] of the files it knows."""
        file = pathlib.Path(f"{self.path}.steelyard-position")
        if not file.exists():
            return []
        words = [line.split() for line in file.read_text().splitlines()[1:-1]]
        return [(int(each[2]), each[-1] == "finished") for each in words if each[0] != "wanted-since"]

    def close(self):
        if self.process and self.process.poll() is None:
            self.kill()


@contextlib.contextmanager
def follower_of(journal, server, options=()):
    follower = Follower(journal.path, server.url, server.key, options)
    try:
        follower.start()
        yield follower
    finally:
        follower.close()


def counts(server):
    status, body, _ = server.ask("GET", "/v1/reconciliation")
    assert status == 200 and body["balanced"], body
    return body


def wait_for(journal, server, follower):
    """Until every line is charged, and then looks whether each is so once, and no other."""
    wanted = journal.written
    wait_until(lambda: counts(server)["rated"] >= wanted,
               lambda: f"{counts(server)}, of {wanted}; {follower.errors()} {follower.position()}")
    found = counts(server)
    assert (found["rated"], found["conflict"], found["unrated"]) == (wanted, 0, 0), found
    status, body, _ = server.ask("GET", "/v1/accounts/acme/bill?month=2026-11")
    assert status == 200 and decimal.Decimal(body["total"]) == wanted * PRICE, (wanted, body["total"])

    def rows():
        status, answer, _ = server.ask("POST", "/v1/sql",
                                       {"sql": "SELECT count(*), count(DISTINCT id) FROM facts"})
        assert status == 200, answer
        return answer["rows"] == [[str(wanted), str(wanted)]]
    wait_until(rows, "rows of charges are not those of the journal")


@contextlib.contextmanager
def journal_of(seed=None):
    with tempfile.TemporaryDirectory(prefix="steelyard-follow-") as folder:
        yield Journal(folder, None if seed is None else random.Random(seed))


# What may happen to a file

def test_E21_lines_are_sent_when_they_have_ended():
    with journal_of() as journal, Server() as server, follower_of(journal, server) as follower:
        wait_until(lambda: "waiting for" in follower.errors(), "it does not say that it waits")
        journal.open()
        journal.write(2_500)  # More than one request.
        wait_for(journal, server, follower)
        line = json.dumps(call(journal.written)).encode() + b"\n"
        journal.file.write(line[:40])
        time.sleep(1.6)  # Longer than a half line of a file that was rotated away waits.
        assert counts(server)["received"] == journal.written
        journal.file.write(line[40:])
        journal.written += 1
        wait_for(journal, server, follower)
        wait_until(lambda: follower.position() == [(journal.path.stat().st_size, False)],
                   lambda: follower.position())
        follower.stop()
        assert "2,501 events: 2,501 rated, 0 sent before" in follower.out(), follower.out()
        follower.start()
        journal.write(1)
        wait_for(journal, server, follower)
        assert counts(server)["duplicate"] == 0, "it did not go on where it was"
        follower.stop(signal.SIGINT)
        assert follower.errors().count("steelyard:") == 2, follower.errors()


def test_E21_rotated_by_rename_while_it_is_written():
    with journal_of(SEED) as journal, Server() as server, follower_of(journal, server) as follower:
        wait_until(lambda: "waiting for" in follower.errors(), "it does not say that it waits")
        journal.open()
        for turn in range(12):
            journal.write(20)
            journal.rotate(kept_open=turn % 3)
        journal.write(5)
        wait_for(journal, server, follower)
        # The last line of a file that is rotated away needs no end.
        journal.file.write(json.dumps(call(journal.written)).encode())
        journal.written += 1
        journal.rotate()
        wait_for(journal, server, follower)
        follower.stop()


def test_E21_copied_and_truncated():
    with journal_of(SEED) as journal, Server() as server, follower_of(journal, server) as follower:
        wait_until(lambda: "waiting for" in follower.errors(), "it does not say that it waits")
        journal.open()
        for _ in range(12):
            journal.write(20)
            journal.copy_and_truncate()
        journal.write(5)
        wait_for(journal, server, follower)
        follower.stop()


def test_E21_cut_off_and_replaced_under_the_same_name():
    with journal_of() as journal, Server() as server, follower_of(journal, server) as follower:
        journal.open()
        journal.write(20)
        wait_for(journal, server, follower)
        os.ftruncate(journal.file.fileno(), 0)
        journal.write(3)
        wait_for(journal, server, follower)
        other = journal.path.with_name("other")
        journal.file.close()
        journal.file = open(other, "wb", buffering=0)
        journal.write(30)
        other.replace(journal.path)
        wait_for(journal, server, follower)
        journal.file.close()
        journal.path.unlink()
        time.sleep(0.5)
        journal.open()
        journal.write(3)
        wait_for(journal, server, follower)
        assert counts(server)["duplicate"] == 0
        follower.stop()


def test_E21_a_file_that_went_away_meanwhile_is_told():
    with journal_of() as journal, Server() as server, follower_of(journal, server) as follower:
        journal.open()
        journal.write(10)
        wait_for(journal, server, follower)
        size = journal.path.stat().st_size
        wait_until(lambda: follower.position() == [(size, False)], "no position")
        follower.stop()
        journal.path.rename(journal.path.with_name("out-of-sight"))
        journal.file.close()
        journal.open()
        journal.write(10)
        follower.start()
        wait_for(journal, server, follower)
        said = follower.errors()
        assert f"{journal.path}: the file that was read up to byte {size} (inode" in said, said
        assert "can not be found" in said, said
        follower.stop()
        follower.start()
        journal.write(1)
        wait_for(journal, server, follower)
        assert follower.errors().count("can not be found") == 1
        follower.stop()


def test_E21_a_file_that_is_rotated_and_packed_while_nothing_is_written_is_not_missed():
    with journal_of() as journal, Server() as server, follower_of(journal, server) as follower:
        journal.open()
        journal.write(10)
        wait_for(journal, server, follower)
        size = journal.path.stat().st_size
        journal.rotate()
        wait_until(lambda: follower.position() == [(size, True), (0, False)], follower.position)
        follower.stop()
        rotated = next(journal.path.parent.glob("*-20261126-*"))
        rotated.with_name(rotated.name + ".gz").write_bytes(gzip.compress(rotated.read_bytes()))
        rotated.unlink()
        follower.start()
        journal.write(1)
        wait_for(journal, server, follower)
        assert "can not be found" not in follower.errors(), follower.errors()
        assert counts(server)["duplicate"] == 0
        follower.stop()


# The follower and the server die

def one_of_all(journal, chance):
    """Writes something, and perhaps lets something happen to the file."""
    journal.write(chance.randrange(1, 60))
    what = chance.random()
    if what < 0.15:
        journal.rotate(kept_open=chance.randrange(3))
    elif what < 0.25:
        journal.rotate_by_number()
    elif what < 0.35:
        journal.copy_and_truncate()
    time.sleep(chance.uniform(0, 0.03))


def send_json(handler, status, body, fields=None):
    text = json.dumps(body).encode()
    with contextlib.suppress(OSError):  # Who asked may be gone.
        handler.send_response(status)
        for name, value in {**(fields or {}), "Content-Length": len(text)}.items():
            handler.send_header(name, str(value))
        handler.end_headers()
        handler.wfile.write(text)


class KillingProxy(http.server.BaseHTTPRequestHandler):
    """Hands requests on to the server, and kills who sent them: before, or between the server and the
    answer, or a moment after the answer."""
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        chance, kill = self.server.chance, self.server.kill
        moment = chance.choice(("before", "between", "after", "never", "never"))
        self.server.moments[moment] += 1
        if moment == "before":
            return kill()
        status, answer, _ = self.server.real.ask("POST", self.path, body,
                                                 {"Content-Type": "application/x-ndjson"})
        if moment == "between":
            return kill()
        send_json(self, status, answer)
        if moment == "after":
            time.sleep(chance.choice((0, 0.0003, 0.001, 0.003, 0.01)))
            kill()
        return None

    def log_message(self, *_):
        pass


@contextlib.contextmanager
def serving(handler, **members):
    """A server of the test's own, with what its handler needs."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        server.url = f"http://127.0.0.1:{server.server_port}"
        server.handle_error = lambda *_: None  # Who asked was killed.
        for name, value in members.items():
            setattr(server, name, value)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield server
        finally:
            server.shutdown()


def test_E21_killed_at_random_moments_while_files_are_written_and_rotated():
    chance = random.Random(SEED)
    moments = dict.fromkeys(("before", "between", "after", "never"), 0)
    with journal_of(SEED) as journal, Server() as server, \
            serving(KillingProxy, real=server, key=server.key, chance=random.Random(SEED + 1),
                    moments=moments) as proxy, follower_of(journal, proxy) as follower:
        proxy.kill = lambda: follower.process.kill()
        wait_until(lambda: "waiting for" in follower.errors(), "it does not say that it waits")
        journal.open()
        is_over = threading.Event()
        failed = []

        def write():
            try:
                while not is_over.is_set():
                    one_of_all(journal, chance)
            except Exception as error:  # pylint: disable=broad-except
                failed.append(error)

        writing = threading.Thread(target=write)
        writing.start()
        try:
            for _ in range(30):
                try:
                    follower.process.wait(timeout=2)
                except subprocess.TimeoutExpired:
                    follower.kill()
                time.sleep(chance.choice((0, 0, 0.2)))
                follower.start()
        finally:
            is_over.set()
            writing.join()
            follower.kill()
        assert not failed, failed
        assert min(moments.values()) > 0, moments
        follower.command[-1] = server.url
        follower.start()
        wait_for(journal, server, follower)
        follower.stop()
        said = follower.errors()
        assert "can not be found" not in said and "cut off" not in said, said
        assert counts(server)["duplicate"] > 0, "nothing was sent again: no kill came between"
        print(f"        {journal.written} lines, killed {moments}, "
              f"{counts(server)['duplicate']} lines sent again")


def test_G11_while_the_server_is_away_nothing_is_lost():
    chance = random.Random(SEED)
    with journal_of(SEED) as journal, Server(port=free_port()) as server, \
            follower_of(journal, server) as follower:
        journal.open()
        journal.write(100)
        wait_for(journal, server, follower)
        for turn in range(3):
            server.crash()
            for _ in range(20):
                one_of_all(journal, chance)
            wait_until(lambda: follower.errors().count("trying again") == turn + 1, follower.errors)
            if turn == 1:  # What was rotated away meanwhile may be packed: it is held open.
                journal.rotate()
                time.sleep(1)
                for rotated in journal.path.parent.glob("*-20261126-*"):
                    rotated.unlink()
            if turn == 2:
                follower.stop()
                follower.start()
                wait_until(lambda: follower.errors().count("trying again") == 4, follower.errors)
            server.start()
            wait_for(journal, server, follower)
            wait_until(lambda: follower.errors().count("takes events again") == turn + 1, follower.errors)
        journal.write(1)
        wait_for(journal, server, follower)
        said = follower.errors()
        assert said.count("trying again") == 4 and said.count("takes events again") == 3, said
        assert "can not be found" not in said and "cut off" not in said, said
        follower.stop()


def test_G11_a_call_that_went_on_without_a_hold_is_charged():
    """With `fail_open`, the event names a hold that was never opened."""
    with journal_of() as journal, Server() as server, follower_of(journal, server) as follower:
        event = {**call(0), "id": "e-0"}
        event["data"]["hold"] = "never-opened"
        journal.path.write_text(json.dumps(event) + "\n")
        journal.written = 1
        wait_for(journal, server, follower)
        follower.stop()


# What a server may answer

ACCEPTED = {"rated": 0, "duplicate": 0, "conflict": 0, "unrated": 0, "rejected": 0, "set_aside": []}


class Answers(http.server.BaseHTTPRequestHandler):
    """Says what the test wants to be said: [(status, fields, seconds before)], then 200."""
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        lines = self.rfile.read(int(self.headers["Content-Length"])).decode().splitlines()
        status, fields, wait = self.server.answers.pop(0) if self.server.answers else (200, {}, 0)
        self.server.asked.append((time.monotonic(), status, len(lines)))
        time.sleep(wait)
        body = {**ACCEPTED, "received": len(lines), "rated": len(lines)} if status == 200 else \
            {"detail": "the test says so"}
        send_json(self, status, body, fields)

    def log_message(self, *_):
        pass


def answering(answers):
    return serving(Answers, answers=list(answers), asked=[], key="steelyard_test")


def test_G11_refusals_that_pass_are_waited_for():
    passing = [(429, {"Retry-After": 2}, 0), (503, {}, 0), (507, {}, 0), (500, {}, 0), (502, {}, 0)]
    with journal_of() as journal, answering(passing) as server, follower_of(journal, server) as follower:
        journal.open()
        journal.write(3)
        wait_until(lambda: follower.position() == [(journal.path.stat().st_size, False)],
                   lambda: follower.errors())
        assert [each[1:] for each in server.asked] == [(status, 3) for status in (429, 503, 507, 500, 502, 200)]
        pauses = [later[0] - earlier[0] for earlier, later in zip(server.asked, server.asked[1:])]
        assert pauses[0] >= 2, pauses  # As asked for; the others grow.
        assert pauses[1] < pauses[2] < pauses[3] < pauses[4], pauses
        said = follower.errors()
        assert said.count("the server answered 429; trying again") == 1, said
        assert said.count("trying again") == 1 and said.count("takes events again") == 1, said
        follower.stop()


def test_G11_refusals_for_good_end_it_and_move_nothing():
    for status in (400, 401, 403, 404, 413, 422):
        with journal_of() as journal, answering([(200, {}, 0), (status, {}, 0)]) as server:
            journal.open()
            journal.write(2)
            with follower_of(journal, server) as follower:
                wait_until(lambda: len(server.asked) == 1, "it does not send")
                size = journal.path.stat().st_size
                wait_until(lambda: follower.position() == [(size, False)], "no position")
                journal.write(1)
                assert follower.ended() == 2, status
                said = follower.errors()
                assert f"the server answered {status}: " in said and "the test says so" in said, said
                assert f"behind byte {size}" in said, said
                assert follower.position() == [(size, False)]
                follower.start()
                wait_until(lambda: len(server.asked) == 3, "it does not go on")
                assert server.asked[-1][1:] == (200, 1)


def test_E21_sigterm_finishes_the_request_under_way():
    with journal_of() as journal, answering([(200, {}, 1.5)]) as server:
        journal.open()
        journal.write(4)
        with follower_of(journal, server) as follower:
            wait_until(lambda: server.asked, "it does not send")
            follower.stop()
            assert follower.position() == [(journal.path.stat().st_size, False)]
            assert "4 events: 4 rated" in follower.out(), follower.out()


def test_G11_sigterm_while_the_server_is_away_ends_it():
    with journal_of() as journal, answering([(503, {"Retry-After": 100}, 0)]) as server:
        journal.open()
        journal.write(4)
        with follower_of(journal, server) as follower:
            wait_until(lambda: "trying again" in follower.errors(), "it does not send")
            follower.stop()
            assert follower.position() == [(0, False)]


def test_E21_events_set_aside_are_shown_once():
    with journal_of() as journal, Server() as server, follower_of(journal, server) as follower:
        journal.open()
        journal.write(1)
        before = journal.path.stat().st_size
        journal.file.write(b"\n{\"id\":\n" + b"x" * 1_100_000 + b"\n")
        journal.write(1)
        wait_for(journal, server, follower)
        wait_until(lambda: "rejected" in follower.out(), lambda: counts(server))
        size = journal.path.stat().st_size
        wait_until(lambda: follower.position() == [(size, False)], follower.errors)
        out = follower.out()
        assert f"{journal.path}, byte {before + 1}: rejected: " in out, out
        assert f"{journal.path}, byte {before + 8}: rejected: " in out, out
        assert out.count("rejected") == 2, out
        follower.stop()


def test_E21_a_file_that_can_not_be_followed_is_named():
    with journal_of() as journal:
        folder = journal.path.parent
        (folder / "day.ndjson.gz").write_bytes(b"")
        (folder / "day.ndjson").write_bytes(b"")
        (folder / "bad").write_text("steelyard-position 1\nnonsense\n")
        for options, said in ((["day.ndjson.gz"], "an archive can not be followed"),
                              (["day.ndjson", "day.ndjson"], "--follow is for one file"),
                              (["-"], "--follow is for a file"),
                              ([str(folder)], "is no regular file"),
                              (["--from-line", "3", "day.ndjson"], "--from-line is not for --follow"),
                              (["--position", "bad", "day.ndjson"], "bad: is no position")):
            ran = subprocess.run([BINARY, "ingest", "--key", "x", "--follow", *options], cwd=folder, timeout=20,
                                 capture_output=True, text=True, check=False)
            assert ran.returncode == 2 and said in ran.stderr, (options, ran)


if __name__ == "__main__":
    run_tests(globals())
