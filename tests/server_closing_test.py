#!/usr/bin/env python3
"""Closed usage of cloud resources in the whole program.

server_closing_test.py [NAME]: all by default.
"""
import json
import subprocess
import time

from server_prices_test import publish, with_a_new_model
from server_process import BINARY, Server, run_tests

MONTH = "2024-10"  # Long over, whatever the clock says.


def expect(found, wanted, what=""):
    assert found == wanted, f"{what}: {found!r} is not {wanted!r}"


def storage(day, name, gigabytes=1000):
    """An hour of storage: 0.12 CNY a month and GB, by the hour 0.12 / 30 / 24 (price list, OSS)."""
    return {"specversion": "1.0", "id": name, "source": "collector", "type": "cloud.resource.usage",
            "subject": "acme", "time": f"2024-{day}T09:00:00Z",
            "data": {"product": "oss", "resource": f"bucket-{name}", "start": f"2024-{day}T08:00:00Z",
                     "end": f"2024-{day}T09:00:00Z", "meters": {"storage_gb": gigabytes},
                     "attributes": {"region": "cn-hangzhou", "class": "standard_lrs"}}}


def call(day, name):
    return {"specversion": "1.0", "id": name, "source": "gateway", "type": "ai.model.call", "subject": "acme",
            "time": f"2024-{day}T08:00:03Z",
            "data": {"model": "qwen-plus", "protocol": "tokens", "usage": {"input": 1000}}}


def send(server, *events):
    status, answer, _ = server.send(events)
    expect(status, 200, answer)
    return answer


def close(server, month=MONTH):
    return server.ask("POST", "/v1/usage-closings", {"period": month})


def closing(server):
    status, answer, _ = server.ask("GET", "/v1/usage-closings")
    expect(status, 200, answer)
    return answer


def when_charged(ask):
    """What it gives when charge rows are up to date: a second later at most."""
    for _ in range(100):
        found = ask()
        if found:
            return found
        time.sleep(0.1)
    raise AssertionError("it is not there after ten seconds")


def unrated(server, count):
    def ask():
        found = server.ask("GET", "/v1/unrated")[1]["unrated"]
        return [(each["id"], each["reason"]) for each in found] if len(found) == count else None
    return when_charged(ask)


def receipt(server, name):
    def ask():
        status, found, _ = server.ask("GET", f"/v1/explain?source=collector&id={name}")
        return found if status == 200 else None
    return when_charged(ask)


def owed(server):
    return server.ask("GET", "/v1/accounts/acme/balance")[1]["owed"]


def test_a_month_is_closed_and_what_is_late_is_set_aside(server):
    send(server, storage("10-05", "a"), storage("10-06", "b"), storage("11-05", "c"))
    expect(closing(server), {"closed_before": None, "open_windows": 3, "unrated": 0})
    before = owed(server)
    status, answer, _ = close(server)
    expect((status, answer), (200, {"closed_before": "2024-10-31T16:00:00Z", "open_windows": 1, "unrated": 0}))
    late = send(server, storage("10-07", "late"), call("10-07", "call"), storage("11-06", "d"))
    expect((late["rated"], late["unrated"]), (2, 1))
    expect(late["set_aside"][0]["reason"], "window_is_settled")
    expect(unrated(server, 1), [("late", "window_is_settled")])
    assert float(owed(server)) > float(before)
    void = {"source": "collector", "id": "a", "reason": "counted twice"}
    status, refused, _ = server.ask("POST", "/v1/corrections/void", void)
    expect((status, refused["code"]), (422, "unknown_event"))
    assert "settled" in refused["detail"], refused
    when_charged(lambda: server.ask("GET", "/v1/charges?id=void/a")[1]["charges"])
    status, refused, _ = server.ask("POST", "/v1/corrections/void", void)  # It is no duplicate of a success.
    expect((status, refused["code"]), (422, "unknown_event"))
    assert "refused" in refused["detail"], refused
    assert server.ask("GET", "/v1/reconciliation")[1]["balanced"]


def test_a_day_is_closed_in_the_zone_of_the_price_book(server):
    """Windows of storage are hours; the day in Shanghai ends at 16:00 UTC."""
    send(server, storage("10-05", "a"), storage("10-06", "b"))
    status, answer, _ = close(server, "2024-10-05")
    expect((status, answer), (200, {"closed_before": "2024-10-05T16:00:00Z", "open_windows": 1, "unrated": 0}))
    expect(close(server, "2024-10-04")[1]["closed_before"], "2024-10-05T16:00:00Z")
    late = send(server, storage("10-05", "late"), storage("10-06", "c"))
    expect((late["rated"], late["unrated"]), (1, 1))


def test_it_stays_closed_behind_a_kill_and_the_log_says_the_same(server):
    send(server, storage("10-05", "a"), storage("11-05", "c"))
    close(server)
    send(server, storage("10-07", "late"))
    before = (closing(server), owed(server))
    server.crash()
    server.start()
    expect((closing(server), owed(server)), before)
    late = send(server, storage("10-08", "later"), storage("11-05", "d"))
    expect((late["rated"], late["unrated"]), (1, 1))
    expect([name for name, _ in unrated(server, 2)], ["late", "later"])
    server.stop()
    server.verify()
    server.start()


def test_a_receipt_says_what_was_charged_whatever_was_closed(server):
    send(server, storage("10-05", "a"))
    close(server)
    send(server, storage("10-07", "late"), storage("11-05", "c"))
    for name, is_rated in (("a", True), ("late", False), ("c", True)):
        expect(receipt(server, name)["status"], "rated" if is_rated else "unrated", name)


def test_new_prices_bring_nothing_back(server):
    """Both wait when prices are published: the call has one then, and is the later one in the log."""
    close(server)
    send(server, storage("10-07", "late"))
    new = call("10-07", "new")
    new["data"]["model"] = "qwen-next"
    send(server, new)
    expect(len(unrated(server, 2)), 2)
    expect(publish(server, with_a_new_model())[0], 200)
    when_charged(lambda: server.ask("GET", "/v1/reconciliation")[1]["rated"] == 1)
    counts = server.ask("GET", "/v1/reconciliation")[1]
    expect((counts["unrated"], counts["duplicate"]), (1, 1))  # The call was put into the log once more.
    again = send(server, storage("10-07", "late"))
    expect(again["duplicate"], 1)


def test_what_can_not_be_closed_is_refused(server):
    for body, status, code in (({"period": "2024-13"}, 422, None), ({"period": "october"}, 422, "invalid_time"),
                               ({"period": "2024-10-32"}, 422, "invalid_time"),
                               ({"period": "2024-10-31T00"}, 422, "invalid_body"),
                               ({}, 422, "invalid_body"), ({"period": MONTH, "force": True}, 422, None),
                               ({"period": "2199-12"}, 409, "period_not_over")):
        found, problem, _ = server.ask("POST", "/v1/usage-closings", body)
        expect(found, status, problem)
        if code:
            expect(problem["code"], code, body)
    expect(closing(server)["closed_before"], None)
    _, made, _ = server.ask("POST", "/v1/keys", {"name": "help", "role": "support"})
    status, problem, _ = server.ask("POST", "/v1/usage-closings", {"period": MONTH},
                                    {"Authorization": f"Bearer {made['key']}"})
    expect((status, problem["code"]), (403, "forbidden"))


def test_the_command_closes_a_month_once(server):
    send(server, storage("10-05", "a"), storage("11-05", "c"))
    words = [BINARY, "invoice", "close", MONTH, "--server", server.url, "--key", server.key]
    for _ in range(2):
        ran = subprocess.run(words, capture_output=True, text=True, check=False, timeout=60)
        expect((ran.returncode, ran.stdout),
               (0, "2024-10: cloud usage that ended by 2024-10-31T16:00:00Z is final; 1 window is open\n"),
               ran.stderr)
    ran = subprocess.run([*words, "--output", "json"], capture_output=True, text=True, check=False, timeout=60)
    expect(json.loads(ran.stdout), closing(server))
    ran = subprocess.run([*words[:3], "2199-12", *words[4:]], capture_output=True, text=True, check=False,
                         timeout=60)
    expect((ran.returncode, ran.stdout), (2, ""))
    assert "2199-12 ends at 2199-12-31T16:00:00Z" in ran.stderr, ran.stderr
    acts = [each for each in server.ask("GET", "/v1/audit")[1]["acts"] if each["act"] == "close_usage"]
    expect([each["what"]["period"] for each in acts], [MONTH])
    send(server, storage("10-05", "late"))
    ran = subprocess.run(words, capture_output=True, text=True, check=False, timeout=60)
    assert ran.stdout.endswith("1 event is not charged: GET /v1/unrated\n"), ran.stdout


def test_a_key_of_one_account_closes_nothing_and_counts_no_others(server):
    send(server, storage("11-05", "c"))
    _, made, _ = server.ask("POST", "/v1/keys", {"name": "own", "role": "tenant_viewer", "account": "own"})
    own = {"Authorization": f"Bearer {made['key']}"}
    expect(server.ask("GET", "/v1/usage-closings", headers=own)[1], {"closed_before": None})
    expect(server.ask("POST", "/v1/usage-closings", {"period": MONTH}, own)[0], 403)


if __name__ == "__main__":
    run_tests(globals(), Server)
