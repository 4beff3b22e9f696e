#!/usr/bin/env python3
"""Rows of the failure catalogue (docs/failures.md) in the real server, each a test named after it.

server_catalogue_test.py [NAME…]: all by default.
"""
import concurrent.futures
import datetime
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time

from ack_load import Journal, check
from server_process import BINARY, ROOT, Server, call, run_tests

SMALL_SEGMENTS = ("--segment-mib", "1")
NO_LEAKS = {"ASAN_OPTIONS": "detect_leaks=0"}  # It can not be looked for in a traced process.


def expect(found, wanted, what=""):
    assert found == wanted, f"{what}: {found!r} is not {wanted!r}"


def word_of(problem):
    return problem["type"].rsplit("#problem-", 1)[-1]


def start_error(server):
    """What a server says that must not start."""
    try:
        server.start()
    except AssertionError as error:
        expect(server.process.returncode, 2)
        return str(error)
    raise RuntimeError("it started")


def stopped_server(batches=12):
    """With three segments, and one event of 100 kB in each batch."""
    server = Server(options=SMALL_SEGMENTS)
    for number in range(batches):
        events = [call(f"{number}-{i}") for i in range(3)] + [call(f"{number}-large", note="x" * 200_000)]
        expect(server.send(events)[1]["rated"], 4)
    expect(server.stop(), 0)
    segments = sorted(pathlib.Path(server.data, "log").glob("*.segment"))
    assert len(segments) >= 3, segments
    return server, segments


def change(path, offset, change_of):
    with open(path, "r+b") as file:
        file.seek(offset)
        byte = file.read(1)[0]
        file.seek(offset)
        file.write(bytes([change_of(byte)]))


def slow_disk(server, delay_us):
    """Starts it under strace, which makes each sync of its log wait."""
    trace = pathlib.Path(server.folder.name, "trace")
    server.start(["strace", "-D", "-f", "-qq", "-o", str(trace), "-e", "trace=fdatasync",
                  "-e", f"inject=fdatasync:delay_enter={delay_us}"], NO_LEAKS)
    return trace


def raw(server, text, wait=5):
    """Sends bytes, and returns what comes until the server closes or `wait` seconds are over."""
    host, port = server.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=wait) as connection:
        connection.sendall(text)
        answer = b""
        try:
            while chunk := connection.recv(65536):
                answer += chunk
        except TimeoutError:
            pass
        return answer


def answers_in(text):
    return len(re.findall(rb"^HTTP/1.1 \d\d\d ", text, re.M))


# A. Process dies

def test_A14_sigterm_with_requests_in_flight_drains_and_exits_with_0():
    with Server() as server:
        expect(server.stop(), 0)
        slow_disk(server, 300_000)
        journal = Journal()
        is_over = threading.Event()

        def send():
            while not is_over.is_set():
                numbers = journal.take()
                try:
                    status, body, _ = server.send([call(each) for each in numbers])
                except OSError:
                    return journal.note(numbers, False)
                assert status == 200 or word_of(body) == "stopping", (status, body)
                journal.note(numbers, status == 200)
                if status != 200:
                    return None
            return None

        with concurrent.futures.ThreadPoolExecutor(24) as pool:
            sent = [pool.submit(send) for _ in range(24)]
            time.sleep(1.5)
            begun = time.monotonic()
            server.process.send_signal(signal.SIGTERM)
            expect(server.process.wait(timeout=30), 0, server.error_text())
            took = time.monotonic() - begun
            is_over.set()
            for each in sent:
                each.result()
        assert took <= 11, f"it took {took:.1f} s to end"
        assert journal.acknowledged and len(journal.acknowledged) + len(journal.unknown) >= 24
        server.start()
        check(server, journal)


def test_A15_a_record_that_ends_the_server_is_refused_after_two_ends():
    with Server() as server:
        for number in range(5):
            expect(server.send([call(number)])[1]["rated"], 1)
        server.crash()  # Nothing is kept: a start replays all.
        note = pathlib.Path(server.data, "replaying")
        trace = pathlib.Path(server.folder.name, "trace")

        def end_at_the_event(id_):
            """Starts it, and ends it by a signal where it is about to apply a record of that id."""
            for when in range(1, 40):
                before = note.read_bytes() if note.exists() else None
                try:
                    # The note is the only file of that name: what is applied is written to it first.
                    server.start(["strace", "-D", "-f", "-qq", "-o", str(trace), "-P", str(note), "-e",
                                  "trace=pwrite64", "-e", f"inject=pwrite64:signal=ABRT:when={when}"], NO_LEAKS)
                except AssertionError:
                    pass
                else:
                    raise RuntimeError("it started")
                at = int(note.read_text().split()[0])
                if at and id_ in record_at(server, at):
                    return at
                if before is None:
                    note.unlink()
                else:
                    note.write_bytes(before)
            raise RuntimeError("it does not come to it")

        first, second = end_at_the_event("e-3"), end_at_the_event("e-3")
        expect(first, second)
        for _ in range(2):
            said = start_error(server)
            assert f'ended 2 times while it applied record {first} of the log: event "e-3" of source "test"' in said, said
            assert f"--record {first}" in said and str(note) in said, said
        note.unlink()
        server.start()
        expect(server.send([call(number) for number in range(5)])[1]["duplicate"], 5)
        expect(note.exists(), False)


def record_at(server, sequence):
    """What `verify --record` prints."""
    ran = subprocess.run([BINARY, "verify", "--data", server.data, "--record", str(sequence)],
                         capture_output=True, text=True, timeout=60, check=False)
    expect(ran.returncode, 0, ran.stderr)
    return ran.stdout


# B. Storage

def test_B2_a_flipped_bit_in_an_old_frame_is_named_and_not_served():
    server, segments = stopped_server()
    with server:
        change(segments[0], 100_000, lambda byte: byte ^ 4)
        said = start_error(server)
        assert f"segment {segments[0].name} offset 0x" in said and " seq " in said, said


def test_B4_a_flipped_bit_in_a_length_is_found():
    server, segments = stopped_server()
    with server:
        for bit in (0, 7, 30):
            byte = 512 + 80 + bit // 8  # The length of the payload of the first frame.
            change(segments[0], byte, lambda value, bit=bit: value ^ (1 << bit % 8))
            said = start_error(server)
            assert f"segment {segments[0].name} offset 0x200 seq 1" in said, said
            change(segments[0], byte, lambda value, bit=bit: value ^ (1 << bit % 8))
        server.start()


def test_B7_a_missing_a_truncated_and_a_zeroed_segment_are_named():
    server, segments = stopped_server()
    with server:
        kept = segments[1].read_bytes()
        segments[1].unlink()
        said = start_error(server)
        assert "segment 2 is missing" in said, said
        segments[1].write_bytes(kept[:len(kept) // 2])
        said = start_error(server)
        assert f"segment {segments[1].name} offset 0x" in said, said
        segments[1].write_bytes(kept[:8192] + bytes(8192) + kept[16384:])
        said = start_error(server)
        assert f"segment {segments[1].name} offset 0x" in said, said
        segments[1].write_bytes(kept)
        server.start()


def test_B8_a_segment_of_another_store_is_refused():
    server, segments = stopped_server()
    other, other_segments = stopped_server()
    with server, other:
        shutil.copy(other_segments[1], segments[1])
        said = start_error(server)
        assert "the segment belongs to store" in said or "missing" in said or "its name is" in said, said
        shutil.copy(other_segments[0], segments[0])
        said = start_error(server)
        assert "the segment belongs to store" in said, said


def test_B13_a_slow_disk_is_said_by_429_and_loses_nothing():
    with Server() as server:
        expect(server.stop(), 0)
        trace = slow_disk(server, 200_000)
        journal = Journal()
        refused = []

        def send():
            for _ in range(4):
                numbers = journal.take()
                status, body, headers = server.send([call(each) for each in numbers])
                if status != 200:
                    assert status in (429, 503) and "Retry-After" in headers, (status, body)
                    refused.append(word_of(body))
                journal.note(numbers, status == 200)

        with concurrent.futures.ThreadPoolExecutor(48) as pool:  # One key may have 32 open requests.
            for each in [pool.submit(send) for _ in range(48)]:
                each.result()
        assert refused and journal.acknowledged, (refused, journal.acknowledged)
        expect(server.ask("GET", "/health")[0], 200)
        expect(server.stop(), 0)
        assert "(DELAYED)" in trace.read_text(), "no sync was delayed"
        server.start()
        check(server, journal)


def test_B18_a_folder_that_is_moved_deleted_or_replaced_ends_the_server():
    def move(data):
        os.rename(data, data + ".moved")

    def replace_by_a_copy(data):
        move(data)
        shutil.copytree(data + ".moved", data)

    def replace_the_log(data):
        os.rename(data + "/log", data + "/log.moved")
        shutil.copytree(data + "/log.moved", data + "/log")

    for harm in (move, shutil.rmtree, replace_by_a_copy, replace_the_log):
        with Server() as server:
            expect(server.send([call(i) for i in range(10)])[1]["rated"], 10)
            harm(server.data)
            expect(server.process.wait(timeout=10), 74, harm.__name__)
            said = server.error_text().strip().splitlines()[-1]
            assert f"{server.data} was moved, deleted or replaced" in said, said
            assert "start again" in said, said
            try:
                answer = server.ask("GET", "/health/ready")
            except OSError:
                answer = None
            expect(answer, None, "nobody is ready")
            if harm is move:
                os.rename(server.data + ".moved", server.data)
                server.start()
                expect(server.send([call(i) for i in range(10)])[1]["duplicate"], 10)


def test_B20_a_folder_that_may_not_be_read_is_named():
    with Server() as server:
        server.stop()
        os.chmod(server.folder.name, 0o755)
        os.chmod(server.data, 0)
        as_nobody = {"user": 65534, "group": 65534} if os.geteuid() == 0 else {}
        with tempfile.TemporaryDirectory() as away:
            os.chmod(away, 0o755)
            binary = shutil.copy(BINARY, away) if as_nobody else BINARY
            book = shutil.copytree(ROOT / "pricebooks/aliyun-ai-paas", away + "/book")
            library = ROOT / ".deps/duckdb/lib/libduckdb.so"
            shutil.copy(library, away)
            ran = subprocess.run([binary, "serve", "--data", server.data, "--port", "0", "--pricebook", book],
                                 capture_output=True, text=True, timeout=60, check=False, cwd=away,
                                 env={**os.environ, "LD_LIBRARY_PATH": away}, **as_nobody)
        os.chmod(server.data, 0o700)
        expect(ran.returncode, 2, ran.stderr)
        assert server.data in ran.stderr and "Permission denied" in ran.stderr, ran.stderr


# C. Resources

def test_C5_slow_senders_are_cut_off_and_others_do_not_notice():
    with Server() as server:
        host, port = server.url.removeprefix("http://").split(":")
        post = (f"POST /v1/events HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {server.key}\r\n"
                "Content-Type: application/x-ndjson\r\nContent-Length: 1000\r\n\r\n").encode()

        def drip(first, then):
            """Sends `first`, then a byte every 0.3 s. How long the server takes it, and its answer."""
            begun = time.monotonic()
            with socket.create_connection((host, int(port))) as connection:
                connection.settimeout(0.3)
                connection.sendall(first)
                answer = b""
                while time.monotonic() - begun < 30:
                    try:
                        connection.sendall(then)
                        chunk = connection.recv(4096)
                    except TimeoutError:
                        continue
                    except OSError:
                        break
                    answer += chunk
                    if chunk == b"":
                        break
            return time.monotonic() - begun, answer

        with concurrent.futures.ThreadPoolExecutor(64) as pool:
            heads = [pool.submit(drip, b"GET /hea", b"l") for _ in range(32)]
            bodies = [pool.submit(drip, post, b"x") for _ in range(8)]
            slowest = 0
            while not all(each.done() for each in heads + bodies):
                begun = time.monotonic()
                expect(server.ask("GET", "/health")[0], 200)
                slowest = max(slowest, time.monotonic() - begun)
                time.sleep(0.2)
        for each in heads + bodies:
            took, answer = each.result()
            assert b" 408 " in answer.split(b"\r\n")[0], answer[:200]
            assert 9 < took < 20, took
        assert slowest < 2, f"somebody else waited for {slowest:.1f} s"


def test_C8_a_tenant_has_so_many_names_and_no_more():
    def calls_of(first, count):
        return [call(f"m-{i}", model=f"model-{i}") for i in range(first, first + count)]

    with Server() as server:
        for first in range(0, 10_000, 2_500):
            expect(server.send(calls_of(first, 2_500))[1]["unrated"], 2_500)
        for _ in range(2):
            status, body, _ = server.send(calls_of(9_999, 3))
            expect((status, body["duplicate"], body["rejected"]), (200, 1, 2), body)
            for each in body["set_aside"]:
                expect(each["reason"], "too_many_names")
                assert "10000 models" in each["detail"], each
            expect(server.send([call("m-5", model="model-5")])[1]["duplicate"], 1)
            # Its name came before, with other events.
            expect(server.send([call("again", model="model-6")])[1]["rejected"], 0)
            server.crash()
            server.start()
        # Another tenant has its own.
        _, made, _ = server.ask("POST", "/v1/keys", {"name": "x", "role": "ingest", "kind": "ingest",
                                                     "tenant": "other"})
        server.key = made["key"]
        expect(server.send(calls_of(10_000, 2))[1]["unrated"], 2)


# D. Time

def test_D4_an_event_that_is_too_old_is_rejected_and_says_so():
    with Server() as server:
        status, body, _ = server.send([call("old") | {"time": "1969-12-31T23:59:59Z"}])
        expect((status, body["rejected"], body["set_aside"][0]["reason"]), (200, 1, "invalid_time"))
        assert "1969" in body["set_aside"][0]["detail"], body


def test_D10_the_clock_of_a_source_that_is_ahead_is_measured_and_told():
    def ahead(seconds):
        now = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=seconds)
        return {"time": now.strftime("%Y-%m-%dT%H:%M:%SZ")}

    with Server() as server:
        events = [call("right") | ahead(0), call("late") | ahead(-7200) | {"source": "late"},
                  call("fast") | ahead(180) | {"source": 'fast"'},
                  call("little") | ahead(30) | {"source": "little"},
                  call("far") | ahead(600) | {"source": "far"}]
        status, body, _ = server.send(events)
        expect((status, body["rated"], body["rejected"]), (200, 4, 1), body)
        expect(body["set_aside"][0]["reason"], "invalid_time")
        _, text, _ = server.ask("GET", "/metrics")
        found = dict(re.findall(r'^steelyard_source_clock_ahead_seconds{source="(.*)",tenant="default"} (\d+)$', text, re.M))
        expect(sorted(found), ["far", 'fast\\"', "little"], text)
        for source, seconds in (("far", 600), ('fast\\"', 180), ("little", 30)):
            assert seconds - 30 <= int(found[source]) <= seconds, (source, found)
        expect(server.stop(), 0)
        told = [json.loads(line) for line in server.error_text().splitlines()]
        told = {line["source"]: line for line in told if line["event"] == "source_clock_is_ahead"}
        expect(sorted(told), ["far", 'fast"'])
        expect((told["far"]["level"], told["far"]["tenant"]), ("warning", "default"))


def test_D11_the_time_zone_of_the_server_changes_nothing():
    paths = ("/v1/accounts/acme/bill?month=2026-11", "/v1/accounts/acme/bill?month=2026-10",
             "/v1/accounts/acme/usage?from=2026-10-01&to=2026-12-01", "/v1/accounts/acme/balance")
    answers = []
    for zone in ("UTC", "Asia/Shanghai", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu"):
        server = Server(is_started=False)
        server.start(environment={"TZ": zone})
        with server:
            hours = [f"2026-10-31T{hour:02}:30:00Z" for hour in range(24)]
            server.send([call(i) | {"time": time_} for i, time_ in enumerate(hours)])
            answers.append([server.ask("GET", path)[1] for path in paths])
    for each in answers[1:]:
        expect(each, answers[0])
    assert answers[0][1]["total"] == "0.0128", answers[0][1]  # 16 of the 24 hours: the book is in +08:00.


# E. Content of events

def test_E1_an_exact_duplicate_is_told_and_not_charged():
    with Server() as server:
        server.send([call(1)])
        expect(server.send([call(1)])[1]["duplicate"], 1)
        expect(server.ask("GET", "/v1/accounts/acme/balance")[1]["owed"], "0.0008")


def test_E3_one_id_of_two_sources_is_two_events():
    with Server() as server:
        expect(server.send([call(1), call(1) | {"source": "other"}])[1]["rated"], 2)


def test_E4_duplicates_in_a_batch_and_between_http_and_a_file_are_one_charge():
    with Server() as server, tempfile.TemporaryDirectory() as folder:
        expect((lambda body: (body["rated"], body["duplicate"]))(server.send([call(1), call(1)])[1]), (1, 1))
        path = pathlib.Path(folder, "day.ndjson")
        path.write_text("".join(json.dumps(call(i)) + "\n" for i in range(3)))
        ran = subprocess.run([BINARY, "ingest", "--url", server.url, str(path)], capture_output=True,
                             text=True, timeout=60, check=False,
                             env={**os.environ, "STEELYARD_API_KEY": server.key, "STEELYARD_KEY": server.key})
        expect(ran.returncode, 0, ran.stderr)
        expect(server.ask("GET", "/v1/accounts/acme/balance")[1]["owed"], "0.0024")


def test_E5_the_same_content_in_other_words_is_a_duplicate():
    with Server() as server:
        text = json.dumps(call(1))
        one = {"Content-Type": "application/cloudevents+json"}
        expect(server.ask("POST", "/v1/events", text, one)[1]["rated"], 1)
        turned = dict(reversed(list(call(1).items())))
        for other in (json.dumps(turned), json.dumps(call(1), indent=3), text.replace("1000", "1e3"),
                      text.replace("1000", "1000.0"), text.replace("qwen", "\\u0071wen")):
            assert other != text
            expect(server.ask("POST", "/v1/events", other, one)[1]["duplicate"], 1, other)


# O. Operators

def test_O1_a_mistyped_option_names_the_nearest():
    ran = subprocess.run([BINARY, "serve", "--dta", "x"], capture_output=True, text=True, timeout=60, check=False)
    expect(ran.returncode, 2)
    assert "--dta" in ran.stderr and "--data" in ran.stderr, ran.stderr


def test_O4_a_log_of_a_later_format_is_refused():
    server, segments = stopped_server()
    with server:
        # The format's number is not alone in what the checksum covers: it is set right below.
        header = bytearray(segments[0].read_bytes()[:88])
        header[24] = 2
        with open(segments[0], "r+b") as file:
            file.write(header + crc32c(bytes(header)).to_bytes(4, "little"))
        said = start_error(server)
        assert "format 2; this version knows 1" in said, said


def crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF


# S. Attacks

def test_S3_members_that_nobody_asked_for_are_refused():
    with Server() as server:
        for body in ({"hold": "h", "account": "a", "amount": "1", "tenant_id": "other"},
                     {"hold": "h", "account": "a", "amount": "1", "price": "0"}):
            status, answer, _ = server.ask("POST", "/v1/holds", body)
            expect((status, word_of(answer)), (422, "invalid_body"))
        status, answer, _ = server.ask("POST", "/v1/keys", {"name": "x", "role": "ingest", "scopes": ["root"]})
        expect((status, word_of(answer)), (422, "invalid_body"))


def test_S5_a_key_that_was_revoked_is_not_valid_any_more():
    with Server() as server:
        _, made, _ = server.ask("POST", "/v1/keys", {"name": "leaked", "role": "ingest", "kind": "ingest"})
        root, server.key = server.key, made["key"]
        expect(server.send([call(1)])[0], 200)
        server.key = root
        expect(server.ask("DELETE", f"/v1/keys/{made['id']}")[0], 204)
        server.key = made["key"]
        expect(server.send([call(2)])[0], 401)
        server.crash()
        server.start()
        expect(server.send([call(2)])[0], 401, "after a restart")


def test_S7_S12_keys_are_in_no_log_and_nobody_writes_lines_of_the_log():
    with tempfile.TemporaryFile("w+") as log, tempfile.TemporaryDirectory() as folder:
        process = subprocess.Popen([BINARY, "serve", "--data", folder + "/data", "--port", "0", "--pricebook",
                                    str(ROOT / "pricebooks/aliyun-ai-paas")],
                                   stdout=subprocess.PIPE, stderr=log, text=True)
        server = Server(folder + "/data", is_started=False)
        try:
            for line in process.stdout:
                if "shown once: " in line:
                    server.key = line.split()[-1]
                if "Listening on " in line:
                    server.url = line.split()[2]
                    break
            expect(server.ask("GET", "/health")[0], 200)
            status, body, _ = server.ask("GET", f"/v1/accounts/acme/balance?key={server.key}")
            expect((status, word_of(body)), (400, "key_in_url"))
            server.send([call("a\r\n{\"level\":\"error\"}"), call("\x1b[2J")])
            server.ask("GET", "/v1/accounts/a%0d%0a%1b%5b2J%22%7d/balance")
            raw(server, b"GET /health HTTP/1.1\r\nHost: a\r\nUser-Agent: x\x1b[31m\r\nConnection: close\r\n\r\n")
        finally:
            process.terminate()
            process.wait(timeout=30)
            process.stdout.close()
        log.seek(0)
        text = log.read()
        assert server.key not in text and server.key.split("_")[-2] not in text, "the key is in the log"
        lines = text.splitlines()
        assert len(lines) >= 4, text
        for line in lines:
            assert "\x1b" not in line, line
            assert isinstance(json.loads(line), dict), line


def test_S14_smuggled_requests_are_refused_and_the_connection_is_closed():
    with Server() as server:
        inner = "DELETE /v1/keys/x HTTP/1.1\r\nHost: a\r\n\r\n"
        common = (f"POST /v1/events HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {server.key}\r\n"
                  "Content-Type: application/x-ndjson\r\n")
        for fields in ("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
                       "Content-Length: 0\r\nContent-Length: 0\r\n\r\n",
                       "Content-Length: 0, 0\r\n\r\n", "Content-Length: +0\r\n\r\n",
                       "Transfer-Encoding: xchunked\r\n\r\n", "Transfer-Encoding: chunked\r\n\r\n0;x\r\n\r\n",
                       "X: a\r\n b\r\n\r\n", "Content-Length : 0\r\n\r\n"):
            answer = raw(server, (common + fields + inner).encode())
            expect(answers_in(answer), 1, fields)
            assert answer.split(b" ")[1] in (b"400", b"501"), (fields, answer[:100])
            assert b"\r\nConnection: close\r\n" in answer, (fields, answer)
        answer = raw(server, f"GET /health HTTP/1.1\nHost: a\n\n{inner}".encode())
        assert answer.startswith(b"HTTP/1.1 400 ") and answers_in(answer) == 1, answer


def test_S15_a_header_without_an_end_is_refused():
    with Server() as server:
        for text in (b"GET /" + b"a" * 100_000, b"GET / HTTP/1.1\r\nX: " + b"a" * 100_000):
            try:
                answer = raw(server, text)
            except ConnectionError:
                answer = b"HTTP/1.1 431 closed"  # While it was being sent.
            assert answer.split(b" ")[1] in (b"414", b"431"), answer[:100]


def test_S16_ranges_are_not_served():
    with Server() as server:
        ranges = "bytes=" + ",".join(f"{i}-{i + 10}" for i in range(1000))
        status, body, headers = server.ask("GET", "/openapi.json", headers={"Range": ranges})
        expect((status, "Content-Range" in headers), (200, False))
        assert body["openapi"], body


def test_S19_a_log_whose_end_was_cut_off_is_refused():
    server, segments = stopped_server()
    with server:
        data = segments[-1].read_bytes()
        last = data.rfind(b"SYFRAME\n")
        segments[-1].write_bytes(data[:last] + bytes(len(data) - last))
        said = start_error(server)
        assert "were durable" in said, said
        segments[-1].unlink()
        said = start_error(server)
        assert "durable" in said or "damaged" in said or "missing" in said, said


def test_S23_no_path_leads_out():
    with Server() as server:
        out = server.folder.name + "/written-by-a-question"
        for path in ("/docs/../../etc/passwd", "/docs/..%2f..%2fetc%2fpasswd", "/docs/%2e%2e/%2e%2e/etc/passwd",
                     "//etc/passwd", "/docs/assets/../../../etc/passwd"):
            answer = raw(server, f"GET {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n".encode())
            assert answer.split(b" ")[1] in (b"400", b"404"), (path, answer[:100])
            assert b"root:" not in answer, path
        for query in ("SELECT * FROM read_csv('/etc/passwd')", "SELECT * FROM '/etc/passwd'",
                      f"COPY (SELECT 1) TO '{out}'", f"ATTACH '{out}'",
                      "INSTALL httpfs", "SELECT getenv('HOME')"):
            expect(server.ask("POST", "/v1/sql", {"sql": query})[0], 422, query)
        assert not os.path.exists(out)


if __name__ == "__main__":
    run_tests(globals())
