#!/usr/bin/env python3
"""Price books of a running server: published, listed, compared, and still there after a restart.

Amounts are computed by hand: qwen-plus costs 0.0008 CNY for 1,000 input tokens in the shipped book.
"""
import csv
import decimal
import http.client
import io
import pathlib
import random
import re
import shutil
import subprocess
import tempfile
import threading
import time
import urllib.error

from server_process import BINARY, ROOT, Server, call, run_tests

SHIPPED = ROOT / "pricebooks/aliyun-ai-paas"


def files_of(folder):
    folder = pathlib.Path(folder)
    return {str(path.relative_to(folder)): path.read_text() for path in sorted(folder.rglob("*"))
            if path.suffix in (".yaml", ".csv")}


def dearer(price="0.0016"):
    """The shipped book, with another price of qwen-plus for up to 128,000 input tokens."""
    files = files_of(SHIPPED)
    rows = files["models.csv"].splitlines(keepends=True)
    changed = [row.replace(",0.0008", f",{price}") if row.startswith("qwen-plus,0k-128k,input,")
               else row for row in rows]
    assert changed != rows
    return {**files, "models.csv": "".join(changed)}


def publish(server, files, note="test"):
    return server.ask("POST", "/v1/price-books", {"files": files, "note": note})


def bill(server):
    return server.ask("GET", "/v1/accounts/acme/bill?month=2026-11")[1]["total"]


def test_A9_killed_while_prices_are_published(server):
    """The old prices wholly or the new ones wholly; and what comes then is priced by those in force."""
    chance = random.Random(20261125)
    known = 1
    for turn in range(6):
        price = f"0.00{20 + turn}"
        thread = threading.Thread(target=lambda price=price: publish_quietly(server, dearer(price)))
        thread.start()
        time.sleep(chance.uniform(0.1, 1.5))
        server.crash()
        thread.join()
        server.start()
        books = server.ask("GET", "/v1/price-books")[1]["price_books"]
        assert len(books) in (known, known + 1), books
        known = len(books)
        files = server.ask("GET", f"/v1/price-books/{books[-1]['hash']}")[1]["files"]
        before = decimal.Decimal(bill(server)) if turn else 0
        server.send([call(turn)])
        row = next(row for row in files["models.csv"].splitlines() if row.startswith("qwen-plus,0k-128k,input,"))
        assert decimal.Decimal(bill(server)) - before == decimal.Decimal(row.split(",")[3])
    server.stop()
    server.verify()


def publish_quietly(server, files):
    try:
        publish(server, files)
    except (urllib.error.URLError, ConnectionError, http.client.HTTPException):
        pass  # It was killed.


def test_F9_two_publications_at_once(server):
    """One behind the other: each is there, the last one is in force."""
    threads = [threading.Thread(target=publish, args=(server, dearer(f"0.00{20 + turn}"))) for turn in range(3)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    books = server.ask("GET", "/v1/price-books")[1]["price_books"]
    assert len(books) == 4 and [each["in_force"] for each in books] == [False, False, False, True], books
    assert [each["sequence"] for each in books] == sorted(each["sequence"] for each in books)


def with_a_new_model():
    files = files_of(SHIPPED)
    rows = [row.replace("qwen-max,", "qwen-next,", 1)
            for row in files["models.csv"].splitlines(keepends=True) if row.startswith("qwen-max,")]
    assert rows
    return {**files, "models.csv": files["models.csv"] + "".join(rows)}


def test_F1_what_waits_for_a_price_is_charged_when_there_is_one(server):
    new = lambda number: call(number, model="qwen-next")
    server.send([new(1), call(2), new(3), new(4)])
    deadline = time.monotonic() + 10
    while len(listed := server.ask("GET", "/v1/unrated")[1]["unrated"]) < 3:
        assert time.monotonic() < deadline, listed
        time.sleep(0.05)
    assert [(each["id"], each["model"], each["reason"]) for each in listed] == \
        [(f"e-{number}", "qwen-next", "unknown_model") for number in (1, 3, 4)], listed
    status, body, _ = server.ask("POST", "/v1/corrections/void",
                                 {"source": "test", "id": "e-4", "reason": "a test"})
    assert status == 200, body

    server.stop()
    server.start()
    assert publish(server, with_a_new_model())[0] == 200
    server.crash()  # It goes on where it was.
    server.start()
    deadline = time.monotonic() + 10
    while (total := bill(server)) != "0.0056":  # 0.0008 and two times 0.0024.
        assert time.monotonic() < deadline, total
        time.sleep(0.05)
    assert server.send([new(1), new(3), new(4)])[1]["duplicate"] == 3
    _, counts, _ = server.ask("GET", "/v1/reconciliation")
    assert (counts["balanced"], counts["unrated"]) == (True, 1), counts  # It was taken back.
    assert server.ask("GET", "/v1/unrated")[1]["unrated"] == []
    deadline = time.monotonic() + 10
    while (receipt := server.ask("GET", "/v1/explain?source=test&id=e-1")[1]).get("amount") != "0.0024":
        assert time.monotonic() < deadline, receipt
        time.sleep(0.05)
    server.stop()
    server.verify()


def test_F7_an_old_book_again(server):
    for files in (dearer(), files_of(SHIPPED)):
        assert publish(server, files)[0] == 200
    server.send([call(1)])
    assert bill(server) == "0.0008"
    assert len(server.ask("GET", "/v1/price-books")[1]["price_books"]) == 3


def test_what_is_published_prices_what_comes_behind_it(server):
    server.send([call(1)])
    status, body, _ = publish(server, dearer())
    assert (status, body["in_force"]) == (200, True), body
    server.send([call(2), call(1)])
    assert bill(server) == "0.0024"  # 0.0008 + 0.0016; the repeat is none.
    _, listed, _ = server.ask("GET", "/v1/price-books")
    assert [each["origin"] for each in listed["price_books"]] == ["start", "api"], listed
    assert [each["in_force"] for each in listed["price_books"]] == [False, True]
    hash_of_new = body["hash"]
    _, body, _ = server.ask("GET", f"/v1/price-books/{hash_of_new[:12]}")
    assert body["files"] == dearer()
    _, body, _ = server.ask("GET", f"/v1/price-books/{hash_of_new}/diff")
    assert [(each["model"], each["old"], each["new"]) for each in body["prices"]] == \
        [("qwen-plus", "0.0008", "0.0016")], body


def test_it_is_still_in_force_after_a_restart_and_a_kill(server):
    server.send([call(1)])
    publish(server, dearer())
    server.send([call(2)])
    server.stop()
    server.start()
    server.send([call(3)])
    assert bill(server) == "0.004"
    server.crash()
    server.start()
    server.send([call(4)])
    assert bill(server) == "0.0056"
    server.stop()
    shutil.rmtree(pathlib.Path(server.data) / "state")  # All is replayed, with the prices of then.
    server.start()
    assert bill(server) == "0.0056"
    server.stop()
    verified = subprocess.run([BINARY, "verify", "--data", server.data, "--replay"],
                              capture_output=True, text=True, check=False)
    assert verified.returncode == 0 and "byte for byte" in verified.stdout, verified


def test_a_changed_folder_comes_into_force_at_the_next_start(server):
    server.send([call(1)])
    server.stop()
    with tempfile.TemporaryDirectory() as folder:
        for path, text in dearer().items():
            file = pathlib.Path(folder) / path
            file.parent.mkdir(exist_ok=True)
            file.write_text(text)
        server.options = ("--pricebook", folder)
        server.start()
        assert "are in force from now on" in server.error_text()
        assert bill(server) == "0.0008"  # What was charged stays.
        server.send([call(2)])
        assert bill(server) == "0.0024"
        server.stop()
        server.start()
        assert "are in force from now on" not in server.error_text()
        assert len(server.ask("GET", "/v1/price-books")[1]["price_books"]) == 2


def test_the_same_prices_are_not_published_twice(server):
    for _ in range(2):
        status, _, _ = publish(server, dearer())
        assert status == 200
    assert len(server.ask("GET", "/v1/price-books")[1]["price_books"]) == 2


def test_windows_of_cloud_usage_go_on_with_the_new_prices(server):
    def storage(hour):
        return {"specversion": "1.0", "id": f"b-{hour}", "source": "collector",
                "type": "cloud.resource.usage", "subject": "acme",
                "time": f"2026-11-22T{hour + 1:02}:00:00Z",
                "data": {"product": "oss", "resource": "b", "start": f"2026-11-22T{hour:02}:00:00Z",
                         "end": f"2026-11-22T{hour + 1:02}:00:00Z", "meters": {"storage_gb": 600},
                         "attributes": {"class": "standard_lrs", "region": "cn-hangzhou"}}}
    server.send([storage(1)])
    before = bill(server)
    publish(server, dearer())
    server.send([storage(2)])
    assert decimal.Decimal(bill(server)) == 2 * decimal.Decimal(before)
    assert server.ask("GET", "/v1/reconciliation")[1]["balanced"]


def test_a_receipt_names_the_price_of_its_time(server):
    server.send([call(1)])
    publish(server, dearer())
    server.send([call(2)])
    for _ in range(50):
        answers = [server.ask("GET", f"/v1/explain?source=test&id=e-{n}") for n in (1, 2)]
        if all(status == 200 for status, _, _ in answers):
            break
        time.sleep(0.1)
    assert [body["amount"] for _, body, _ in answers] == ["0.0008", "0.0016"], answers


def test_a_void_takes_back_all_four_costs(server):
    """Of a customer with a price of its own, for whom the list price is another."""
    files = files_of(SHIPPED)
    files["book.yaml"] = re.sub(r"(?m)^overrides: .*$", "overrides:\n"
                                "  - {account: acme, multiplier: 0.85}\n"
                                "  - {account: acme, model: qwen-plus, type: output, price: 0.001}",
                                files["book.yaml"])
    assert publish(server, files)[0] == 200
    server.send([call(1, usage={"input": 1000, "cached_input": 77, "output": 333})])
    path = "/v1/exports/charges?from=2026-11-01T00:00:00Z&to=2026-12-01T00:00:00Z&format=focus"
    costs = ("ListCost", "ContractedCost", "EffectiveCost", "BilledCost")

    def sums(lines):
        deadline = time.monotonic() + 10
        while len(rows := list(csv.DictReader(io.StringIO(server.ask("GET", path)[1])))) < lines:
            assert time.monotonic() < deadline, rows
            time.sleep(0.05)
        return rows, [sum(decimal.Decimal(row[cost]) for row in rows) for cost in costs]

    rows, before = sums(3)
    assert len(rows) == 3 and before[0] > before[1] == before[3] > 0, rows
    voided = {"source": "test", "id": "e-1", "reason": "a test"}
    assert server.ask("POST", "/v1/corrections/void", voided)[0] == 200
    rows, after = sums(6)
    assert after == [0, 0, 0, 0], rows
    assert sorted(row["ListUnitPrice"] for row in rows[:3]) == \
        sorted(row["ListUnitPrice"] for row in rows[3:]), rows
    assert server.ask("GET", "/v1/accounts/acme/bill?month=2026-11")[1]["total"] == "0"


def test_mistakes_are_named_and_nothing_changes(server):
    broken = dearer()
    broken["models.csv"] = broken["models.csv"].replace(",0.0016", ",dear")
    for files, word in ((broken, "dear"), ({"x.txt": "y"}, "at least one version"),
                        ({**dearer(), "book.yaml": dearer()["book.yaml"].replace("CNY", "USD")},
                         "currency USD")):
        status, body, _ = publish(server, files)
        assert status == 422 and body["code"] == "price_book_is_invalid", body
        assert word in body["detail"], body
    assert len(server.ask("GET", "/v1/price-books")[1]["price_books"]) == 1
    status, body, _ = server.ask("GET", "/v1/price-books/0123456789ab")
    assert (status, body["code"]) == (404, "not_found")


def test_who_may_not(server):
    status, made, _ = server.ask("POST", "/v1/keys", {"name": "p", "role": "pricing_editor"})
    assert status == 201, made
    fields = {"Authorization": f"Bearer {made['key']}"}
    status, body, _ = server.ask("POST", "/v1/price-books", {"files": dearer()}, fields)
    assert status == 403, body
    status, body, _ = server.ask("POST", "/v1/price-books/check", {"files": dearer()}, fields)
    assert status == 200 and len(body["prices"]) == 1, body


def test_contract_prices_are_not_for_every_tenant(server):
    hash_of_book = server.ask("GET", "/v1/price-books")[1]["price_books"][0]["hash"]
    _, made, _ = server.ask("POST", "/v1/keys", {"name": "dev", "role": "tenant_dev"})
    fields = {"Authorization": f"Bearer {made['key']}"}
    assert server.ask("GET", "/v1/price-books", None, fields)[0] == 200
    for path in (f"/v1/price-books/{hash_of_book}", f"/v1/price-books/{hash_of_book}/diff"):
        status, body, _ = server.ask("GET", path, None, fields)
        assert (status, body["code"]) == (403, "forbidden"), body


def test_the_command(server):
    with tempfile.TemporaryDirectory() as folder:
        for path, text in dearer("0.0012").items():
            file = pathlib.Path(folder) / path
            file.parent.mkdir(exist_ok=True)
            file.write_text(text)
        command = [BINARY, "pricebook", "publish", "--server", server.url, "--key", server.key, folder]
        run = subprocess.run([*command, "--check"], capture_output=True, text=True, check=False)
        assert run.returncode == 0 and '"0.0012"' in run.stdout, run
        run = subprocess.run(command, capture_output=True, text=True, check=False)
        assert run.returncode == 0 and "In force: aliyun-ai-paas" in run.stdout, run
    server.send([call(1)])
    assert bill(server) == "0.0012"


if __name__ == "__main__":
    run_tests(globals(), Server)
