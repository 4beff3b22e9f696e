#!/usr/bin/env python3
"""S20 in the whole program: with --four-eyes nobody gives money to himself.

server_four_eyes_test.py [NAME]: all by default.
"""
import pathlib
import re
import shutil
import subprocess

from server_process import BINARY, ROOT, Server, call, run_tests

FOUR_EYES = ("--four-eyes",)
EXPIRES = {"expires_at": "2127-01-01T00:00:00Z"}
COMMANDS = (
    ("POST", "/v1/accounts/acme/top-ups", {"amount": "100"}, "pay-1"),
    ("POST", "/v1/accounts/acme/grants", {"amount": "20", **EXPIRES}, "gift-1"),
    ("POST", "/v1/accounts/acme/refunds", {"amount": "40", "original": "pay-1"}, "back-1"),
    ("POST", "/v1/accounts/acme/quotas", {"model": "qwen-plus", "class": "free", "tokens": 600, **EXPIRES},
     "tokens-1"),
    ("PUT", "/v1/accounts/acme", {"postpaid_limit": "7"}, None),
)


def expect(found, wanted, what=""):
    assert found == wanted, f"{what}: {found!r} is not {wanted!r}"


class Person:
    """Asks with a key of its own."""

    def __init__(self, server, role, made_by=None):
        self.server = server
        key = made_by.key if made_by else server.key
        status, made, _ = server.ask("POST", "/v1/keys", {"role": role, "name": role},
                                     {"Authorization": f"Bearer {key}"})
        expect(status, 201, made)
        self.key, self.id = made["key"], made["id"]

    def ask(self, method, path, body=None, key=None):
        headers = {"Authorization": f"Bearer {self.key}"}
        if key:
            headers["Idempotency-Key"] = key
        return self.server.ask(method, path, body, headers)

    def propose(self, method, path, body, key):
        status, proposal, headers = self.ask(method, path, body, key)
        expect(status, 202, proposal)
        expect(headers["Location"], f"/v1/proposals/{proposal['id']}")
        expect((proposal["state"], proposal["proposed_by"]), ("open", self.id))
        return proposal["id"]

    def decide(self, proposal, how="approve", key=None):
        return self.ask("POST", f"/v1/proposals/{proposal}/{how}", key=key or f"{how}-{proposal}")


def record(server, sequence):
    """What stands in the log, as `verify --record` shows it."""
    shown = subprocess.run([BINARY, "verify", "--data", server.data, "--record", str(sequence)],
                           capture_output=True, text=True, check=False)
    expect(shown.returncode, 0, shown.stderr)
    return shown.stdout


def balance(person):
    _, body, _ = person.ask("GET", "/v1/accounts/acme/balance")
    return body


def people(server):
    return Person(server, "finance"), Person(server, "approver")


def test_S20_money_needs_two_people_and_both_names_stand_in_the_log():
    with Server(options=FOUR_EYES) as server:
        ann, bob = people(server)
        expect(server.send([call(1)])[1]["rated"], 1)  # The work of gateways needs one.
        before = balance(ann)
        ids = []
        for command in COMMANDS:
            ids.append(ann.propose(*command))
            status, body, _ = ann.decide(ids[-1])
            expect((status, body["code"]), (403, "own_proposal"))
        expect(balance(ann), before, "nothing is moved")
        _, listed, _ = bob.ask("GET", "/v1/proposals?state=open&limit=3")
        _, rest, _ = bob.ask("GET", f"/v1/proposals?state=open&limit=3&cursor={listed['next']}")
        expect([each["id"] for each in listed["proposals"] + rest["proposals"]], ids[::-1])
        expect(rest["next"], None)
        for number in ids:
            status, body, _ = bob.decide(number)
            expect((status, body["state"], body["proposed_by"], body["decided_by"]),
                   (200, "approved", ann.id, bob.id))
        after = balance(ann)
        expect((after["prepaid"], after["credit"], after["postpaid_limit"]), ("60", "20", "7"), after)
        _, audit, _ = server.ask("GET", "/v1/audit?limit=100")
        approvals = [each for each in audit["acts"] if each["act"] == "approve" and not each["refused"]]
        expect([(each["by"], each["what"]["proposed_by"], each["what"]["proposal"]) for each in approvals],
               [(bob.id, ann.id, number) for number in ids[::-1]])
        expect(sum(each["act"] == "approve" and each["refused"] for each in audit["acts"]), len(ids))
        expect(server.stop(), 0)
        for act in approvals:
            shown = record(server, act["sequence"])
            assert ann.id in shown and bob.id in shown, shown
        assert "is the same, byte for byte" in server.verify()


def test_S20_a_key_that_somebody_made_is_no_second_person():
    with Server(options=FOUR_EYES) as server:
        root_2 = Person(server, "root")
        root_3 = Person(server, "root", made_by=root_2)
        other = Person(server, "finance")
        first = root_2.propose(*COMMANDS[0])
        for who in (root_2, root_3):
            status, body, _ = who.decide(first)
            expect((status, body["code"]), (403, "own_proposal"))
        status, body, _ = server.ask("POST", f"/v1/proposals/{first}/approve", headers={"Idempotency-Key": "k"})
        expect((status, body["code"]), (403, "own_proposal"), "it made the key that proposed")
        server.stop()
        server.start()  # Who made a key is known behind a restart.
        status, body, _ = root_3.decide(first, key="again")
        expect((status, body["code"]), (403, "own_proposal"))
        expect(other.decide(first)[0], 200)
        expect(balance(other)["prepaid"], "100")


def test_S20_a_proposal_survives_whatever_the_log_survives_and_is_carried_out_once():
    with Server(options=FOUR_EYES) as server:
        ann, bob = people(server)
        number = ann.propose(*COMMANDS[0])
        rejected = ann.propose("POST", "/v1/accounts/acme/top-ups", {"amount": "5"}, "pay-2")
        server.crash()
        server.start()
        expect(ann.propose(*COMMANDS[0]), number, "the same command under the same key")
        status, first, _ = bob.decide(number)
        expect(status, 200, first)
        status, body, _ = bob.decide(rejected, "reject")
        expect((status, body["state"]), (200, "rejected"))
        server.crash()
        server.start()
        status, again, headers = bob.decide(number)
        expect((status, again, headers.get("Idempotent-Replayed")), (200, first, "true"))
        status, body, _ = bob.decide(number, key="another")
        expect((status, body["code"], body["state"]), (409, "proposal_not_open", "approved"))
        status, body, _ = bob.decide(rejected, key="another")
        expect((status, body["code"], body["state"]), (409, "proposal_not_open", "rejected"))
        expect(balance(ann)["prepaid"], "100")

        _, told, _ = bob.ask("GET", "/v1/proposals")
        expect(server.stop(), 0)
        to = server.data + "-rebuilt"
        ran = subprocess.run([BINARY, "replay", "--data", server.data, "--to", to, "--quiet", "--pricebook",
                              str(ROOT / "pricebooks/aliyun-ai-paas")], capture_output=True, text=True, check=False)
        assert ran.returncode == 0 and "byte for byte" in ran.stdout, ran
        shutil.rmtree(pathlib.Path(server.data) / "state")  # The log alone is enough.
        server.start()
        expect(bob.ask("GET", "/v1/proposals")[1], told)
        expect(bob.decide(number)[1], first)
        expect(balance(ann)["prepaid"], "100")
        expect(server.stop(), 0)
        assert "is the same, byte for byte" in server.verify()


def test_S20_without_the_option_one_person_is_enough_and_the_log_shows_it():
    with Server() as server:
        ann, bob = people(server)
        status, direct, _ = ann.ask(*COMMANDS[0])
        expect((status, direct["prepaid"]), (200, "100"))
        server.stop()
        server.options = FOUR_EYES
        server.start()
        expect(ann.ask(*COMMANDS[0])[:2], (200, direct), "a key has one answer, with the option or without")
        number = ann.propose("POST", "/v1/accounts/acme/top-ups", {"amount": "5"}, "pay-2")
        server.stop()
        server.options = ()
        server.start()
        status, body, _ = ann.ask("POST", "/v1/accounts/acme/top-ups", {"amount": "5"}, "pay-2")
        expect((status, body["id"]), (202, number), "what waits for somebody is not done by asking again")
        expect(bob.decide(number)[0], 200)
        expect(balance(ann)["prepaid"], "105")
        _, audit, _ = server.ask("GET", "/v1/audit?limit=100")
        expect([(each["act"], each["by"]) for each in audit["acts"] if each["act"] in ("top_up", "approve")],
               [("approve", bob.id), ("top_up", ann.id), ("top_up", ann.id)], "the second was a repeat")
        expect(server.ask("GET", "/v1/reconciliation")[1]["balanced"], True)


def test_S20_what_the_ledger_refuses_stays_open():
    with Server(options=FOUR_EYES) as server:
        ann, bob = people(server)
        refund = ann.propose("POST", "/v1/accounts/acme/refunds", {"amount": "3", "original": "pay-1"}, "back-1")
        status, body, _ = bob.decide(refund)
        expect((status, body["code"]), (404, "unknown_account"))
        paid = ann.propose("POST", "/v1/accounts/acme/top-ups", {"amount": "2"}, "pay-1")
        expect(bob.decide(paid)[0], 200)
        status, body, _ = bob.decide(refund)
        expect((status, body["code"], body["available"]), (422, "refund_exceeds_original", "2"))
        _, body, _ = bob.ask("GET", f"/v1/proposals/{refund}")
        expect(body["state"], "open")
        expect(bob.decide(refund, "reject")[0], 200)
        expect(balance(ann)["prepaid"], "2")
        metrics = server.ask("GET", "/metrics")[1]
        assert re.search(r'route="approve_proposal"|approve_proposal', metrics), metrics[:2000]


if __name__ == "__main__":
    run_tests(globals())
