#!/usr/bin/env python3
"""What a server keeps beside its log, and what happens when that is lost or damaged."""
import pathlib
import shutil
import subprocess
import time

from server_process import BINARY, ROOT, Server, call, run_tests

SAMPLE = (ROOT / "samples/day.ndjson").read_text()


def verified(server):
    """What `verify --replay` says of a server that is stopped."""
    run = subprocess.run([BINARY, "verify", "--data", server.data, "--replay"],
                         capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    return run.stdout


def fill(server):
    status, _, _ = server.ask("POST", "/v1/events", SAMPLE,
                              {"Content-Type": "application/x-ndjson"})
    assert status == 200
    for method, path, body, headers in (
            ("PUT", "/v1/accounts/acme", {"postpaid_limit": "1000"}, {}),
            ("POST", "/v1/accounts/acme/top-ups", {"amount": "12.5"}, {"Idempotency-Key": "p-1"}),
            ("POST", "/v1/holds", {"hold": "h-1", "account": "acme", "amount": "3", "ttl_ms": 3600000}, {}),
            ("PUT", "/v1/budgets/key%2Fak-7", {"limit": "0.001", "hard": False, "thresholds": [50]}, {})):
        status, answer, _ = server.ask(method, path, body, headers)
        assert status in (200, 201, 204), (path, status, answer)


def facts(server):
    """All that a customer may ask, as of now."""
    asked = ["/v1/accounts/acme/balance", "/v1/accounts/acme/bill?month=2026-11",
             "/v1/accounts/bluefin/bill?month=2026-11", "/v1/reconciliation",
             "/v1/budgets/key%2Fak-7", "/v1/charges?limit=1000"]
    answers = []
    for path in asked:
        status, body, _ = server.ask("GET", path)
        assert status == 200, (path, status, body)
        answers.append(body)
    sums, charges = answers[3], answers[5]
    # Events that never came to the log are counted since the start.
    sums["received"] -= sums.pop("rejected")
    if len(charges["charges"]) == 0:  # They are written behind the answers.
        time.sleep(0.2)
        return facts(server)
    return answers




def test_a_command_that_moves_money_has_one_answer_over_restarts(server):
    """The same key and body: the first answer, once; the same key with anything else: 422."""
    expires = {"expires_at": "2027-01-01T00:00:00Z"}
    commands = (("top-ups", {"amount": "12.5"}), ("grants", {"amount": "3", **expires}),
                ("refunds", {"amount": "2", "original": "key-0"}),
                ("quotas", {"model": "qwen-plus", "class": "free", "tokens": 600, **expires}))

    def send(number, path, body):
        return server.ask("POST", f"/v1/accounts/acme/{path}", body, {"Idempotency-Key": f"key-{number}"})

    first = []
    for number, (path, body) in enumerate(commands):
        status, answer, headers = send(number, path, body)
        assert status == 200 and "Idempotent-Replayed" not in headers, (path, status, answer)
        first.append(answer)
    for turn, end in enumerate((server.crash, server.stop, server.stop)):
        end()
        server.start()
        for number, (path, body) in enumerate(commands):
            status, answer, headers = send(number, path, body)
            assert (status, answer, headers.get("Idempotent-Replayed")) == (200, first[number], "true"), \
                (path, status, answer)
        end()
        server.start()
        for number, (path, body) in enumerate(commands):
            changed = (path, body | ({"tokens": 700} if "tokens" in body else {"amount": "1"}))
            other = commands[(number + 1) % len(commands)] if turn == 1 else changed
            status, answer, _ = send(number, *other)
            assert (status, answer["code"]) == (422, "idempotency_key_reused"), (other, status, answer)
    for number, (path, body) in enumerate(commands):  # A refusal is no answer to the right one.
        status, answer, headers = send(number, path, body)
        assert (status, answer, headers.get("Idempotent-Replayed")) == (200, first[number], "true"), \
            (path, status, answer)
        status, answer, headers = send(number, path, body)  # Of the frame now.
        assert (status, answer, headers.get("Idempotent-Replayed")) == (200, first[number], "true"), \
            (path, status, answer)
    _, balance, _ = server.ask("GET", "/v1/accounts/acme/balance")
    assert (balance["prepaid"], balance["credit"]) == ("10.5", "3"), balance
    server.stop()
    shutil.rmtree(pathlib.Path(server.data) / "state")  # The log alone is enough.
    server.start()
    status, answer, _ = send(0, *commands[0])
    assert (status, answer) == (200, first[0]), answer
    assert server.stop() == 0
    assert "is the same, byte for byte" in verified(server)


def test_a_stop_keeps_everything(server):
    fill(server)
    before = facts(server)
    assert server.stop() == 0
    assert "is the same, byte for byte" in verified(server)
    server.start()
    assert facts(server) == before
    status, body, _ = server.ask("POST", "/v1/events", SAMPLE, {"Content-Type": "application/x-ndjson"})
    assert (status, body["rated"], body["duplicate"]) == (200, 0, 648), body


def test_a_replay_into_an_empty_folder_gives_the_same_bytes(server):
    fill(server)
    told = facts(server)
    server.stop()
    to = server.data + "-rebuilt"
    command = [BINARY, "replay", "--data", server.data, "--to", to, "--quiet"]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    assert run.returncode == 0 and "byte for byte" in run.stdout, run
    again = subprocess.run(command, capture_output=True, text=True, check=False)
    assert again.returncode == 2 and "there is state in it already" in again.stderr, again
    # A server takes up what was rebuilt.
    before = pathlib.Path(server.data)
    shutil.rmtree(before / "state")
    shutil.copytree(pathlib.Path(to) / "state", before / "state")
    server.start()
    assert facts(server) == told and told[0]["prepaid"] == "12.5"


def test_windows_go_on_after_a_restart(server):
    """A bucket's month goes on where it was: a fact behind the restart, and a void of one before it,
    cost what they would have without it."""
    other = Server()
    with other:
        for each in (server, other):
            fill(each)
        server.stop()
        server.start()
        void = {"specversion": "1.0", "id": "v-1", "source": "collector/hz",
                "type": "cloud.resource.void", "subject": "acme", "time": "2026-11-22T20:00:00Z",
                "data": {"voids": {"source": "collector/hz", "id": "bucket-a/00"}}}
        later = {"specversion": "1.0", "id": "bucket-a/later", "source": "collector/hz",
                 "type": "cloud.resource.usage", "subject": "acme", "time": "2026-11-22T22:00:00Z",
                 "data": {"product": "oss", "resource": "bucket-a", "start": "2026-11-22T16:00:00Z",
                          "end": "2026-11-22T22:00:00Z", "meters": {"storage_gb": 700},
                          "attributes": {"class": "standard_lrs", "region": "cn-hangzhou"}}}
        answers = [each.send([void, later], "return=representation") for each in (server, other)]
        assert answers[0][0] == 200 and answers[0][1].count('"status":"rated"') == 2, answers[0]
        assert answers[0][1] == answers[1][1]
        bills = [each.ask("GET", "/v1/accounts/acme/bill?month=2026-11")[1] for each in (server, other)]
        assert bills[0] == bills[1]


def lose(server, change):
    """Stops, changes the folder, starts: everything is as before, and what is kept again too."""
    fill(server)
    before = facts(server)
    server.stop()
    change(pathlib.Path(server.data))
    server.start()
    assert facts(server) == before
    status, body, _ = server.send([call(1)])
    assert (status, body["rated"]) == (200, 1), body
    server.stop()
    assert "is the same, byte for byte" in verified(server)


def test_without_state_all_is_rebuilt(server):
    lose(server, lambda data: shutil.rmtree(data / "state"))


def test_without_identities_all_is_rebuilt(server):
    lose(server, lambda data: shutil.rmtree(data / "identities"))


def test_without_charges_all_is_rebuilt(server):
    lose(server, lambda data: (data / "charges.duckdb").unlink())


def test_damaged_identities_are_rebuilt(server):
    def damage(data):
        file = sorted((data / "identities").glob("*.ids"))[-1]
        content = bytearray(file.read_bytes())
        content[20] ^= 1
        file.write_bytes(content)
    lose(server, damage)


def test_damaged_state_is_set_aside(server):
    def damage(data):
        for file in (data / "state").glob("MANIFEST-*"):
            file.write_bytes(b"no manifest")
    lose(server, damage)
    assert list(pathlib.Path(server.data).glob("state.set-aside-*"))


def test_state_that_does_not_follow_from_the_log_is_found(server):
    """The log of another day beside what is kept: `verify --replay` says which entity differs."""
    fill(server)
    server.stop()
    with Server() as other:
        other.send([call(number) for number in range(800)])
        other.stop()
        shutil.rmtree(pathlib.Path(other.data) / "state")
        shutil.copytree(pathlib.Path(server.data) / "state", pathlib.Path(other.data) / "state")
        run = subprocess.run([BINARY, "verify", "--data", other.data, "--replay"],
                             capture_output=True, text=True, check=False)
        assert run.returncode == 2 and "differs from what follows from the log" in run.stderr, run


if __name__ == "__main__":
    run_tests(globals(), Server)
