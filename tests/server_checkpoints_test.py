#!/usr/bin/env python3
"""Signed checkpoints: what somebody who can write all files of a server can not undo (S18, S19)."""
import base64
import hashlib
import json
import os
import pathlib
import re
import struct
import subprocess
import time

from ack_load import Journal, Load
from server_process import BINARY, Server, call, forget_views, refused_start, run_tests

PAD = 512
HEADER = 88  # Of a frame and of what is checked of a segment's header: docs/reference/log-format.md.
CRC_TABLE = []
for byte in range(256):
    for _ in range(8):
        byte = byte >> 1 ^ (0x82F63B78 if byte & 1 else 0)
    CRC_TABLE.append(byte)


def crc32c(data):
    crc = 0xFFFFFFFF
    for each in data:
        crc = CRC_TABLE[(crc ^ each) & 255] ^ crc >> 8
    return crc ^ 0xFFFFFFFF


def segments_of(data):
    return sorted(pathlib.Path(data, "log").glob("*.segment"))


def rehash(data, change):
    """Gives the payload of each frame to `change`, which returns one of the same length, and makes
    all checksums and the whole chain anew: what an insider would do."""
    previous = bytes(32)
    for path in segments_of(data):
        segment = bytearray(path.read_bytes())
        segment[56:88] = previous
        segment[88:92] = struct.pack("<I", crc32c(segment[:88]))
        at = PAD
        while segment[at:at + 8] == b"SYFRAME\n":
            size = struct.unpack_from("<I", segment, at + 80)[0]
            end = at + HEADER + size
            segment[at + HEADER:end] = change(bytes(segment[at + HEADER:end]))
            segment[at + 48:at + 80] = previous
            segment[at + 84:at + 88] = struct.pack("<I", crc32c(segment[at:at + 84]))
            previous = hashlib.sha256(segment[at:end]).digest()
            segment[end:end + 36] = struct.pack("<I", crc32c(segment[at + HEADER:end])) + previous
            at += (HEADER + size + 36 + PAD - 1) // PAD * PAD
        path.write_bytes(segment)


def frames_of(path):
    data = path.read_bytes()
    return [found.start() for found in re.finditer(b"SYFRAME\n", data) if found.start() % PAD == 0]


def cut_off(data, frames):
    """Takes the last frames away and sets the watermark back, as if they had never been."""
    path = segments_of(data)[-1]
    first = frames_of(path)[-frames]
    segment = bytearray(path.read_bytes())
    frame_number, sequence = struct.unpack_from("<QQ", segment, first + 32)
    segment[first:] = bytes(len(segment) - first)
    path.write_bytes(segment)
    mark = pathlib.Path(data, "log/watermark")
    place = bytearray(mark.read_bytes()[:40])
    place[24:40] = struct.pack("<QQ", frame_number - 1, sequence)
    place += struct.pack("<I", crc32c(place))
    mark.write_bytes((bytes(place) + bytes(PAD - len(place))) * 2)
    for view in ("state", "identities"):
        subprocess.run(["rm", "-r", f"{data}/{view}"], check=True)
    os.unlink(f"{data}/charges.duckdb")


def verify(server, *words):
    return subprocess.run([BINARY, "verify", "--data", server.data, *words],
                          capture_output=True, text=True, check=False)


def expect_refusal(verified, *words):
    assert verified.returncode == 2, (verified.returncode, verified.stdout, verified.stderr)
    for word in words:
        assert word in verified.stderr, (word, verified.stderr)
    return verified.stderr


def lines_of(folder):
    return [line for path in sorted(pathlib.Path(folder).glob("*.ndjson"))
            for line in path.read_text(encoding="ascii").split("\n")[:-1]]


def wait_for(what, seconds=20):
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end, "it took too long"
        time.sleep(0.05)


def server_with_checkpoints(folder=None, **more):
    server = Server(is_started=False, **more)
    server.witness = folder or server.folder.name + "/witness"
    server.options = ("--checkpoints", server.witness, "--checkpoint-every", "1", *more.get("options", ()))
    server.start()
    return server


def send_and_wait(server, number, count=3):
    """Sends some events, and waits for a checkpoint that covers them."""
    assert server.send([call(f"{number}-{i}") for i in range(count)])[1]["rated"] == count
    applied = server.ask("GET", "/v1/reconciliation")[1]["applied"]
    wait_for(lambda: lines_of(server.witness) and json.loads(lines_of(server.witness)[-1])["sequence"] >= applied)


def stopped_server(batches=2):
    server = server_with_checkpoints()
    for number in range(batches):
        send_and_wait(server, number)
    assert server.stop() == 0
    return server


def start_error(server):
    said = refused_start(server)
    assert server.process.returncode == 2, server.process.returncode
    return said


def test_a_log_agrees_with_its_checkpoints():
    with stopped_server() as server:
        lines = [json.loads(line) for line in lines_of(server.witness)]
        sequences = [line["sequence"] for line in lines]
        assert sequences == sorted(set(sequences)) and len(lines) >= 2, sequences
        assert lines[-1]["totals"] == {"CNY": {"revenue_accrued": "0.0048"}}, lines[-1]
        said = verify(server, "--checkpoints", server.witness)
        assert said.returncode == 0, said.stderr
        assert f"witness  {len(lines)} checkpoints" in said.stdout, said.stdout
        assert f"the last is of record {sequences[-1]}, received {lines[-1]['received']}" in said.stdout
        key = f"{server.witness}/public-key.pem"
        said = verify(server, "--checkpoints", server.witness, "--public-key", key, "--replay")
        assert said.returncode == 0, said.stderr
        assert f"the sums of money are those of {len(lines)} checkpoints" in said.stdout, said.stdout
        before = lines_of(server.witness)  # Nothing is added: nothing is signed.
        server.start()
        time.sleep(1.5)
        assert server.stop() == 0
        assert lines_of(server.witness) == before


def test_sums_are_those_of_the_record_while_much_is_taken():
    with server_with_checkpoints() as server:
        load = Load(server, Journal())
        wait_for(lambda: len(lines_of(server.witness)) >= 5)
        load.end()
        assert server.stop() == 0
        lines = [json.loads(line) for line in lines_of(server.witness)]
        sums = {line["totals"]["CNY"]["revenue_accrued"] for line in lines if line["totals"]}
        assert len(sums) >= 4, lines
        said = verify(server, "--checkpoints", server.witness, "--replay")
        assert said.returncode == 0, said.stderr
        assert f"the sums of money are those of {len(lines)} checkpoints" in said.stdout, said.stdout


def test_S18_a_log_rewritten_with_a_new_chain_is_refused():
    with stopped_server() as server:
        lines = [json.loads(line) for line in lines_of(server.witness)]
        before = [path.read_bytes() for path in segments_of(server.data)]
        rehash(server.data, lambda payload: payload)
        assert [path.read_bytes() for path in segments_of(server.data)] == before
        changes = []

        def cheaper(payload):
            if b'"id": "e-1-0"' not in payload:
                return payload
            changes.append(payload)
            return payload.replace(b'"input": 1000', b'"input": 1   ')

        rehash(server.data, cheaper)
        assert len(changes) == 1, changes
        said = verify(server)
        assert said.returncode == 0, said.stderr  # It is a sound log: only not this one.
        assert "checksums, hash chain and sequences are sound" in said.stdout
        said = expect_refusal(verify(server, "--checkpoints", server.witness), "it was rewritten")
        changed = re.search(r"(\d{8}\.ndjson:\d+): up to record (\d+) the log's chain had hash (\w{64}), "
                            r"and has (\w{64}) now", said)
        assert changed, said
        named = [line for line in lines if line["sequence"] == int(changed.group(2))]
        assert named and named[0]["head"] == changed.group(3) != changed.group(4), said
        # The first checkpoint behind the change is named, not one before it.
        earlier = [line for line in lines if line["sequence"] < named[0]["sequence"]]
        assert earlier, lines
        assert "it was rewritten" in start_error(server)
        without = Server(server.data, key=server.key, is_started=False)
        forget_views(server.data)
        without.start()  # Who has no witness can not tell.
        assert without.stop() == 0
        without.close()


def test_S19_a_log_cut_off_with_its_watermark_is_refused():
    with stopped_server() as server:
        last = json.loads(lines_of(server.witness)[-1])["sequence"]
        cut_off(server.data, 1)
        said = verify(server)
        assert said.returncode == 0, said.stderr
        end = int(re.search(r"log +(\d+) records", said.stdout).group(1))
        assert end < last, (end, last)
        for said in (expect_refusal(verify(server, "--checkpoints", server.witness)), start_error(server)):
            assert f"record {last} was on disk, and the log ends with record {end}" in said, said
        without = Server(server.data, key=server.key, is_started=False)
        assert "the log ends with record" in start_error(without)
        forget_views(server.data)
        without.start()
        assert without.stop() == 0
        without.close()


def test_who_has_the_key_can_sign_sums_that_only_a_replay_refuses():
    with stopped_server() as server:
        path = sorted(pathlib.Path(server.witness).glob("*.ndjson"))[-1]
        *before, line = path.read_text(encoding="ascii").splitlines(keepends=True)
        signed = re.fullmatch(r'(.*),"signature":".*"}\n', line).group(1).replace('"0.0048"', '"0.0047"') + "}"
        folder = pathlib.Path(server.folder.name)
        (folder / "signed").write_text(signed, encoding="ascii")
        subprocess.run(["openssl", "pkeyutl", "-sign", "-inkey", f"{server.data}/checkpoint-key.pem", "-rawin",
                        "-in", folder / "signed", "-out", folder / "signature"], check=True)
        signature = base64.b64encode((folder / "signature").read_bytes()).decode()
        path.write_text("".join(before) + signed[:-1] + f',"signature":"{signature}"}}\n', encoding="ascii")
        assert verify(server, "--checkpoints", server.witness).returncode == 0
        expect_refusal(verify(server, "--checkpoints", server.witness, "--replay"),
                       'the sums of money were {"CNY":{"revenue_accrued":"0.0047"}} up to record ',
                       'from the log follow {"CNY":{"revenue_accrued":"0.0048"}}')


def test_S19_a_restored_backup_takes_a_new_folder():
    with server_with_checkpoints() as server:
        send_and_wait(server, 1)
        to = server.folder.name + "/backup"
        subprocess.run([BINARY, "backup", "--data", server.data, "--to", to], check=True, capture_output=True)
        send_and_wait(server, 2)
        assert server.stop() == 0
        restored = Server(to, key=server.key, is_started=False,
                          options=("--checkpoints", server.witness, "--checkpoint-key",
                                   f"{server.data}/checkpoint-key.pem"))
        assert "an older copy was put in its place" in start_error(restored)
        restored.options = ("--checkpoints", server.witness + "-2")
        restored.start()
        assert restored.stop() == 0
        restored.witness = server.witness + "-2"
        assert verify(restored, "--checkpoints", restored.witness).returncode == 0
        restored.close()


def test_a_checkpoint_is_checked_by_openssl_alone():
    with stopped_server() as server:
        folder = server.folder.name
        for line in lines_of(server.witness):
            signed, signature = re.fullmatch(r'(.*),"signature":"(.*)"}', line).groups()
            pathlib.Path(folder, "signed").write_text(signed + "}", encoding="ascii")
            pathlib.Path(folder, "signature").write_bytes(base64.b64decode(signature))
            openssl = ["openssl", "pkeyutl", "-verify", "-pubin", "-inkey", f"{server.witness}/public-key.pem",
                       "-rawin", "-in", f"{folder}/signed", "-sigfile", f"{folder}/signature"]
            subprocess.run(openssl, check=True, capture_output=True)
            pathlib.Path(folder, "signed").write_text(signed.replace("sequence", "seqvence") + "}", encoding="ascii")
            assert subprocess.run(openssl, check=False, capture_output=True).returncode != 0
        der = subprocess.run(["openssl", "pkey", "-pubin", "-in", f"{server.witness}/public-key.pem", "-outform",
                              "DER"], check=True, capture_output=True).stdout
        assert json.loads(lines_of(server.witness)[0])["key"] == hashlib.sha256(der).hexdigest()


def test_a_folder_that_is_not_whole_is_refused_with_the_place():
    with stopped_server() as server:
        witness = pathlib.Path(server.witness)
        path = sorted(witness.glob("*.ndjson"))[0]
        text = path.read_text(encoding="ascii")
        check = lambda *words: expect_refusal(verify(server, "--checkpoints", server.witness), *words)
        for part in ("store", "sequence", "frame", "head", "received", "totals", "key", "signature"):
            at = text.index(f'"{part}":') + len(part) + 4  # The second character of a value, or a digit.
            other = "1" if text[at] != "1" else "2"
            path.write_text(text[:at] + other + text[at + 1:], encoding="ascii")
            check(f"{path}:1: ")
        path.write_text(text.replace("\n", "\n\n", 1), encoding="ascii")
        check(f"{path}:2: is not one JSON object")
        path.write_text("x" * 5000 + "\n" + text, encoding="ascii")
        check(f"{path}:1: is longer than 4096 bytes")
        lines = text.splitlines(keepends=True)
        path.write_text("".join([lines[1], lines[0], *lines[2:]]), encoding="ascii")
        check(f"{path}:2: is of record ", "behind one of record")
        path.write_text(text[:-20], encoding="ascii")  # The last line was torn.
        said = verify(server, "--checkpoints", server.witness)
        assert said.returncode == 0 and "1 lines were cut off" in said.stdout, said.stderr
        path.write_text("", encoding="ascii")
        for each in sorted(witness.glob("*.ndjson"))[1:]:
            each.unlink()
        check("there is no checkpoint in it")
        path.unlink()
        check("there is no checkpoint in it")
        expect_refusal(verify(server, "--checkpoints", server.witness + "-missing"), "-missing/public-key.pem")
        pathlib.Path(witness, "00000003.ndjson").write_text(lines[0], encoding="ascii")
        pathlib.Path(witness, "00000005.ndjson").write_text(lines[1], encoding="ascii")
        check("00000004.ndjson: is missing")


def test_checkpoints_of_another_key_or_another_store_are_refused():
    with stopped_server() as server, stopped_server() as other:
        key = f"{other.witness}/public-key.pem"
        expect_refusal(verify(server, "--checkpoints", server.witness, "--public-key", key),
                       "00000001.ndjson:1: is signed with key ", ", not with ")
        expect_refusal(verify(server, "--checkpoints", other.witness), "00000001.ndjson:1: is of store ")
        expect_refusal(verify(server, "--checkpoints", server.witness, "--public-key", BINARY),
                       "is not a file with a key")
        expect_refusal(verify(server, "--checkpoints", server.witness, "--public-key",
                              f"{server.data}/checkpoint-key.pem"), "is not a public Ed25519 key in PEM")
        # Who has the key of both still has another store.
        server.options = ("--checkpoints", other.witness, "--checkpoint-key", f"{other.data}/checkpoint-key.pem")
        assert "is of store " in start_error(server)
        server.options = ("--checkpoints", other.witness)
        assert "is signed with key " in start_error(server)
        for path in pathlib.Path(other.witness).glob("*.ndjson"):
            path.unlink()
        assert "is not the public part of the key that signs" in start_error(server)


def test_a_key_of_ones_own_is_kept_to_oneself():
    with Server(is_started=False) as server:
        key = server.folder.name + "/key.pem"
        server.options = ("--checkpoints", server.folder.name + "/witness", "--checkpoint-key", key)
        assert "key.pem: No such file" in start_error(server)
        subprocess.run(["openssl", "genpkey", "-algorithm", "ed25519", "-out", key], check=True)
        for mode in (0o640, 0o604, 0o660, 0o755):
            os.chmod(key, mode)
            assert f"others may read or change it (mode 0{mode:o})" in start_error(server)
        os.chmod(key, 0o600)
        server.start()
        assert server.stop() == 0
        assert not os.path.exists(server.data + "/checkpoint-key.pem")
        subprocess.run(["openssl", "genpkey", "-algorithm", "rsa", "-out", key], check=True, capture_output=True)
        os.chmod(key, 0o600)
        assert "is not a private Ed25519 key in PEM" in start_error(server)
        server.options = ("--checkpoint-key", key)
        assert "--checkpoint-key requires --checkpoints" in refused_start(server)
        server.options = ("--checkpoints", server.folder.name + "/witness-2")
        server.start()
        assert os.stat(server.data + "/checkpoint-key.pem").st_mode & 0o777 == 0o600
        assert server.stop() == 0


def test_a_killed_server_leaves_checkpoints_that_its_log_has():
    with server_with_checkpoints() as server:
        for number in range(3):
            send_and_wait(server, number)
            server.send([call(f"{number}-more-{i}") for i in range(5)])
            server.crash()
            path = sorted(pathlib.Path(server.witness).glob("*.ndjson"))[-1]
            with open(path, "a", encoding="ascii") as file:  # What a torn write leaves behind.
                file.write(lines_of(server.witness)[0][:100 * number])
            assert verify(server, "--checkpoints", server.witness).returncode == 0
            server.start()
        assert server.stop() == 0
        said = verify(server, "--checkpoints", server.witness)
        assert said.returncode == 0 and "2 lines were cut off" in said.stdout, said.stdout


def test_a_folder_that_can_not_be_written_holds_nothing_up():
    with Server(is_started=False) as server:
        server.witness = server.folder.name + "/witness"
        pathlib.Path(server.witness).write_text("in the way", encoding="ascii")
        server.options = ("--checkpoints", server.witness, "--checkpoint-every", "1")
        server.start()
        assert server.send([call("1")])[1]["rated"] == 1
        metrics = server.ask("GET", "/metrics")[1]
        assert "steelyard_checkpoint_is_failing 1" in metrics, metrics
        assert "checkpoints can not be written, and are tried again" in server.error_text()
        # A witness can still fetch it.
        wait_for(lambda: "signature" in server.ask("GET", "/v1/checkpoints/latest")[1])
        theirs = server.folder.name + "/theirs"  # A folder of somebody else is none either.
        os.mkdir(theirs)
        pathlib.Path(theirs, "public-key.pem").write_text("of somebody else", encoding="ascii")
        os.unlink(server.witness)
        os.rename(theirs, server.witness)
        time.sleep(2.5)
        assert server.send([call("1-more")])[1]["rated"] == 1
        assert not lines_of(server.witness)
        os.unlink(server.witness + "/public-key.pem")
        wait_for(lambda: lines_of(server.witness))
        wait_for(lambda: "steelyard_checkpoint_is_failing 0" in server.ask("GET", "/metrics")[1])
        assert "checkpoints are written again" in server.error_text()
        # And gone again, while it runs.
        os.rename(server.witness, server.witness + "-gone")
        assert server.send([call("2")])[1]["rated"] == 1
        assert server.stop() == 0
        assert verify(server, "--checkpoints", server.witness + "-gone").returncode == 0


def test_a_folder_that_contradicts_the_log_when_it_comes_back_ends_the_server():
    with stopped_server() as server:
        away = server.witness + "-away"
        os.rename(server.witness, away)
        cut_off(server.data, 1)
        forget_views(server.data)  # Which know too how long the log was.
        pathlib.Path(server.witness).write_text("in the way", encoding="ascii")
        server.start()
        os.unlink(server.witness)
        os.rename(away, server.witness)
        assert server.process.wait(timeout=30) == 74
        assert "the log is not the one that was signed" in server.error_text()


def test_a_witness_fetches_checkpoints_over_HTTP():
    with server_with_checkpoints() as server:
        auditor = server.ask("POST", "/v1/keys", {"name": "w", "role": "auditor"})[1]
        owner = server.ask("POST", "/v1/keys", {"name": "o", "role": "tenant_owner"})[1]
        key_of = lambda made: {"Authorization": f"Bearer {made['key']}"}
        mine = pathlib.Path(server.folder.name, "mine")
        mine.mkdir()
        status, pem, _ = server.ask("GET", "/v1/checkpoints/public-key", headers=key_of(auditor))
        assert status == 200, pem
        (mine / "public-key.pem").write_text(pem, encoding="ascii")
        assert pem == pathlib.Path(server.witness, "public-key.pem").read_text(encoding="ascii")
        with open(mine / "00000001.ndjson", "w", encoding="ascii") as file:
            for number in range(2):
                send_and_wait(server, number)
                for _ in range(2):  # Twice the same: no harm.
                    fetched = subprocess.run(["curl", "-s", "-H", f"Authorization: Bearer {auditor['key']}",
                                              server.url + "/v1/checkpoints/latest"],
                                             check=True, capture_output=True, text=True).stdout
                    assert "totals" not in fetched, fetched
                    file.write(fetched)
        for path in ("latest", "public-key"):
            assert server.ask("GET", f"/v1/checkpoints/{path}", headers=key_of(owner))[0] == 403
        said = verify(server, "--checkpoints", str(mine))
        assert said.returncode == 0 and "witness  4 checkpoints" in said.stdout, said.stderr + said.stdout
        assert server.stop() == 0
        cut_off(server.data, 1)
        assert verify(server).returncode == 0
        expect_refusal(verify(server, "--checkpoints", str(mine)), "was on disk, and the log ends with record")


def test_without_checkpoints_nothing_is_signed():
    with Server() as server:
        server.send([call(1)])
        for path in ("latest", "public-key"):
            assert server.ask("GET", f"/v1/checkpoints/{path}")[0] == 404
        assert "steelyard_checkpoint" not in server.ask("GET", "/metrics")[1]
        assert server.stop() == 0
        assert not os.path.exists(server.data + "/checkpoint-key.pem")


if __name__ == "__main__":
    run_tests(globals())
