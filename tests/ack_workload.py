"""A small workload with a journal of its own, outside the server: what was sent, and what was said.

It is the same each time, so that the N-th system call of two runs is the same one.
"""
import decimal
import http.client
import time
import urllib.error

from server_process import call

PRICE_OF_A_CALL = decimal.Decimal("0.0008")  # CNY, for 1,000 tokens.
LOST = (urllib.error.URLError, ConnectionError, http.client.HTTPException, TimeoutError)
ACKNOWLEDGED, REFUSED, UNKNOWN = "acknowledged", "refused", "unknown"
TOLD_REFUSALS = {"disk_full": 507, "overloaded": 503, "storage_failed": 500, "stopping": 503}


def expect(found, wanted, what):
    assert found == wanted, f"{what}: {found!r} is not {wanted!r}"


def outcome_of(status, body, good):
    """A refusal must be one that is told to a client: by its word, with its status."""
    if status in good:
        return ACKNOWLEDGED
    word = body["type"].rsplit("#problem-", 1)[-1]
    assert TOLD_REFUSALS.get(word) == status, (status, body)
    return REFUSED


class Batch:
    """Some calls. `padding` makes them large: unknown members are kept, and priced never."""

    def __init__(self, name, size, account="acme", padding=0, time=None, **data):
        if padding:
            data["note"] = "x" * padding
        self.events = [call(f"{name}-{i}", account=account, **data) for i in range(size)]
        for event in self.events if time else []:
            event["time"] = time

    def send(self, server):
        status, body, _ = server.send(self.events)
        if status == 200:
            expect(body["rated"], len(self.events), body)
        return outcome_of(status, body, (200,))

    def send_again(self, server, outcome):
        """A batch is there as a whole or not at all."""
        status, body, _ = server.send(self.events)
        expect(status, 200, body)
        counts = (body["rated"], body["duplicate"])
        as_new, as_known = (len(self.events), 0), (0, len(self.events))
        allowed = {ACKNOWLEDGED: [as_known], REFUSED: [as_new], UNKNOWN: [as_new, as_known]}
        assert counts in allowed[outcome], f"{outcome}, and now (rated, duplicate) is {counts}"


class Command:
    def __init__(self, method, path, body=None, headers=None, good=(200, 204)):
        self.request = (method, path, body, headers)
        self.good = good

    def send(self, server):
        status, body, _ = server.ask(*self.request)
        return outcome_of(status, body, self.good)

    def send_again(self, server, _):
        status, body, _ = server.ask(*self.request)
        assert status in self.good, (self.request, status, body)


class Hold(Command):
    def __init__(self, name, amount):
        super().__init__("POST", "/v1/holds", {"hold": name, "account": "pre", "amount": amount,
                                               "ttl_ms": 3_600_000})

    def send_again(self, server, outcome):
        status, body, _ = server.ask(*self.request)
        expect(status, 200, body)
        if outcome != UNKNOWN:
            expect(body["repeat"], outcome == ACKNOWLEDGED, f"a hold that was {outcome}")


class Freeze(Command):
    """An invoice: there with its number and its bytes, or not there and its number free."""

    def __init__(self, account, month):
        super().__init__("PUT", f"/v1/accounts/{account}/invoices/{month}", good=(200, 201))
        self.frozen = None

    def send(self, server):
        status, body, headers = server.ask(*self.request)
        if status in self.good:
            self.frozen = (body, headers["ETag"])
        return outcome_of(status, body, self.good)

    def send_again(self, server, outcome):
        status, body, headers = server.ask(*self.request)
        allowed = {ACKNOWLEDGED: [200], REFUSED: [201], UNKNOWN: [200, 201]}
        assert status in allowed[outcome], f"{outcome}, and now {status}, {body}"
        expect((body["number"], body["net"]), ("INV-000001", "0"), body)
        expect(self.frozen or (body, headers["ETag"]), (body, headers["ETag"]), "what was frozen")
        expect(server.ask("GET", "/v1/invoices/INV-000001")[1], body, "the invoice")


def top_up(payment, amount):
    return Command("POST", "/v1/accounts/pre/top-ups", {"amount": amount}, {"Idempotency-Key": payment})


class Workload:
    """Batches, a top-up, holds, an invoice; then so many batches of 700 kB, that fill segments of 1 MiB. The
    first steps may be `skipped`, because they are there already."""

    def __init__(self, rolls=2, skipped=0):
        self.steps = [Batch("first", 3), Batch("second", 3),
                      Command("PUT", "/v1/accounts/pre", {"postpaid_limit": "0"}),
                      top_up("payment-1", "1"), Hold("h-1", "0.4"), Hold("h-2", "0.2"),
                      Batch("held", 1, account="pre", hold="h-1"),
                      Command("POST", "/v1/holds/h-2/release"),
                      Batch("october", 2, account="october", time="2024-10-05T08:00:03Z"),
                      Freeze("october", "2024-10")]
        for roll in range(rolls):
            self.steps.append(Batch(f"large-{roll}", 2, padding=350_000))
            self.steps.append(Batch(f"behind-{roll}", 3))
        self.all_steps, self.steps = self.steps, self.steps[skipped:]
        self.outcomes = [None] * len(self.steps)
        self.refusals = 0

    def run(self, server):
        """Sends all steps, or those up to the one whose answer never came. What is refused is sent
        again, until it is taken: it must not be there already."""
        for i, step in enumerate(self.steps):
            try:
                self.outcomes[i] = step.send(server)
                for _ in range(50):
                    if self.outcomes[i] != REFUSED:
                        break
                    self.refusals += 1
                    time.sleep(0.1)
                    self.outcomes[i] = step.send(server)
            except LOST:
                self.outcomes[i] = UNKNOWN
                return

    def count(self, outcome):
        return self.outcomes.count(outcome)

    def check(self, server):
        """After a start without faults: what was acknowledged is there once, the rest comes now."""
        for step, outcome in zip(self.steps, self.outcomes):
            if outcome is None:
                expect(step.send(server), ACKNOWLEDGED, "a step that was never sent")
            else:
                step.send_again(server, outcome)
        calls = sum(len(step.events) for step in self.all_steps
                    if isinstance(step, Batch) and step.events[0]["subject"] == "acme")
        _, bill, _ = server.ask("GET", "/v1/accounts/acme/bill?month=2026-11")
        expect(decimal.Decimal(bill["total"]), calls * PRICE_OF_A_CALL, "acme's bill")
        _, balance, _ = server.ask("GET", "/v1/accounts/pre/balance")
        expect((balance["prepaid"], balance["held"]), ("0.9992", "0"), "pre's balance")
        _, sums, _ = server.ask("GET", "/v1/reconciliation")
        assert sums["balanced"], sums
