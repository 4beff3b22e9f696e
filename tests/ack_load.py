"""Clients that send batches until the server is gone, and a journal of what it acknowledged."""
import decimal
import threading

from ack_workload import LOST
from server_process import call

BATCH = 20
CLIENTS = 3
PRICE = decimal.Decimal("0.0008")


class Journal:
    """What was sent and what was acknowledged; lives outside the server."""

    def __init__(self, padding_of=lambda first: 0):
        self.lock = threading.Lock()
        self.next = 0
        self.acknowledged = []
        self.unknown = []
        self.padding_of = padding_of

    def take(self):
        with self.lock:
            first = self.next
            self.next += BATCH
        return list(range(first, first + BATCH))

    def note(self, numbers, is_acknowledged):
        with self.lock:
            (self.acknowledged if is_acknowledged else self.unknown).append(numbers)

    def events_of(self, numbers):
        padding = self.padding_of(numbers[0])
        return [call(each, **({"note": "x" * padding} if padding else {})) for each in numbers]

    def events(self):
        return len(self.acknowledged) * BATCH


def client(server, journal, is_over):
    while not is_over.is_set():
        numbers = journal.take()
        try:
            status, body, _ = server.send(journal.events_of(numbers))
        except LOST:
            journal.note(numbers, False)
            return
        if status in (500, 503):  # It is ending.
            journal.note(numbers, False)
            return
        assert status == 200 and body["rated"] == BATCH, (status, body)
        journal.note(numbers, True)


class Load:
    """Clients at work, from now until `end`."""

    def __init__(self, server, journal):
        self.is_over = threading.Event()
        self.clients = [threading.Thread(target=client, args=(server, journal, self.is_over))
                        for _ in range(CLIENTS)]
        for each in self.clients:
            each.start()

    def end(self):
        self.is_over.set()
        for each in self.clients:
            each.join()


def check(server, journal):
    """Everything acknowledged is known; the rest is taken now, once."""
    for numbers in journal.acknowledged[-50:]:
        status, body, _ = server.send(journal.events_of(numbers))
        assert status == 200 and body["duplicate"] == BATCH, (status, body)
    for numbers in journal.unknown:
        status, body, _ = server.send(journal.events_of(numbers))
        # A batch is in the log as a whole or not at all.
        assert status == 200 and BATCH in (body["rated"], body["duplicate"]), (status, body)
    journal.acknowledged += journal.unknown
    journal.unknown = []
    status, body, _ = server.ask("GET", "/v1/accounts/acme/bill?month=2026-11")
    total = decimal.Decimal(body["total"]) if status == 200 else 0
    wanted = journal.events() * PRICE
    assert total == wanted, f"{journal.events()} events cost {wanted}, the bill says {total}"
    status, body, _ = server.ask("GET", "/v1/reconciliation")
    assert status == 200 and body["balanced"], body
