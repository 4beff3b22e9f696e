#!/usr/bin/env python3
"""Personal data: sealed on its way into the log, and erased by destroying a key (O6).

server_personal_test.py [NAME]: all by default.
"""
import csv
import hashlib
import io
import json
import pathlib
import re
import shutil
import subprocess
import tempfile

from server_closing_test import expect, storage, when_charged
from server_process import BINARY, Server, call, run_tests

MAIL = "alice.liddell@example.org"
STREET = "Wonderland Road 7, Oxford"
KEYS = "personal_keys"
MEMBERS = ["/data/tags/user", "/data/end_user", "/enduser"]


def seal(server, members=None, **more):
    status, answer, _ = server.ask("PUT", "/v1/personal-data", {"members": members or MEMBERS, **more})
    expect(status, 200, answer)


def erase(server, account="acme", of="usage"):
    status, answer, _ = server.ask("DELETE", f"/v1/accounts/{account}/personal-data?of={of}")
    expect(status, 200, answer)
    return answer["keys_destroyed"]


def personal_call(number, account="acme", **more):
    event = call(number, account, tags={"user": MAIL, "team": "search"},
                 end_user={"mail": MAIL, "age": 7}, **more)
    return {**event, "enduser": MAIL}


def send(server, *events):
    status, answer, _ = server.send(events)
    expect(status, 200, answer)
    return {name: count for name, count in answer.items() if count and name not in ("received", "set_aside")}


def as_sent(server, number, source="test"):
    def ask():
        status, answer, _ = server.ask("GET", f"/v1/events?source={source}&id={number}")
        return answer if status == 200 else None
    return when_charged(ask)


def owed(server, account="acme"):
    return server.ask("GET", f"/v1/accounts/{account}/balance")[1]["owed"]


def files_with(folder, text):
    """Everything on disk that has a text in it."""
    needle = text.encode()
    return [str(path.relative_to(folder)) for path in pathlib.Path(folder).rglob("*")
            if path.is_file() and needle in path.read_bytes()]


def expect_nowhere(server, *texts):
    """Stopped first, so that what it keeps is all on disk."""
    expect(server.stop(), 0)
    for text in texts:
        expect(files_with(server.data, text), [], text)


def test_O6_nothing_on_disk_says_who_it_was_and_charges_are_as_ever():
    with Server() as server, Server() as plain:
        seal(server)
        events = [personal_call(number) for number in range(20)] + [storage("11-05", "s")]
        events[-1]["data"]["end_user"] = MAIL
        events[-1]["data"]["tags"] = {"user": {MAIL: True, "phone": 13812345678}}
        expect(send(server, *events), {"rated": 21})
        expect(send(plain, *events), {"rated": 21})
        expect(owed(server), owed(plain), "sealing changes no amount")
        # Sent again, it is the same event; with another user, it is another one.
        expect(send(server, *events), {"duplicate": 21})
        other = personal_call(3)
        other["enduser"] = "bob@example.org"
        expect(send(server, other), {"conflict": 1})
        found = as_sent(server, "e-3")
        expect(found["event"], events[3])
        expect(found["erased"], [])
        # In another order of its members it is the same, too.
        turned = personal_call(4)
        turned["data"]["end_user"] = dict(reversed(turned["data"]["end_user"].items()))
        expect(send(server, turned), {"duplicate": 1})
        expect_nowhere(server, MAIL, "bob@example.org", "13812345678")
        assert files_with(plain.data, MAIL), "the search finds what is not sealed"
        server.verify()
        server.start()
        expect(as_sent(server, "s", "collector")["event"]["data"]["end_user"], MAIL)


def test_O6_an_erased_account_is_erased_and_amounts_and_chain_stay():
    with Server() as server:
        seal(server)
        send(server, *[personal_call(number) for number in range(5)])
        send(server, *[personal_call(number, "globex") for number in range(5, 8)])
        before = owed(server)
        expect(erase(server), 1)
        expect(erase(server), 0, "once more")
        expect(erase(server, "nobody"), 0)
        found = as_sent(server, "e-2")
        expect(found["event"]["data"]["tags"], {"user": None, "team": "search"})
        expect(found["event"]["data"]["end_user"], None)
        expect(found["event"]["enduser"], None)
        expect(sorted(found["erased"]), sorted(["/data/tags/user", "/data/end_user", "/enduser"]))
        expect(as_sent(server, "e-6")["event"], personal_call(6, "globex"))
        expect(owed(server), before)
        # What comes from now on has a new key.
        expect(send(server, personal_call(9)), {"rated": 1})
        expect(as_sent(server, "e-9")["event"], personal_call(9))
        # An event of before can not be told from another one any more; it is not charged again.
        expect(send(server, personal_call(2)), {"conflict": 1})
        acts = [each for each in server.ask("GET", "/v1/audit")[1]["acts"] if "personal" in each["act"]]
        expect(sorted(each["act"] for each in acts), 3 * ["erase_personal_data"] + ["set_personal_data"])
        expect(server.stop(), 0)
        assert "sound" in server.verify()
        server.start()
        expect(as_sent(server, "e-2")["event"]["enduser"], None)
        expect(as_sent(server, "e-9")["event"], personal_call(9))
        expect(server.ask("GET", "/v1/reconciliation")[1]["balanced"], True)


def test_O6_a_crash_between_the_record_and_the_key_is_made_good_at_the_start():
    with Server() as server:
        seal(server)
        send(server, personal_call(1))
        keys = pathlib.Path(server.data, KEYS)
        before = keys.read_bytes()
        expect(erase(server), 1)
        send(server, personal_call(2))
        server.crash()
        # As if the key had not been destroyed yet, or came back with an old copy of the file.
        keys.write_bytes(before)
        server.start()
        expect(as_sent(server, "e-1")["event"]["enduser"], None)
        assert before[32:96] not in keys.read_bytes()
        # The key of what came behind is not in the old copy: lost, and told apart from nothing else.
        assert as_sent(server, "e-2")["event"]["enduser"] != MAIL
        expect(send(server, personal_call(3)), {"rated": 1})
        expect(as_sent(server, "e-3")["event"], personal_call(3))
        server.crash()
        server.start()
        expect(as_sent(server, "e-3")["event"], personal_call(3))


def test_O6_every_door_seals():
    with Server() as server:
        seal(server)
        status, answer, _ = server.ask("POST", "/api/v1/events", json.dumps(personal_call(1)),
                                       {"Content-Type": "application/cloudevents+json"})
        expect(status, 204, answer)
        expect(as_sent(server, "e-1")["event"], personal_call(1))
        replaced = {"source": "test", "id": "e-1", "reason": "wrong", "event": {
            "data": {**personal_call(1, tokens=500)["data"]}}}
        status, answer, _ = server.ask("POST", "/v1/corrections/replace",
                                       {key: replaced[key] for key in ("source", "id", "event")})
        expect(status, 200, answer)
        found = as_sent(server, "replace/e-1")
        expect(found["event"]["data"]["end_user"], {"mail": MAIL, "age": 7})
        status, answer, _ = server.ask(
            "POST", "/v1/events", json.dumps([personal_call(2), personal_call(3)]),
            {"Content-Type": "application/cloudevents-batch+json", "Prefer": "return=representation"})
        expect(status, 200, answer)
        assert MAIL not in str(answer)
        expect_nowhere(server, MAIL)
        server.verify()


def test_O6_keys_of_other_tenants_and_accounts_read_and_erase_nothing():
    with Server() as server:
        seal(server)
        send(server, personal_call(1))
        as_sent(server, "e-1")

        def key(**wanted):
            status, answer, _ = server.ask("POST", "/v1/keys", wanted)
            expect(status, 201, answer)
            return {"Authorization": f"Bearer {answer['key']}"}
        twin = key(tenant="twin", role="tenant_owner")
        other = key(account="globex", role="tenant_dev")
        own = key(account="acme", role="tenant_dev")
        path = "/v1/events?source=test&id=e-1"
        expect(server.ask("GET", path, headers=twin)[0], 404)
        expect(server.ask("GET", path, headers=other)[0], 404)
        expect(server.ask("GET", path, headers=own)[1]["event"], personal_call(1))
        expect(server.ask("GET", "/v1/personal-data", headers=twin)[1], {"members": [], "seals_buyers": False})
        status, answer, _ = server.ask("DELETE", "/v1/accounts/acme/personal-data?of=usage", headers=twin)
        expect((status, answer["keys_destroyed"]), (200, 0))
        for headers in (other, own):
            expect(server.ask("DELETE", "/v1/accounts/acme/personal-data?of=usage", headers=headers)[0], 403)
            expect(server.ask("PUT", "/v1/personal-data", {"members": []}, headers)[0], 403)
        # A copied text is no key: another account that sends it reads what it sent.
        expect(server.stop(), 0)
        log = b"".join(path.read_bytes() for path in sorted(pathlib.Path(server.data, "log").glob("*.segment")))
        stolen = re.search(rb'"enduser": ?"(sealed:[^"]+)"', log).group(1).decode()
        server.start()
        send(server, {**call(7, "globex", tags={"x": stolen}), "enduser": stolen})
        event = as_sent(server, "e-7")["event"]
        expect((event["data"]["tags"]["x"], event["enduser"]), (stolen, stolen))


def tags_everywhere(server):
    """What charges, SQL and exports say of the tags of the events, each as JSON in a list."""
    found = {"charges": [row["tags"] for row in server.ask("GET", "/v1/charges")[1]["charges"]],
             "sql": [json.loads(row[0]) for row in server.ask(
                 "POST", "/v1/sql", {"sql": "SELECT tags FROM charges ORDER BY sequence"})[1]["rows"]]}
    for kind, column in (("csv", "tags"), ("focus", "Tags")):
        status, answer, _ = server.ask("GET", f"/v1/exports/charges?format={kind}"
                                              "&from=2024-11-01T00:00:00Z&to=2026-12-01T00:00:00Z")
        expect(status, 200, answer)
        found[kind] = [json.loads(row[column]) for row in csv.DictReader(io.StringIO(answer))]
    return found


def test_O6_tags_stand_opened_in_charges_and_exports_until_they_are_erased():
    with Server() as server:
        event = storage("11-05", "s")
        event["data"]["tags"] = {"user": MAIL, "team": "storage"}
        send(server, personal_call(1))
        seal(server)
        send(server, personal_call(2), event)
        as_sent(server, "s", "collector")
        clear = {"user": MAIL, "team": "search"}
        expect(tags_everywhere(server), dict.fromkeys(
            ("charges", "sql", "csv", "focus"), [clear, clear, {**clear, "team": "storage"}]))
        erase(server)
        left = {"user": None, "team": "search"}
        expect(tags_everywhere(server), dict.fromkeys(
            ("charges", "sql", "csv", "focus"), [clear, left, {**left, "team": "storage"}]))
        # The file itself has them sealed.
        server.stop()
        asked = subprocess.run([BINARY, "sql", "--data", server.data, "--output", "csv",
                                "SELECT tags FROM charges ORDER BY sequence"],
                               capture_output=True, text=True, check=True).stdout
        assert asked.count("sealed:") == 2, asked


def test_O6_what_a_crash_leaves_of_exports_is_gone_at_the_next_start():
    with Server() as server:
        seal(server)
        send(server, personal_call(1))
        server.crash()
        for name in ("exports/export-1", "charges.duckdb.tmp/duckdb_temp_storage-0.tmp"):
            left = pathlib.Path(server.data, name)
            left.parent.mkdir(exist_ok=True)
            left.write_text(MAIL)
        server.start()
        expect_nowhere(server, MAIL)


def test_O6_tags_that_are_large_stand_in_the_log_and_not_in_charge_lines():
    with Server() as server:
        large = {"note": "x" * 2_000}
        send(server, call(1, tags=large), call(2, tags={"note": "y" * 900}))
        expect(as_sent(server, "e-1")["event"]["data"]["tags"], large)
        rows = server.ask("GET", "/v1/charges")[1]["charges"]
        expect([row.get("tags") for row in rows], [None, {"note": "y" * 900}])


def test_O6_what_is_set_wrong_is_refused_and_says_where():
    with Server() as server:
        for member in ("/data/model", "/subject", "user", "/data"):
            status, answer, _ = server.ask("PUT", "/v1/personal-data", {"members": [member]})
            expect((status, answer["code"]), (422, "invalid_field"), member)
            assert member in answer["detail"] and "/members" in answer["detail"], answer
        expect(server.ask("DELETE", "/v1/accounts/acme/personal-data")[0], 422)
        expect(server.ask("DELETE", "/v1/accounts/acme/personal-data?of=all")[0], 422)
        expect(server.ask("GET", "/v1/events?source=test&id=none")[0], 404)
        # What a tag may be is checked as ever.
        seal(server, ["/data/tags"])
        expect(send(server, call(1, tags={"user": 7})), {"rejected": 1})


def test_O6_whom_invoices_are_for_is_erased_apart_and_their_hash_stays():
    with Server() as server:
        seal(server, seals_buyers=True)
        expect(server.ask("PUT", "/v1/accounts/acme", {})[0] in (200, 201), True)
        buyer = {"name": "Alice Liddell", "address": STREET, "tax_id": "GB12345", "tax_percent": "6"}
        status, answer, _ = server.ask("PUT", "/v1/accounts/acme/buyer", buyer)
        expect((status, answer["address"]), (200, STREET))
        expect(server.ask("GET", "/v1/accounts/acme/buyer")[1]["tax_id"], "GB12345")
        expect(send(server, {**personal_call(1), "time": "2026-01-22T08:00:03Z"}), {"rated": 1})
        status, invoice, fields = server.ask("PUT", "/v1/accounts/acme/invoices/2026-01")
        expect((status, invoice["buyer"]), (201, {key: buyer[key] for key in ("name", "address", "tax_id")}))
        number = invoice["number"]
        expect(server.ask("GET", f"/v1/invoices/{number}")[2]["ETag"], fields["ETag"])
        listed = server.ask("GET", "/v1/invoices")[1]["invoices"][0]["sha256"]
        frozen = server.ask("GET", f"/v1/invoices/{number}?form=frozen")
        expect(frozen[2]["ETag"], f'"sha256-{listed}"')
        assert frozen[1]["buyer"]["name"].startswith("sealed:")
        expect(erase(server, of="usage"), 1)
        expect(server.ask("GET", f"/v1/invoices/{number}")[1], invoice)
        expect(erase(server, of="invoices"), 1)
        left = server.ask("GET", f"/v1/invoices/{number}")[1]
        expect(left, {**invoice, "buyer": {"name": None, "address": None, "tax_id": None}})
        again = server.ask("GET", f"/v1/invoices/{number}?form=frozen")
        expect((again[1], again[2]["ETag"]), (frozen[1], frozen[2]["ETag"]))
        expect(server.ask("GET", "/v1/accounts/acme/buyer")[1]["name"], "")
        expect_nowhere(server, MAIL, STREET, "Alice Liddell", "GB12345")
        server.verify()


def test_O6_a_buyer_of_before_is_sealed_on_what_is_frozen_from_now_on():
    with Server() as server:
        server.ask("PUT", "/v1/accounts/acme", {})
        buyer = {"name": "Alice Liddell", "address": "\u0001" * 250, "tax_percent": "6", "tax_name": "VAT"}
        server.ask("PUT", "/v1/accounts/acme/buyer", buyer)
        seal(server, seals_buyers=True)
        expect(server.ask("GET", "/v1/accounts/acme/buyer")[1],
               {**buyer, "tax_id": "", "time_zone": ""})
        send(server, {**call(1), "time": "2026-01-22T08:00:03Z"})
        invoice = server.ask("PUT", "/v1/accounts/acme/invoices/2026-01")[1]
        expect(invoice["buyer"], {"name": buyer["name"], "address": buyer["address"]})
        frozen = server.ask("GET", f"/v1/invoices/{invoice['number']}?form=frozen")[1]
        assert frozen["buyer"]["name"].startswith("sealed:"), frozen
        expect(erase(server, of="invoices"), 1)
        expect(server.ask("GET", f"/v1/invoices/{invoice['number']}")[1]["buyer"],
               {"name": None, "address": None})
        server.stop()
        server.verify()


def test_O6_backups_and_mirrors_follow():
    with tempfile.TemporaryDirectory(prefix="steelyard-test-") as folder:
        mirror, copy = f"{folder}/mirror", f"{folder}/copy"
        back_up = [BINARY, "backup", "--to", copy, "--data"]
        with Server(options=("--mirror", mirror)) as server:
            seal(server)
            send(server, personal_call(1), personal_call(2, "globex"))
            keys = [pathlib.Path(each, KEYS) for each in (server.data, mirror)]
            expect(keys[0].read_bytes(), keys[1].read_bytes())
            expect(keys[0].stat().st_mode & 0o77, 0, "its owner only")
            subprocess.run([*back_up, server.data], check=True, capture_output=True)
            expect(hashlib.sha256(pathlib.Path(copy, KEYS).read_bytes()).digest(),
                   hashlib.sha256(keys[0].read_bytes()).digest())
            with Server(shutil.copytree(copy, f"{folder}/restored"), key=server.key) as restored:
                expect(as_sent(restored, "e-1")["event"], personal_call(1))
            key = keys[0].read_bytes()[32:96]
            expect(erase(server), 1)
            subprocess.run([*back_up, server.data], check=True, capture_output=True)
            for each in (*keys, pathlib.Path(copy, KEYS)):
                assert key not in each.read_bytes(), each
            with Server(copy, key=server.key) as restored:
                expect(as_sent(restored, "e-1")["event"]["enduser"], None)
                expect(as_sent(restored, "e-2")["event"], personal_call(2, "globex"))
            server.stop()
            keys[0].unlink()
            server.start()
            expect(as_sent(server, "e-2")["event"], personal_call(2, "globex"))
            expect(as_sent(server, "e-1")["event"]["enduser"], None)


if __name__ == "__main__":
    run_tests(globals())
