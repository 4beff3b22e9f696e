#!/usr/bin/env python3
"""The server as a gateway, a collector and a finance person use it: over real HTTP.

Amounts are worked by hand from the price list: qwen-plus costs 0.0008 CNY for 1,000 input tokens
up to 128,000.
"""
import contextlib
import csv
import decimal
import gzip
import io
import json
import os
import subprocess
import sys
import tempfile
import time
import traceback
import urllib.request

from server_process import BINARY, ROOT, Server, call


def expect(found, wanted):
    assert found == wanted, f"{found!r} is not {wanted!r}"


def word_of(problem):
    return problem["type"].rsplit("#problem-", 1)[-1]


@contextlib.contextmanager
def other_tenant(server, tenant):
    """Asks as the owner of another tenant."""
    _, made, _ = server.ask("POST", "/v1/keys", {"role": "tenant_owner", "kind": "full",
                                                 "tenant": tenant})
    root, server.key = server.key, made["key"]
    try:
        yield
    finally:
        server.key = root


def wait_for_charges(server):
    """Until the charge rows are where the core is; they follow it within a second."""
    applied = server.ask("GET", "/v1/reconciliation")[1]["rated"]
    for _ in range(100):
        _, answer, _ = server.ask("POST", "/v1/sql", {
            "sql": "SELECT count(*) FROM facts WHERE status = 'rated' AND tenant = 'default'"})
        if answer["rows"] == [[str(applied)]]:
            return
        time.sleep(0.1)
    raise AssertionError(f"{answer} is not {applied}")


def test_an_event_is_charged_once(server):
    status, body, _ = server.send([call(1), call(2), call(1)])
    expect((status, body["rated"], body["duplicate"]), (200, 2, 1))
    status, body, _ = server.ask("GET", "/v1/accounts/acme/balance")
    expect((status, body["owed"], body["currency"]), (200, "0.0016", "CNY"))


def test_each_event_of_a_batch_has_an_outcome_of_its_own(server):
    events = [call("x"), call("y") | {"type": "nonsense"}, call("z", model="no-such-model")]
    status, body, _ = server.send(events)
    expect((status, body["received"], body["rated"], body["rejected"], body["unrated"]),
           (200, 3, 1, 1, 1))
    expect([each["reason"] for each in body["set_aside"]], ["unknown_type", "unknown_model"])
    expect([each["event"] for each in body["set_aside"]], [1, 2])


def test_the_charge_comes_with_the_answer_when_asked_for(server):
    status, text, headers = server.send([call("p-1"), call("p-2")], prefer="return=representation")
    expect((status, headers["Preference-Applied"]), (200, "return=representation"))
    lines = [json.loads(line) for line in text.splitlines()]
    expect([line["amount"] for line in lines], ["0.0008", "0.0008"])
    expect(lines[0]["lines"][0]["item"], "qwen-plus/input")


def test_one_event_an_array_and_packed_lines(server):
    one = "application/cloudevents+json"
    status, body, _ = server.ask("POST", "/v1/events", json.dumps(call("f-1"), indent=2),
                                 {"Content-Type": one})
    expect((status, body["rated"]), (200, 1))
    status, body, _ = server.ask("POST", "/v1/events", json.dumps([call("f-1"), call("f-2")]),
                                 {"Content-Type": "application/cloudevents-batch+json"})
    expect((status, body["duplicate"], body["rated"]), (200, 1, 1))
    packed = gzip.compress(json.dumps(call("f-3")).encode() + b"\n")
    status, body, _ = server.ask("POST", "/v1/events", packed,
                                 {"Content-Type": "application/x-ndjson", "Content-Encoding": "gzip"})
    expect((status, body["rated"]), (200, 1))


def test_E2_the_same_id_with_other_content_is_a_conflict(server):
    server.send([call("c-1", tokens=1000)])
    status, body, _ = server.send([call("c-1", tokens=2000)])
    expect((status, body["conflict"], body["rated"]), (200, 1, 0))


def test_D3_an_event_of_the_future_is_rejected(server):
    status, body, _ = server.send([call("future") | {"time": "2126-01-01T00:00:00Z"}])
    expect((status, body["rejected"], body["set_aside"][0]["reason"]), (200, 1, "invalid_time"))


def test_an_event_of_before_1970_is_rejected(server):
    status, body, _ = server.send([call("ancient") | {"time": "1960-01-01T00:00:00Z"}])
    expect((status, body["rejected"], body["set_aside"][0]["reason"]), (200, 1, "invalid_time"))


def test_cloud_resources_are_billed_beside_calls(server):
    event = {"specversion": "1.0", "id": "oss-1", "source": "test", "type": "cloud.resource.usage",
             "subject": "cloudy", "time": "2026-11-22T09:00:00Z",
             "data": {"product": "oss", "resource": "bucket-1", "start": "2026-11-22T08:00:00Z",
                      "end": "2026-11-22T09:00:00Z", "meters": {"storage_gb": "100"},
                      "attributes": {"region": "cn-hangzhou", "class": "standard_lrs"}}}
    status, body, _ = server.send([event, call("cl-1", account="cloudy")])
    expect((status, body["rated"]), (200, 2))
    status, bill, _ = server.ask("GET", "/v1/accounts/cloudy/bill?month=2026-11")
    expect(status, 200)
    items = {line["item"].split("/")[0] for line in bill["lines"]}
    expect(items, {"oss", "qwen-plus"})


def test_a_month_is_one_of_the_books_time_zone(server):
    late = call("m-1", account="zone") | {"time": "2026-10-31T16:30:00Z"}
    server.send([late])
    _, november, _ = server.ask("GET", "/v1/accounts/zone/bill?month=2026-11")
    _, october, _ = server.ask("GET", "/v1/accounts/zone/bill?month=2026-10")
    expect((november["total"], october["total"]), ("0.0008", "0"))
    _, days, _ = server.ask("GET", "/v1/accounts/zone/usage?from=2026-11-01&to=2026-12-01")
    expect([day["begin"] for day in days["days"]], ["2026-10-31T16:00:00Z"])


def test_a_prepaid_account_spends_what_it_has(server):
    server.ask("PUT", "/v1/accounts/pre", {"postpaid_limit": "0"})
    top_up = {"Idempotency-Key": "payment-1"}
    for _ in range(3):
        status, body, _ = server.ask("POST", "/v1/accounts/pre/top-ups", {"amount": "1"}, top_up)
        expect((status, body["prepaid"]), (200, "1"))
    status, body, _ = server.ask("POST", "/v1/holds",
                                 {"hold": "h-1", "account": "pre", "amount": "0.4"})
    expect((status, body["allowed"], body["available"]), (200, True, "0.6"))
    status, body, _ = server.ask("POST", "/v1/holds",
                                 {"hold": "h-2", "account": "pre", "amount": "0.7"})
    expect((status, word_of(body), body["available"]), (402, "insufficient_balance", "0.6"))
    server.send([call("pre-1", account="pre", hold="h-1")])
    _, body, _ = server.ask("GET", "/v1/accounts/pre/balance")
    expect((body["held"], body["prepaid"], body["available"]), ("0", "0.9992", "0.9992"))


def test_a_hold_is_settled_or_released(server):
    server.ask("PUT", "/v1/accounts/held", {"postpaid_limit": "10"})
    server.ask("POST", "/v1/holds", {"hold": "s-1", "account": "held", "amount": "2"})
    status, body, _ = server.ask("POST", "/v1/holds/s-1/settle",
                                 {"account": "held", "id": "s-1", "amount": "1.5"})
    expect((status, body["state"], body["available"]), (200, "captured", "8.5"))
    server.ask("POST", "/v1/holds", {"hold": "s-2", "account": "held", "amount": "2"})
    status, _, _ = server.ask("POST", "/v1/holds/s-2/release")
    expect(status, 204)
    status, body, _ = server.ask("POST", "/v1/holds/s-2/settle",
                                 {"account": "held", "id": "x", "amount": "1"})
    expect((status, word_of(body), body["state"]), (409, "hold_not_open", "released"))


def test_holds_in_a_batch_are_answered_each_for_itself(server):
    server.ask("PUT", "/v1/accounts/batched", {"postpaid_limit": "3"})
    lines = [
        {"command": "open_hold", "hold": "batch-1", "account": "batched", "amount": "2"},
        {"command": "open_hold", "hold": "batch-2", "account": "batched", "amount": "2"},
        {"command": "settle_hold", "hold": "batch-1", "account": "batched", "id": "batch-1", "amount": "0.5"},
        {"command": "open_hold", "hold": "batch-3", "account": "batched", "amount": "2"},
        {"command": "release_hold", "hold": "batch-3", "id": "batch-3"},
        {"command": "top_up", "account": "batched", "amount": "2", "id": "mine"},
        {"command": "open_hold", "hold": "batch-4", "account": "batched", "amount": "1", "by": "somebody"},
        {"command": "open_hold", "hold": "batch-5"},
        {"command": "release_hold", "hold": "batch-1", "id": "other"},
        {"command": "open_hold", "hold": "x" * 129, "account": "batched", "amount": "1"},
        {"command": "open_hold", "hold": "batch-6", "account": "batched", "amount": 1},
    ]
    text = "\n".join(json.dumps(line) for line in lines) + "\n\n{\n"
    status, body, _ = server.ask("POST", "/v1/holds/batch", text.encode(),
                                 {"Content-Type": "application/x-ndjson"})
    expect(status, 200)
    answers = [json.loads(line) for line in body.splitlines()]
    expect([each["status"] for each in answers], [200, 402, 200, 200, 204, 422, 422, 422, 422, 422, 422, 400])
    expect((answers[0]["answer"]["held"], answers[0]["answer"]["available"]), ("2", "1"))
    expect(answers[1]["problem"]["code"], "insufficient_balance")
    expect((answers[2]["answer"]["state"], answers[3]["answer"]["available"]), ("captured", "0.5"))
    expect([each["problem"]["detail"].split(".")[0] for each in answers[5:7]],
           ["/command: is open_hold, settle_hold or release_hold", "/by: is not known"])
    expect(server.ask("GET", "/v1/accounts/batched/balance")[1]["available"], "2.5")
    status, body, _ = server.ask("POST", "/v1/holds/batch", b"{}\n" * 101,
                                 {"Content-Type": "application/x-ndjson"})
    expect((status, word_of(body)), (413, "too_large"))


def test_an_account_without_a_limit_has_no_figure_of_what_is_left(server):
    server.ask("PUT", "/v1/accounts/open", {})
    status, body, _ = server.ask("POST", "/v1/holds",
                                 {"hold": "o-1", "account": "open", "amount": "5"})
    expect((status, body["allowed"], body["held"], body["available"]), (200, True, "5", None))


def test_G6_a_hold_whose_client_died_ends_by_itself(server):
    server.ask("PUT", "/v1/accounts/died", {"postpaid_limit": "10"})
    server.ask("POST", "/v1/holds", {"hold": "g-6", "account": "died", "amount": "4", "ttl_ms": 100})
    for _ in range(100):
        _, body, _ = server.ask("GET", "/v1/accounts/died/balance")
        if body["held"] == "0":
            break
        time.sleep(0.1)
    expect((body["held"], body["available"]), ("0", "10"))


def test_B19_a_second_server_on_the_same_data_says_who_has_it(server):
    second = subprocess.run([BINARY, "serve", "--data", server.data, "--port", "0"],
                            capture_output=True, text=True, timeout=60, check=False)
    expect(second.returncode, 2)
    assert f"locked by pid {server.process.pid}" in second.stderr, second.stderr


def test_I20_who_did_what_is_listed(server):
    server.ask("PUT", "/v1/accounts/audited", {"postpaid_limit": "10"})
    _, made, _ = server.ask("POST", "/v1/keys", {"name": "finance", "role": "finance"})
    server.ask("POST", "/v1/accounts/audited/top-ups", {"amount": "5"},
               {"Idempotency-Key": "pay-audited", "Authorization": f"Bearer {made['key']}"})
    server.ask("POST", "/v1/holds", {"hold": "h-audited", "account": "audited", "amount": "1"})
    status, body, _ = server.ask("GET", "/v1/audit?limit=3")
    expect(status, 200)
    top_up, key, account = body["acts"]
    expect((top_up["act"], top_up["by"], top_up["what"]["amount"]), ("top_up", made["id"], "5"))
    expect((key["act"], key["what"]), ("set_key", {"key": made["id"]}))
    expect((account["act"], account["what"]["account"]), ("set_account", "audited"))
    _, older, _ = server.ask("GET", f"/v1/audit?limit=200&before={body['next']}")
    assert older["acts"][-1]["act"] == "publish_prices" and "by" not in older["acts"][-1], older
    status, body, _ = server.ask("GET", "/v1/audit", headers={"Authorization": f"Bearer {made['key']}"})
    assert status in (200, 403), body


def test_a_budget_refuses_and_tells(server):
    name = "/v1/budgets/key%2Fak-7"
    status, _, _ = server.ask("PUT", name, {"limit": "0.001", "thresholds": [50, 100]})
    expect(status, 204)
    server.send([call("b-1", account="team", api_key="ak-7")])
    _, budget, _ = server.ask("GET", name)
    expect((budget["spent"], budget["limit"]), ("0.0008", "0.001"))
    status, body, _ = server.ask("POST", "/v1/holds", {"hold": "b-1", "account": "team",
                                                        "amount": "0.0003", "budget": "key/ak-7"})
    expect((status, word_of(body), body["budget"]), (402, "budget_exceeded", "key/ak-7"))
    _, body, _ = server.ask("GET", "/v1/budget-crossings")
    expect([(each["budget"], each["percent"]) for each in body["crossings"]], [("key/ak-7", 50)])


def test_S2_a_key_does_only_what_its_role_says(server):
    status, made, _ = server.ask("POST", "/v1/keys", {"name": "gateway", "role": "ingest",
                                                      "kind": "ingest"})
    expect(status, 201)
    root, server.key = server.key, made["key"]
    try:
        expect(server.send([call("k-1")])[1]["rated"], 1)
        expect(server.ask("GET", "/v1/accounts/acme/balance")[0], 403)
        server.key = root
        expect(server.ask("DELETE", f"/v1/keys/{made['id']}")[0], 204)
        server.key = made["key"]
        expect(server.send([call("k-2")])[0], 401)
    finally:
        server.key = root


def test_S1_twin_tenants_do_not_notice_each_other(server):
    status, made, _ = server.ask("POST", "/v1/keys", {"role": "tenant_owner", "kind": "full",
                                                      "tenant": "twin"})
    expect(status, 201)
    root, server.key = server.key, made["key"]
    try:
        expect(server.ask("GET", "/v1/accounts/acme/balance")[0], 404)
        expect(server.send([call(1)])[1]["rated"], 1)  # Sent by the other tenant before.
        _, body, _ = server.ask("GET", "/v1/accounts/acme/bill?month=2026-11")
        expect(body["total"], "0.0008")
        keys = server.ask("GET", "/v1/keys")[1]["keys"]
        expect({key["tenant"] for key in keys}, {"twin"})
        expect(server.ask("POST", "/v1/keys", {"role": "tenant_dev", "tenant": "default"})[0], 403)
        expect(server.ask("POST", "/v1/keys", {"role": "root"})[0], 403)
    finally:
        server.key = root


def test_openmeters_senders_need_a_new_address_only(server):
    kind = {"Content-Type": "application/cloudevents+json"}
    status, _, _ = server.ask("POST", "/api/v1/events", json.dumps(call("om-1")), kind)
    expect(status, 204)
    status, body, _ = server.ask("POST", "/api/v1/events", json.dumps({"id": "1"}), kind)
    expect(status, 400)
    assert body["detail"] or body["errors"], body


def test_what_is_wrong_is_said(server):
    status, body, _ = server.ask("POST", "/v1/holds", {"hold": "w", "account": "a"})
    expect((status, word_of(body)), (422, "missing_field"))
    status, body, _ = server.ask("POST", "/v1/holds", {"hold": "w", "amount": "1"})
    expect((status, word_of(body)), (422, "invalid_body"))
    status, body, _ = server.ask("POST", "/v1/holds",
                                 {"hold": "w", "account": "a", "amount": "1", "price": "0"})
    expect(status, 422)  # S3: no member but the known ones.
    status, body, _ = server.ask("POST", "/v1/accounts/acme/top-ups", {"amount": "1"})
    expect((status, word_of(body)), (400, "idempotency_key_missing"))
    expect(server.ask("GET", "/v1/nowhere")[0], 404)
    expect(server.ask("DELETE", "/v1/holds")[0], 405)
    expect(server.ask("GET", "/v1/accounts/nobody/balance")[0], 404)


def test_every_charge_line_can_be_asked_for(server):
    wait_for_charges(server)
    status, body, _ = server.ask("GET", "/v1/charges?id=e-1&source=test")
    expect((status, len(body["charges"]), body["next"]), (200, 1, None))
    line = body["charges"][0]
    expect((line["item"], line["quantity"], line["price"], line["per"], line["amount"]),
           ("qwen-plus/input", "1000", "0.0008", "1000", "0.0008"))
    _, first, _ = server.ask("GET", "/v1/charges?account=acme&limit=1")
    expect(len(first["charges"]), 1)
    _, second, _ = server.ask("GET", f"/v1/charges?account=acme&limit=1&cursor={first['next']}")
    assert second["charges"][0]["id"] != first["charges"][0]["id"], second
    status, _, _ = server.ask("GET", f"/v1/charges?account=acme&limit=1&cursor=nonsense")
    expect(status, 422)


def test_cost_over_time_and_sql_agree_with_the_bill(server):
    wait_for_charges(server)
    _, bill, _ = server.ask("GET", "/v1/accounts/acme/bill?month=2026-11")
    _, costs, _ = server.ask("GET", "/v1/costs?account=acme&from=2026-11-01T00:00:00Z"
                                    "&to=2026-12-01T00:00:00Z&step=month&group_by=model")
    expect([(each["model"], each["amount"]) for each in costs["costs"]],
           [("qwen-plus", bill["total"])])
    status, answer, _ = server.ask("POST", "/v1/sql", {
        "sql": "SELECT sum(amount) AS total FROM charges WHERE account = 'acme' AND tenant = 'default'"})
    expect((status, answer["rows"]), (200, [[bill["total"]]]))
    status, _, _ = server.ask("POST", "/v1/sql", {"sql": "DROP TABLE fact"})
    expect(status, 422)
    status, _, _ = server.ask("POST", "/v1/sql", {"sql": "SELECT * FROM read_csv('/etc/passwd')"})
    expect(status, 422)


def test_prices_and_estimates(server):
    status, body, _ = server.ask("GET", "/v1/estimate?model=qwen-plus&input=3019&cached=2048&output=104")
    expect(status, 200)
    assert "0.0013944" in json.dumps(body), body  # The example of the contract.
    status, body, _ = server.ask("GET", "/v1/prices?model=qwen-plus")
    expect(status, 200)


def test_it_describes_itself(server):
    for path in ("/health", "/ready", "/metrics", "/openapi.json", "/docs"):
        expect(server.ask("GET", path)[0], 200)
    _, document, _ = server.ask("GET", "/openapi.json")
    assert document["openapi"].startswith("3.1") and "/v1/events" in document["paths"]


def sms(day, count, account="texts"):
    """Text messages of cloud monitor: 1,000 of a month are free, the others 0.045 CNY each."""
    return {"specversion": "1.0", "id": f"sms-{day}", "source": "collector/1",
            "type": "cloud.resource.usage", "subject": account, "time": f"2026-11-{day}T09:00:00Z",
            "data": {"product": "cms", "resource": "alerts", "start": f"2026-11-{day}T08:00:00Z",
                     "end": f"2026-11-{day}T09:00:00Z", "meters": {"sms": str(count)},
                     "attributes": {"generation": "old", "region": "cn-hangzhou"}}}


def explained_by_the_command(event_id, events):
    """What `steelyard explain` prints of an event of a file, without the line that names the file."""
    with tempfile.NamedTemporaryFile("w", suffix=".ndjson") as file:
        file.writelines(json.dumps(event) + "\n" for event in events)
        file.flush()
        page = subprocess.run([BINARY, "explain", "--pricebook", str(ROOT / "pricebooks/aliyun-ai-paas"),
                               "--id", event_id, file.name], capture_output=True, text=True,
                              timeout=60, check=True)
    return page.stdout.splitlines()[1:]


def test_an_event_is_explained_as_the_command_explains_it(server):
    plain = {"Accept": "text/plain"}
    asked = call("why", tokens=3019)
    # A model call, and a charge that follows from an earlier event: 100 of 1,100 messages cost.
    server.send([sms(10, 900), call("other"), asked, sms(11, 200), sms(12, 50)])
    wait_for_charges(server)
    for event_id, source, events in (("e-why", "test", [asked]),
                                     ("sms-11", "collector%2F1", [sms(10, 900), sms(11, 200)])):
        status, page, headers = server.ask("GET", f"/v1/explain?source={source}&id={event_id}",
                                           headers=plain)
        expect((status, headers["Content-Type"]), (200, "text/plain; charset=utf-8"))
        expect(page.splitlines()[1:], explained_by_the_command(event_id, events))
    status, receipt, _ = server.ask("GET", "/v1/explain?source=collector%2F1&id=sms-11")
    expect((status, receipt["amount"], receipt["status"]), (200, "4.5", "rated"))
    status, receipt, _ = server.ask("GET", "/v1/explain?source=test&id=e-why")
    line = receipt["lines"][0]
    expect((line["quantity"], line["price"], line["per"], line["amount"]),
           ("3019", "0.0008", "1000", "0.0024152"))
    expect(server.ask("GET", "/v1/explain?source=test&id=nothing")[0], 404)
    with other_tenant(server, "stranger"):
        expect(server.ask("GET", "/v1/explain?source=test&id=e-why")[0], 404)


def test_a_customers_key_sees_its_own_charges_only(server):
    server.send([call("mine", account="own"), call("theirs", account="theirs")])
    wait_for_charges(server)
    _, made, _ = server.ask("POST", "/v1/keys", {"role": "tenant_viewer", "kind": "read",
                                                 "account": "own"})
    root, server.key = server.key, made["key"]
    try:
        expect(server.ask("GET", "/v1/explain?source=test&id=e-mine")[0], 200)
        expect(server.ask("GET", "/v1/explain?source=test&id=e-theirs")[0], 404)
        period = "from=2026-11-01T00:00:00Z&to=2026-12-01T00:00:00Z"
        for query in (period, period + "&account=theirs"):
            _, text, _ = server.ask("GET", "/v1/exports/charges?" + query)
            expect({row["account"] for row in csv.DictReader(io.StringIO(text))}, {"own"})
        for query in ("", "&subject=theirs", "&filterCustomerId=theirs"):
            _, body, _ = server.ask("GET", "/api/v1/meters/tokens/query?groupBy=subject" + query)
            assert {row["subject"] for row in body["data"]} <= {"own"}, body
    finally:
        server.key = root


def test_charge_lines_are_exported_as_files(server):
    spelled = call("sheet", account="=1+1", project="=HYPERLINK(1)")
    server.send([call("csv", account="export"), spelled, sms(13, 1100, account="export")])
    wait_for_charges(server)
    time_range = "from=2026-11-01T00:00:00Z&to=2026-12-01T00:00:00Z"
    path = f"/v1/exports/charges?{time_range}"
    status, text, headers = server.ask("GET", f"{path}&account=export&format=csv")
    expect((status, headers["Content-Disposition"]),
           (200, 'attachment; filename="charges-2026-11-01-2026-12-01.csv"'))
    rows = list(csv.DictReader(io.StringIO(text)))
    expect([(row["id"], row["item"], row["quantity"], row["per"], row["amount"]) for row in rows],
           [("e-csv", "qwen-plus/input", "1000", "1000", "0.0008"),
            ("sms-13", "cms/sms", "100", "1", "4.5")])
    _, text, _ = server.ask("GET", f"{path}&account=%3D1%2B1")
    row = next(csv.DictReader(io.StringIO(text)))
    expect((row["account"], row["project"]), ("'=1+1", "'=HYPERLINK(1)"))

    status, text, _ = server.ask("GET", f"{path}&account=export&format=focus&issuer=Example")
    rows = list(csv.DictReader(io.StringIO(text)))
    expect([(row["BilledCost"], row["ServiceName"], row["ServiceCategory"], row["PricingQuantity"],
             row["PricingUnit"], row["BillingPeriodStart"], row["ProviderName"], row["RegionId"])
            for row in rows],
           [("0.0008", "Model calls", "AI and Machine Learning", "1", "1000 Tokens",
             "2026-10-31T16:00:00Z", "Example", ""),
            ("4.5", "cms", "Management and Governance", "100", "message", "2026-10-31T16:00:00Z",
             "Example", "cn-hangzhou")])
    expect(sum(decimal.Decimal(row["BilledCost"]) for row in rows), decimal.Decimal("4.5008"))

    request = urllib.request.Request(f"{server.url}{path}&format=parquet",
                                     headers={"Authorization": f"Bearer {server.key}"})
    with urllib.request.urlopen(request, timeout=30) as answer:
        body = answer.read()
        expect(answer.headers["Content-Type"], "application/vnd.apache.parquet")
    expect((body[:4], body[-4:]), (b"PAR1", b"PAR1"))
    expect(os.listdir(server.data + "/exports"), [])
    with other_tenant(server, "stranger"):
        _, text, _ = server.ask("GET", f"{path}&account=export")
        expect(list(csv.DictReader(io.StringIO(text))), [])
    expect(server.ask("GET", "/v1/exports/charges")[0], 422)


def sql(*arguments, key=""):
    return subprocess.run([BINARY, "sql", *arguments], capture_output=True, text=True, timeout=60,
                          check=False, env={**os.environ, "STEELYARD_KEY": key})


def test_sql_is_asked_of_a_server_or_of_its_folder(server):
    question = ("SELECT account, sum(amount) AS amount, count(*) AS lines FROM charges "
                "WHERE account IN ('sql', '=sql') GROUP BY ALL ORDER BY account DESC")
    server.send([call("sql-1", account="sql"), call("sql-2", account="sql"),
                 call("sql-3", account="=sql")])
    wait_for_charges(server)
    asked = sql("--server", server.url, question, key=server.key)
    expect((asked.returncode, asked.stderr), (0, ""))
    table = ("account  amount  lines\n"
             "───────  ──────  ─────\n"
             "sql      0.0016      2\n"
             "=sql     0.0008      1\n")
    expect(asked.stdout, table)
    busy = sql("--data", server.data, question)
    expect(busy.returncode, 2)
    assert "ask the server: steelyard sql --server" in busy.stderr, busy.stderr
    wrong = sql("--server", server.url, "DROP TABLE fact", key=server.key)
    expect(wrong.returncode, 2)
    assert "only SELECT" in wrong.stderr, wrong.stderr
    expect(sql("--server", server.url, question, key="sk_wrong").returncode, 2)
    expect(sql("SELECT 1").returncode, 2)

    server.crash()  # Its folder is as it lay on the disk.
    try:
        expect(sql("--data", server.data, question).stdout, table)
        expect(sql("--data", server.data, "--output", "csv", question).stdout,
               "account,amount,lines\nsql,0.0016,2\n'=sql,0.0008,1\n")
        answer = json.loads(sql("--data", server.data, "--output", "json", question).stdout)
        expect(answer["rows"], [["sql", "0.0016", "2"], ["=sql", "0.0008", "1"]])
        refused = sql("--data", server.data, "DELETE FROM fact")
        expect(refused.returncode, 2)
        missing = sql("--data", server.data + "/nowhere", question)
        expect(missing.returncode, 2)
        assert "No such file" in missing.stderr, missing.stderr
    finally:
        server.start()
    expect(server.ask("GET", "/v1/accounts/sql/balance")[1]["owed"], "0.0016")


def test_openmeters_meters_are_queried(server):
    later = call("met-2", account="metered", tokens=3) | {"time": "2026-11-22T10:30:00Z"}
    server.send([call("met-1", account="metered"), later, sms(14, 1100, account="metered"),
                 call("met-3", account="metered", model="no-such-model")])
    wait_for_charges(server)
    meters = server.ask("GET", "/api/v1/meters")[1]
    expect([(meter["slug"], meter["aggregation"]) for meter in meters],
           [("tokens", "SUM"), ("model_calls", "COUNT"), ("cost", "SUM"), ("resource_usage", "SUM")])
    expect(server.ask("GET", "/api/v1/meters/tokens")[1], meters[0])
    query = "/api/v1/meters/tokens/query?subject=metered"
    status, body, _ = server.ask("GET", query)
    expect((status, body), (200, {"data": [
        {"value": 1003, "valueDecimal": "1003", "windowStart": "2026-11-22T08:00:00Z",
         "windowEnd": "2026-11-22T10:31:00Z", "subject": "metered", "groupBy": {}}]}))
    period = "&from=2026-11-22T00:00:00Z&to=2026-11-23T00:00:00Z"
    _, body, _ = server.ask("GET", query + period + "&windowSize=HOUR&groupBy=model")
    expect([(row["value"], row["windowStart"], row["windowEnd"], row["groupBy"])
            for row in body["data"]],
           [(1000, "2026-11-22T08:00:00Z", "2026-11-22T09:00:00Z", {"model": "qwen-plus"}),
            (3, "2026-11-22T10:00:00Z", "2026-11-22T11:00:00Z", {"model": "qwen-plus"})])
    expect((body["from"], body["windowSize"]), ("2026-11-22T00:00:00Z", "HOUR"))
    _, text, _ = server.ask("GET", query + period + "&windowSize=DAY&windowTimeZone=Asia/Shanghai"
                            "&groupBy=item", headers={"Accept": "text/csv"})
    expect(text, "window_start,window_end,subject,item,value\n"
                 "2026-11-22T00:00:00Z,2026-11-22T16:00:00Z,metered,qwen-plus/input,1003\n")
    _, body, _ = server.ask("POST", "/api/v1/meters/model_calls/query",
                            {"subject": ["metered"], "groupBy": ["model"]})
    expect([(row["value"], row["groupBy"]["model"]) for row in body["data"]],
           [(1, "no-such-model"), (2, "qwen-plus")])
    _, body, _ = server.ask("POST", "/api/v1/meters/cost/query",
                            {"filterCustomerId": ["metered"], "filterGroupBy": {"model": ["cms"]}})
    expect([(row["value"], row["valueDecimal"], row["subject"]) for row in body["data"]],
           [(4.5, "4.5", None)])
    usage = "/api/v1/meters/resource_usage/query?filterCustomerId=metered"
    expect(server.ask("GET", usage)[0], 422)  # Messages and GB do not add up.
    _, body, _ = server.ask("GET", usage + "&groupBy=product&groupBy=item&groupBy=unit"
                                           "&filterGroupBy[product]=cms")
    expect([(row["value"], row["groupBy"]) for row in body["data"]],
           [(100, {"product": "cms", "item": "cms/sms", "unit": "message"})])
    expect(server.ask("GET", query + "&groupBy=colour")[0], 422)
    expect(server.ask("GET", query + "&advancedMeterGroupByFilters=x")[0], 422)
    expect(server.ask("GET", query + "&windowTimeZone=Mars/Olympus")[0], 422)
    expect(server.ask("GET", "/api/v1/meters/nothing/query")[0], 404)
    with other_tenant(server, "stranger"):
        expect(server.ask("GET", query)[1], {"data": []})


def test_an_event_is_voided_or_replaced_once(server):
    server.send([sms(15, 1000, account="fixed"), sms(16, 300, account="fixed"),
                 call("fixed", account="fixed")])
    wait_for_charges(server)
    owed = lambda: server.ask("GET", "/v1/accounts/fixed/balance")[1]["owed"]
    expect(owed(), "13.5008")  # 300 × 0.045 and the call.
    named = {"source": "collector/1", "id": "sms-16"}
    other = {"event": {"data": sms(16, 100, account="fixed")["data"]}}
    status, body, _ = server.ask("POST", "/v1/corrections/replace", named | other)
    expect((status, body["status"], body["id"], body["amount"]),
           (200, "rated", "replace/sms-16", "-9"))
    expect(owed(), "4.5008")
    expect(server.ask("POST", "/v1/corrections/replace", named | other)[1]["status"], "duplicate")
    other = {"event": {"data": sms(16, 50, account="fixed")["data"]}}
    status, body, _ = server.ask("POST", "/v1/corrections/replace", named | other)
    expect((status, word_of(body)), (409, "conflict"))
    wait_for_charges(server)
    voided = {"source": "collector/1", "id": "replace/sms-16", "reason": "counted twice"}
    for outcome in ("rated", "duplicate", "duplicate"):
        status, body, _ = server.ask("POST", "/v1/corrections/void", voided)
        expect((status, body["status"]), (200, outcome))
    expect(owed(), "0.0008")
    expect(server.ask("POST", "/v1/corrections/void", voided | {"reason": "wrong"})[0], 409)
    status, body, _ = server.ask("POST", "/v1/corrections/void", voided | named)
    expect((status, word_of(body)), (422, "unknown_event"))  # It was replaced.
    expect(server.ask("POST", "/v1/corrections/void", voided | {"id": "nothing"})[0], 404)
    _, bill, _ = server.ask("GET", "/v1/accounts/fixed/bill?month=2026-11")
    expect(bill["total"], "0.0008")
    wait_for_charges(server)
    _, body, _ = server.ask("GET", "/api/v1/meters/resource_usage/query?filterCustomerId=fixed"
                                   "&groupBy=item&groupBy=product")
    expect([(row["value"], row["groupBy"]) for row in body["data"]],
           [(0, {"item": "cms/sms", "product": "cms"})])
    with other_tenant(server, "stranger"):
        expect(server.ask("POST", "/v1/corrections/void", voided)[0], 403)


def test_a_call_is_voided_or_replaced_once(server):
    owed = lambda: server.ask("GET", "/v1/accounts/recall/balance")[1]["owed"]
    server.send([call(name, account="recall", api_key="ak-r") for name in ("r1", "r2")])
    wait_for_charges(server)
    voided = {"source": "test", "id": "e-r1", "reason": "sent by a test"}
    for outcome in ("rated", "duplicate"):
        status, body, _ = server.ask("POST", "/v1/corrections/void", voided)
        expect((status, body["status"], body["id"]), (200, outcome, "void/e-r1"))
    expect(owed(), "0.0008")
    _, audit, _ = server.ask("GET", "/v1/audit?limit=1")
    expect((audit["acts"][0]["act"], audit["acts"][0]["what"]), ("correct", {"how": "void"} | voided))
    expect(server.ask("POST", "/v1/corrections/void", voided | {"reason": "wrong"})[0], 409)

    half = call("x", account="recall", tokens=500)["data"]
    named = {"source": "test", "id": "e-r2"}
    for outcome in ("rated", "duplicate"):
        status, body, _ = server.ask("POST", "/v1/corrections/replace", named | {"event": {"data": half}})
        expect((status, body["status"], body["id"]), (200, outcome, "replace/e-r2"))
    expect(owed(), "0.0004")
    status, body, _ = server.ask("POST", "/v1/corrections/replace",
                                 named | {"event": {"data": half | {"model": "qwen-max"}}})
    expect((status, word_of(body)), (409, "conflict"))
    for member in ({"id": "mine"}, {"source": "mine"}, {"subject": "bluefin"}, {"type": "ai.model.void"},
                   {"type": "cloud.resource.usage"}):
        status, body, _ = server.ask("POST", "/v1/corrections/replace",
                                     named | {"event": member | {"data": half}})
        expect((status, word_of(body)), (422, "invalid_field"))
    server.send([call("r" * 120, account="recall", tokens=1)])
    wait_for_charges(server)
    status, body, _ = server.ask("POST", "/v1/corrections/void",
                                 {"source": "test", "id": "e-" + "r" * 120, "reason": "long"})
    expect((status, body["status"], body["amount"]), (200, "rated", "-0.0000008"))
    server.send([call("r3", account="recall")])
    wait_for_charges(server)
    status, body, _ = server.ask("POST", "/v1/corrections/replace", {
        "source": "test", "id": "e-r3", "event": {"data": half | {"model": "no-such-model"}}})
    expect((status, word_of(body)), (422, "unknown_model"))
    expect(owed(), "0.0012")  # Neither was done.

    # The bill, the lines and the meters tell the same; nobody else may write such an event.
    _, bill, _ = server.ask("GET", "/v1/accounts/recall/bill?month=2026-11")
    expect(bill["total"], "0.0012")
    wait_for_charges(server)
    _, page, _ = server.ask("GET", "/v1/charges?account=recall&id=void/e-r1")
    expect([(line["amount"], line["quantity"], line["type"], line["api_key"])
            for line in page["charges"]], [("-0.0008", "-1000", "ai.model.void", "ak-r")])
    _, body, _ = server.ask("GET", "/api/v1/meters/tokens/query?filterCustomerId=recall")
    expect([row["value"] for row in body["data"]], [1500])
    status, event, _ = server.ask("GET", "/v1/explain?source=test&id=void/e-r1")
    expect((status, event["data"]["reason"]), (200, "sent by a test"))
    for duplicate in (0, 1):  # What stands behind it is an event like any other.
        _, body, _ = server.send([event | {"id": "forged"}, call("behind", account="recall", tokens=1)])
        expect((body["rejected"], body["set_aside"][0]["reason"]), (1, "unknown_type"))
        expect((body["rated"], body["duplicate"]), (1 - duplicate, duplicate))
    status, body, _ = server.ask("POST", "/v1/corrections/void", voided | {"id": "void/e-r1"})
    expect((status, word_of(body)), (422, "not_correctable"))


def test_the_budget_of_a_hold_gets_back_what_a_void_takes_back(server):
    spent = lambda: server.ask("GET", "/v1/budgets/team%2Fheld")[1]["spent"]
    server.ask("PUT", "/v1/budgets/team%2Fheld", {"limit": "1"})
    server.ask("PUT", "/v1/accounts/budgeted", {"postpaid_limit": "10"})
    status, body, _ = server.ask("POST", "/v1/holds", {"hold": "h-team", "account": "budgeted",
                                                       "amount": "0.5", "budget": "team/held"})
    expect((status, body["allowed"]), (200, True))
    server.send([call("team", account="budgeted", hold="h-team")])
    expect(spent(), "0.0008")
    wait_for_charges(server)
    server.ask("POST", "/v1/corrections/void", {"source": "test", "id": "e-team", "reason": "test"})
    expect(spent(), "0")


def test_E10_a_charge_beyond_the_ledger_is_refused_alone(server):
    usage = {"specversion": "1.0", "id": "vast", "source": "collector", "type": "cloud.resource.usage",
             "subject": "vast", "time": "2026-11-22T09:00:00Z",
             "data": {"product": "oss", "resource": "b", "start": "2026-11-22T08:00:00Z",
                      "end": "2026-11-22T09:00:00Z", "meters": {"storage_gb": "900000000000000000000"},
                      "attributes": {"class": "standard_lrs", "region": "cn-hangzhou"}}}
    _, body, _ = server.send([usage, call("beside", account="vast")])
    expect((body["rejected"], body["rated"], body["set_aside"][0]["reason"]),
           (1, 1, "invalid_quantity"))
    assert body["set_aside"][0]["detail"], body
    expect(server.ask("GET", "/v1/accounts/vast/balance")[1]["owed"], "0.0008")
    expect(server.ask("GET", "/v1/reconciliation")[1]["balanced"], True)


def test_what_credit_paid_of_a_call_does_not_become_money(server):
    grant = {"amount": "0.0005", "effective_at": "2026-11-01T00:00:00Z",
             "expires_at": "2027-01-01T00:00:00Z"}
    server.ask("POST", "/v1/accounts/thrifty/top-ups", {"amount": "1"}, {"Idempotency-Key": "thrift-1"})
    server.ask("POST", "/v1/accounts/thrifty/grants", grant, {"Idempotency-Key": "thrift-2"})
    server.send([call("thrift", account="thrifty")])
    wait_for_charges(server)
    server.ask("POST", "/v1/corrections/void", {"source": "test", "id": "e-thrift", "reason": "test"})
    _, balance, _ = server.ask("GET", "/v1/accounts/thrifty/balance")
    expect((balance["prepaid"], balance["credit"]), ("1", "0.0005"))


def test_quotas_are_drawn_before_money(server):
    path = "/v1/accounts/student/quotas"
    quota = {"model": "qwen-plus", "class": "free", "tokens": 1500,
             "effective_at": "2026-11-01T00:00:00Z", "expires_at": "2027-02-01T00:00:00Z"}
    for replayed in (None, "true"):
        status, body, headers = server.ask("POST", path, quota, {"Idempotency-Key": "q-student"})
        expect((status, body["remaining"], headers.get("Idempotent-Replayed")), (200, 1500, replayed))
    status, body, _ = server.ask("POST", path, quota | {"kinds": ["pictures"]},
                                 {"Idempotency-Key": "q-2"})
    expect(status, 422)
    server.send([call("s1", account="student"), call("s2", account="student")])
    expect(server.ask("GET", "/v1/accounts/student/balance")[1]["owed"], "0.0004")
    _, bill, _ = server.ask("GET", "/v1/accounts/student/bill?month=2026-11")
    expect(bill["total"], "0.0004")
    expect(sorted((line["tier"], line["quantity"], line["amount"]) for line in bill["lines"]),
           [("0k-128k", "500", "0.0004"), ("free quota q-student", "1500", "0")])
    expect([quota["remaining"] for quota in server.ask("GET", path)[1]["quotas"]], [0])
    wait_for_charges(server)
    status, receipt, _ = server.ask("GET", "/v1/explain?source=test&id=e-s2")
    expect((status, receipt["amount"]), (200, "0.0004"))
    expect(receipt["notes_in_words"], ["500 tokens of qwen-plus/input are covered by free quota q-student."])
    server.ask("POST", "/v1/corrections/void", {"source": "test", "id": "e-s2", "reason": "test"})
    expect([quota["remaining"] for quota in server.ask("GET", path)[1]["quotas"]], [500])
    expect(server.ask("GET", "/v1/accounts/student/balance")[1]["owed"], "0")


def test_the_sums_agree_and_survive_a_restart(server):
    before = {path: server.ask("GET", path)[1] for path in (
        "/v1/accounts/acme/balance", "/v1/accounts/pre/balance", "/v1/budgets/key%2Fak-7",
        "/v1/accounts/cloudy/bill?month=2026-11", "/v1/keys")}
    expect(server.ask("GET", "/v1/reconciliation")[1]["balanced"], True)
    expect(server.stop(), 0)
    server.start()
    for path, answer in before.items():
        expect(server.ask("GET", path)[1], answer)
    expect(server.ask("GET", "/v1/reconciliation")[1]["balanced"], True)
    expect(server.send([call(1)])[1]["duplicate"], 1)


def main():
    tests = [value for name, value in globals().items() if name.startswith("test_")]
    failed = 0
    with Server() as server:
        for test in tests:
            try:
                test(server)
                print(f"ok      {test.__name__}")
            except Exception:  # pylint: disable=broad-except
                failed += 1
                print(f"FAILED  {test.__name__}")
                traceback.print_exc()
        if failed:
            print(server.error_text()[-4000:])
    print(f"{len(tests) - failed} of {len(tests)} tests passed")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
