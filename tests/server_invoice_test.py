#!/usr/bin/env python3
"""Frozen invoices in the whole program: rows A10, B5 and H1 to H11 of the failure catalogue.

server_invoice_test.py [NAME]: all by default.
"""
import concurrent.futures
import hashlib
import json
import pathlib
import re
import shutil
import subprocess
import time
import urllib.request

from server_process import BINARY, ROOT, Server, call, run_tests

MONTH = "2024-10"  # Long over, whatever the clock says.


def expect(found, wanted, what=""):
    assert found == wanted, f"{what}: {found!r} is not {wanted!r}"


def call_on(day, number, account="acme", tokens=1000):
    return {**call(number, account, tokens), "time": f"2024-{day}T08:00:03Z"}


def freeze(server, account="acme", month=MONTH):
    return server.ask("PUT", f"/v1/accounts/{account}/invoices/{month}")


def bytes_of(server, number):
    request = urllib.request.Request(f"{server.url}/v1/invoices/{number}",
                                     headers={"Authorization": f"Bearer {server.key}"})
    with urllib.request.urlopen(request, timeout=30) as answer:
        document = answer.read()
        expect(answer.headers["ETag"], f'"sha256-{hashlib.sha256(document).hexdigest()}"', number)
        return document


def all_invoices(server, query=""):
    found, cursor = [], ""
    while True:
        status, page, _ = server.ask("GET", f"/v1/invoices?limit=7{query}{cursor}")
        expect(status, 200, page)
        found += page["invoices"]
        if page["next"] is None:
            return found
        cursor = f"&cursor={page['next']}"


def run_command(server, *words, month=MONTH):
    return subprocess.run([BINARY, "invoice", "run", month, "--server", server.url, "--key", server.key, *words],
                          capture_output=True, text=True, check=False, timeout=120)


def code_of(problem):
    return problem["code"]


def test_an_invoice_says_what_is_on_the_price_list(server):
    """qwen-plus: 0.0008 CNY for 1,000 tokens of input, 0.0024 above 128,000 (price list, section 1)."""
    server.ask("PUT", "/v1/seller", {"name": "Example AI", "address": "1 Cloud Road", "tax_id": "91-X"})
    server.ask("PUT", "/v1/accounts/acme/buyer", {"name": "Acme GmbH", "tax_name": "VAT", "tax_percent": "6"})
    server.send([call_on("10-05", 1, tokens=100_000), call_on("10-06", 2, tokens=50_001),
                 call_on("10-07", 3, tokens=200_000), call_on("11-01", 4)])
    status, invoice, headers = freeze(server)
    expect(status, 201, invoice)
    expect(headers["Location"], "/v1/invoices/INV-000001")
    expect([(line["item"], line["tier"], line["quantity"], line["amount"], line["events"])
            for line in invoice["lines"]],
           [("qwen-plus/input", "0k-128k", "150001", "0.1200008", 2),
            ("qwen-plus/input", "128k-256k", "200000", "0.48", 1)])
    expect([invoice[name] for name in ("lines_total", "rounding", "net", "total")],
           ["0.6000008", "-0.0000008", "0.6", "0.64"])
    expect(invoice["tax"], {"name": "VAT", "percent": "6", "amount": "0.04"})  # 0.036
    expect((invoice["seller"]["name"], invoice["buyer"]), ("Example AI", {"name": "Acme GmbH"}))
    expect(server.ask("GET", f"/v1/accounts/acme/invoices/{MONTH}")[1], invoice)
    expect(code_of(server.ask("GET", "/v1/accounts/acme/invoices/2024-09")[1]), "unknown_invoice")
    listed = all_invoices(server)
    expect([(each["number"], each["total"]) for each in listed], [("INV-000001", "0.64")])
    expect(listed[0]["sha256"], hashlib.sha256(bytes_of(server, "INV-000001")).hexdigest())
    expect(server.ask("GET", "/v1/accounts/acme/balance")[1]["owed"], "0.6408")  # November's 0.0008, too.
    assert server.ask("GET", "/v1/reconciliation")[1]["balanced"]
    sums = [each for each in server.ask("GET", "/v1/audit")[1]["acts"] if each["act"] == "freeze_invoice"]
    expect((sums[0]["what"]["number"], "document" in sums[0]["what"]), (1, False))


def test_H1_ten_at_once_freeze_one_invoice(server):
    server.send([call_on("10-05", i) for i in range(20)])
    with concurrent.futures.ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(lambda _: freeze(server), range(10)))
    expect(sorted(status for status, _, _ in answers), [200] * 9 + [201])
    expect(len({json.dumps(body) for _, body, _ in answers}), 1, "documents")
    expect(len(all_invoices(server)), 1, "invoices")


def test_H1_many_accounts_at_once_have_numbers_without_a_gap(server):
    accounts = [f"customer-{i}" for i in range(60)]
    server.send([call_on("10-05", account, account) for account in accounts])
    with concurrent.futures.ThreadPoolExecutor(10) as pool:
        for status, body, _ in pool.map(lambda account: freeze(server, account), accounts):
            expect(status, 201, body)
    numbers = sorted(each["number"] for each in all_invoices(server))
    expect(numbers, [f"INV-{i + 1:06}" for i in range(60)])


def test_H2_a_run_that_is_interrupted_goes_on(server):
    """The server is killed while a run is under way; the same run again leaves nothing out."""
    accounts = [f"customer-{i:03}" for i in range(250)]
    server.send([call_on("10-05", account, account, 1_000_000) for account in accounts])
    half = server.ask("POST", f"/v1/invoice-runs?period={MONTH}&limit=120")[1]
    expect((half["accounts"], len(half["frozen"])), (120, 120))
    kept = {each["number"]: bytes_of(server, each["number"]) for each in half["frozen"][:5]}
    running = subprocess.Popen([BINARY, "invoice", "run", MONTH, "--server", server.url, "--key", server.key],
                               stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    while len(all_invoices(server)) < 130:
        pass
    server.crash()
    _, errors = running.communicate(timeout=60)
    expect(running.returncode, 2, errors)
    server.start()
    again = run_command(server)
    expect(again.returncode, 0, again.stderr)
    assert re.search(r"2024-10: 250 accounts, \d+ documents frozen, \d+ before, 0 parked\n$", again.stdout), again.stdout
    found = all_invoices(server)
    expect(sorted(each["number"] for each in found), [f"INV-{i + 1:06}" for i in range(250)])
    expect(len({each["account"] for each in found}), 250)
    for number, document in kept.items():
        expect(bytes_of(server, number), document, number)
    expect(run_command(server).stdout, "2024-10: 250 accounts, 0 documents frozen, 250 before, 0 parked\n")
    expect(server.stop(), 0)
    server.verify()


def test_H3_usage_that_comes_behind_an_invoice_is_on_the_next(server):
    server.send([call_on("10-05", 1)])
    freeze(server)
    server.send([call_on("10-06", "late"), call_on("11-05", 2)])
    expect(freeze(server)[0], 200)
    _, invoice, _ = freeze(server, month="2024-11")
    expect([(line["period"], line.get("note"), line.get("invoice_of_period"), line["quantity"]) for line in invoice["lines"]],
           [("2024-10", "late usage for 2024-10", "INV-000001", "1000"), ("2024-11", None, None, "1000")])
    status, problem, _ = freeze(server, month="2024-09")
    expect((status, code_of(problem)), (409, "period_is_closed"))


def test_H4_a_voided_and_a_replaced_call_of_an_invoice_are_on_a_credit_note(server):
    server.send([call_on("10-05", 1, tokens=100_000), call_on("10-06", 2, tokens=100_000)])
    frozen = freeze(server)[1]
    deadline = time.monotonic() + 30
    while len(server.ask("GET", "/v1/charges")[1]["charges"]) < 2:  # They come a little later.
        assert time.monotonic() < deadline
        time.sleep(0.05)
    expect(server.ask("POST", "/v1/corrections/void", {"source": "test", "id": "e-1", "reason": "twice"})[0], 200)
    other = {"data": call(2, tokens=200_000)["data"]}
    status, body, _ = server.ask("POST", "/v1/corrections/replace", {"source": "test", "id": "e-2", "event": other})
    expect(status, 200, body)
    status, note, headers = server.ask("POST", "/v1/accounts/acme/credit-notes")
    expect((status, headers.get("Location")), (201, "/v1/invoices/CN-000001"), note)
    expect([(line["invoice_of_period"], line["quantity"], line["amount"]) for line in note["lines"]],
           [("INV-000001", "200000", "0.16")])
    expect((note["kind"], note["period"], note["total"]), ("credit_note", MONTH, "0.16"))
    assert not any("note" in line for line in note["lines"]), note
    status, problem, _ = server.ask("POST", "/v1/accounts/acme/credit-notes")
    expect((status, code_of(problem)), (409, "nothing_to_invoice"))
    invoice = freeze(server, month="2024-11")[1]
    expect([(line["invoice_of_period"], line["tier"], line["amount"]) for line in invoice["lines"]],
           [("INV-000001", "128k-256k", "0.48")])
    expect(json.loads(bytes_of(server, "INV-000001")), frozen, "the invoice that was corrected")
    assert server.ask("GET", "/v1/reconciliation")[1]["balanced"]


def test_H6_a_month_without_usage_by_the_sellers_wish(server):
    server.ask("PUT", "/v1/accounts/acme", {})
    status, problem, _ = freeze(server)
    expect((status, code_of(problem)), (409, "nothing_to_invoice"))
    expect(run_command(server).stdout, "2024-10: 1 accounts, 0 documents frozen, 0 before, 0 parked\n")
    expect(server.ask("PUT", "/v1/seller", {"invoices_no_usage": True})[1]["invoices_no_usage"], True)
    status, invoice, _ = freeze(server)
    expect((status, invoice["number"], invoice["lines"], invoice["total"]), (201, "INV-000001", [], "0"))


def test_H7_a_document_grows_with_prices_and_not_with_events(server):
    batch = [call_on("10-05", f"a-{i}") for i in range(5_000)]
    server.send(batch[:10])
    server.send([{**each, "id": f"b{each['id']}", "subject": "globex"} for each in batch])
    small, large = (json.dumps(freeze(server, account)[1]) for account in ("acme", "globex"))
    assert len(large) < len(small) + 20, (len(small), len(large))
    expect(json.loads(large)["lines"][0]["events"], 5_000)


def test_H10_a_period_is_said_in_the_zone_of_the_contract_and_in_the_buyers(server):
    server.ask("PUT", "/v1/accounts/acme/buyer", {"time_zone": "America/New_York"})
    # 16:00 UTC is midnight in Shanghai, whose months are billed.
    events = [call_on("09-30", 1), call_on("10-31", 2)]
    events[0]["time"], events[1]["time"] = "2024-09-30T16:00:00Z", "2024-10-31T15:59:59Z"
    server.send(events + [{**call_on("10-31", 3), "time": "2024-10-31T16:00:00Z"}])
    invoice = freeze(server)[1]
    expect(invoice["lines"][0]["events"], 2)
    expect((invoice["from"], invoice["to"]), ("2024-09-30T16:00:00Z", "2024-10-31T16:00:00Z"))
    expect(invoice["local"],
           [{"time_zone": "Asia/Shanghai", "from": "2024-10-01T00:00", "to": "2024-11-01T00:00"},
            {"time_zone": "America/New_York", "from": "2024-09-30T12:00", "to": "2024-10-31T12:00"}])


def test_H11_an_invoice_is_what_was_frozen_whatever_changes_later(server):
    server.send([call_on("10-05", 1)])
    freeze(server)
    document = bytes_of(server, "INV-000001")
    server.ask("PUT", "/v1/accounts/acme/buyer", {"name": "Acme AG", "tax_percent": "19", "time_zone": "UTC"})
    server.ask("PUT", "/v1/seller", {"name": "Another", "invoice_series": "X-"})
    server.send([call_on("10-05", 2)])
    expect(bytes_of(server, "INV-000001"), document)
    expect(server.stop(), 0)
    shutil.rmtree(pathlib.Path(server.data) / "state")  # All but the log is made again from it.
    server.start()
    expect(bytes_of(server, "INV-000001"), document)
    expect(freeze(server)[0], 200)
    expect(freeze(server, month="2024-11")[1]["number"], "X-000001")


def test_B5_a_flipped_bit_in_an_invoice_is_never_served(server):
    server.send([call_on("10-05", 1)])
    freeze(server)
    document = bytes_of(server, "INV-000001")
    segment = next((pathlib.Path(server.data) / "log").glob("*.segment"))
    at = segment.read_bytes().index(b'lines_total\\":\\"0.0008') + len(b'lines_total\\":\\"')
    for place in (at, at + 5):
        with segment.open("r+b") as file:
            file.seek(place)
            byte = file.read(1)
            file.seek(place)
            file.write(bytes([byte[0] ^ 1]))
        status, problem, _ = server.ask("GET", "/v1/invoices/INV-000001")
        expect((status, code_of(problem)), (500, "log_is_damaged"))
        assert problem["instance"].startswith("urn:request:"), problem
        with segment.open("r+b") as file:
            file.seek(place)
            file.write(byte)
    expect(bytes_of(server, "INV-000001"), document)


def test_O8_an_invoice_of_another_system_is_tried_and_then_taken_over(server):
    line = {"item": "old/calls", "unit": "call", "price": "0.5", "per": "1", "quantity": "3", "amount": "1.5"}
    old = {"account": "acme", "number": "2023/77", "period": "2023-12", "paid": False, "lines": [line]}
    path = "/v1/imports/invoices"
    wrong = {**old, "lines": [line, {**line, "amount": "1.4"}]}
    status, problem, _ = server.ask("POST", path + "?dry_run=true", wrong)
    expect((status, code_of(problem)), (422, "invalid_field"))
    assert "/lines/1/amount: '1.4' is not quantity × price ÷ per = 1.5" in problem["detail"], problem
    status, tried, _ = server.ask("POST", path + "?dry_run=true", old)
    expect((status, tried["lines_total"], tried["known"], tried["imported"]), (200, "1.5", False, False))
    expect(server.ask("GET", "/v1/invoices")[1]["invoices"], [], "behind a dry run")
    expect([server.ask("POST", path, old)[0] for _ in range(2)], [201, 200])
    expect(server.ask("GET", "/v1/accounts/acme/balance")[1]["owed"], "1.5")
    expect(server.ask("GET", "/v1/accounts/acme/bill?month=2023-12")[1]["total"], "1.5")
    expect(json.loads(bytes_of(server, "imported:2023%2F77")), old)
    expect(code_of(server.ask("POST", path, {**old, "paid": True})[1]), "origin_conflict")
    expect(code_of(server.ask("POST", path, {**old, "number": "1", "period": "2124-01"})[1]), "period_not_over")
    imported = run_command(server, "--output", "json", month="2023-12")
    run = json.loads(imported.stdout)
    expect((run["frozen"], run["frozen_before"], run["parked"]), ([], 1, []), "a month that was imported")
    server.send([call_on("10-05", 1)])
    expect(freeze(server)[1]["number"], "INV-000001")
    expect(code_of(server.ask("POST", path, {**old, "number": "2", "period": "2024-09"})[1]), "period_is_closed")
    assert server.ask("GET", "/v1/reconciliation")[1]["balanced"]
    expect(server.stop(), 0)
    server.verify()


def test_O8_what_no_ledger_keeps_ends_no_server(server):
    """Each line fits; their sum is beyond what a number holds."""
    line = {"item": "i", "unit": "u", "price": "1", "per": "1", "quantity": "1" + "0" * 24, "amount": "1" + "0" * 24}
    for lines in ([line] * 200, [{**line, "price": "0", "amount": "0"}] * 200):
        old = {"account": "acme", "number": "1", "period": "2023-12", "lines": lines}
        for path in ("/v1/imports/invoices?dry_run=true", "/v1/imports/invoices"):
            expect(code_of(server.ask("POST", path, old)[1]), "invalid_field")
    expect(server.stop(), 0)
    server.start()


def test_who_may_freeze_and_who_may_read(server):
    server.send([call_on("10-05", 1), call_on("10-05", 2, "globex")])
    keys = {}
    for name, wanted in {"finance": {"role": "finance"}, "viewer": {"role": "tenant_viewer"},
                         "globex": {"role": "tenant_viewer", "account": "globex"},
                         "other": {"role": "root", "tenant": "other"}}.items():
        keys[name] = {"Authorization": "Bearer " + server.ask("POST", "/v1/keys", wanted)[1]["key"]}
    path = f"/v1/accounts/acme/invoices/{MONTH}"
    expect(server.ask("PUT", path, headers=keys["viewer"])[0], 403)
    of_globex = server.ask("POST", "/v1/keys", {"role": "finance", "account": "globex"})[1]["key"]
    status, problem, _ = server.ask("PUT", "/v1/seller", {"name": "Globex"}, {"Authorization": f"Bearer {of_globex}"})
    expect((status, code_of(problem)), (403, "forbidden"))
    expect(server.ask("PUT", path, headers=keys["finance"])[0], 201)
    expect(server.ask("GET", "/v1/invoices/INV-000001", headers=keys["viewer"])[0], 200)
    for name in ("globex", "other"):  # As if it were not there.
        for number in ("INV-000001", "INV-000002"):
            status, problem, _ = server.ask("GET", f"/v1/invoices/{number}", headers=keys[name])
            expect((status, code_of(problem)), (404, "unknown_invoice"), name)
        expect(server.ask("GET", "/v1/invoices", headers=keys[name])[1]["invoices"], [])
        expect(code_of(server.ask("PUT", path, headers=keys[name])[1]),
               "forbidden" if name == "globex" else "unknown_account")
    expect(code_of(server.ask("GET", "/v1/invoices?account=acme", headers=keys["globex"])[1]), "unknown_account")
    expect(server.ask("POST", f"/v1/invoice-runs?period={MONTH}", headers=keys["other"])[1]["accounts"], 0)


def test_a_run_of_a_month_that_is_not_over_freezes_nothing(server):
    server.send([call_on("10-05", 1, tokens=100_000)])
    freeze(server)
    deadline = time.monotonic() + 30
    while not server.ask("GET", "/v1/charges")[1]["charges"]:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    expect(server.ask("POST", "/v1/corrections/void", {"source": "test", "id": "e-1", "reason": "twice"})[0], 200)
    expect(run_command(server, month="2124-01").returncode, 2)
    expect(len(all_invoices(server)), 1)
    again = run_command(server)
    assert "CN-000001" in again.stdout and "1 documents frozen, 1 before, 0 parked" in again.stdout, again.stdout


def test_what_can_not_be_frozen_is_said(server):
    server.send([call_on("10-05", 1)])
    for month, code in (("2124-10", "period_not_over"), ("2024-13", "invalid_parameter"), ("10", "invalid_parameter")):
        expect(code_of(freeze(server, month=month)[1]), code, month)
    expect(code_of(freeze(server, "nobody")[1]), "unknown_account")
    expect(code_of(server.ask("GET", "/v1/invoices/INV-9")[1]), "unknown_invoice")
    expect(code_of(server.ask("GET", "/v1/invoices?cursor=x")[1]), "invalid_cursor")
    expect(code_of(server.ask("POST", "/v1/invoice-runs?period=2124-01")[1]), "period_not_over")
    expect(code_of(server.ask("PUT", "/v1/accounts/acme/buyer", {"tax_percent": "101"})[1]), "invalid_field")
    expect(code_of(server.ask("PUT", "/v1/accounts/acme/buyer", {"time_zone": "Mars"})[1]), "unknown_time_zone")
    expect(code_of(server.ask("PUT", "/v1/seller", {"invoice_series": "INV-1"})[1]), "invalid_field")
    failed = subprocess.run([BINARY, "invoice", "run", "2124-01", "--server", server.url, "--key", server.key],
                            capture_output=True, text=True, check=False)
    expect(failed.returncode, 2)
    assert "2124-01 ends at 2124-01-31T16:00:00Z" in failed.stderr, failed.stderr
    shown = run_command(server, "--output", "json")
    expect(json.loads(shown.stdout)["frozen"][0]["number"], "INV-000001", shown.stderr)


if __name__ == "__main__":
    run_tests(globals(), Server)
