#!/usr/bin/env python3
"""Swaps the database of time zones between two starts of a server.

server_zones_test.py [NAME]: all tests, or those whose names hold NAME.

The server runs where another folder is mounted over /usr/share/zoneinfo, in a mount namespace of its
own. Needs root; without it nothing is tested, and the exit status is 77. Row D6 of the failure catalogue.
"""
import datetime
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

from server_process import BINARY, ROOT, Server, call, run_tests

SKIPPED = 77
DATABASE = pathlib.Path("/usr/share/zoneinfo")
ZIC = shutil.which("zic", path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")
BOOK = str(ROOT / "pricebooks/aliyun-ai-paas")
HOUR = datetime.timedelta(hours=1)


def mounted(database):
    """What stands before a command that is to see another database."""
    script = f'mount --bind "{database}" {DATABASE} && exec "$@"'
    return ["unshare", "--mount", "sh", "-c", script, "sh"]


def why_not():
    """Why no folder can be mounted here, or nothing."""
    ran = subprocess.run([*mounted(DATABASE), "true"], capture_output=True, text=True, check=False)
    return ran.stderr.strip() or f"status {ran.returncode}" if ran.returncode != 0 else None


class Databases:
    """Copies of the machine's, in each of which zones have a rule of their own."""

    def __init__(self):
        self.folder = tempfile.TemporaryDirectory(prefix="steelyard-zones-")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.folder.cleanup()

    def made(self, name, **hours):
        database = pathlib.Path(self.folder.name) / name
        shutil.copytree(DATABASE, database, symlinks=True)
        for zone, ahead in hours.items():
            compiled = database / zone.replace("__", "/")
            compiled.unlink()
            source = pathlib.Path(self.folder.name) / "source"
            source.write_text(f"Zone {zone.replace('__', '/')} {ahead}:00 - XXX\n", encoding="utf-8")
            subprocess.run([ZIC, "-d", str(database), str(source)], check=True)
        return database


def expect(actual, wanted):
    assert actual == wanted, f"{actual!r} is not {wanted!r}"


def text_of(time):
    return time.strftime("%Y-%m-%dT%H:%M:%SZ")


def month_of(time):
    return time.strftime("%Y-%m")


def begin_of_month(now, ahead):
    """Of the month that clocks show which are so many hours ahead: in UTC."""
    local = now + ahead * HOUR
    return datetime.datetime(local.year, local.month, 1) - ahead * HOUR


def month_later(begin, ahead):
    """Where the next one begins by such clocks."""
    return begin_of_month(begin + datetime.timedelta(days=32), ahead)


def ran_with(database, *words):
    ran = subprocess.run([*mounted(database), BINARY, *words], capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    return ran.stdout


def zone_acts(server):
    return [act for act in server.ask("GET", "/v1/audit?limit=200")[1]["acts"] if act["act"] == "set_zone_rules"]


def test_D6_new_rules_begin_behind_the_open_month_and_are_in_the_audit(databases):
    old = databases.made("old", Asia__Shanghai=7)
    new = databases.made("new", Asia__Shanghai=8)
    now = datetime.datetime.now(datetime.timezone.utc).replace(tzinfo=None)
    begin = begin_of_month(now, 7)
    end = month_later(begin, 7)
    # The month begins at 17:00 by the old rules, and had begun at 16:00 by the new ones.
    before = text_of(begin - HOUR / 2)
    month, last_month = month_of(begin + 7 * HOUR), month_of(begin)
    bills = [f"/v1/accounts/acme/bill?month={each}" for each in (last_month, month)]
    with Server(is_started=False) as server:
        server.start(prefix=mounted(old))
        expect(server.ask("PUT", "/v1/budgets/key%2Fak", {"period": "month", "zone": "Asia/Shanghai"})[0], 204)
        server.send([call(1, api_key="ak") | {"time": before}])
        server.send([call(2, api_key="ak") | {"time": text_of(begin)}])
        totals = [server.ask("GET", bill)[1]["total"] for bill in bills]
        expect(totals, ["0.0008", "0.0008"])
        expect(server.ask("GET", "/v1/budgets/key%2Fak")[1]["spent"], "0.0008")
        expect(zone_acts(server), [])
        expect(server.stop(), 0)

        server.start(prefix=mounted(new))
        told = server.error_text()
        assert "zone_rules_change" in told and "Asia/Shanghai" in told and text_of(end) in told, told
        acts = zone_acts(server)
        expect([act["what"] for act in acts], [{"zone": "Asia/Shanghai", "changes_at": text_of(end)}])
        assert "by" not in acts[0], acts
        # What is open goes on as it was: this is of last month, whatever the new rules say.
        server.send([call(3, api_key="ak") | {"time": before}])
        expect(server.ask("GET", "/v1/budgets/key%2Fak")[1]["spent"], "0.0008")
        expect([server.ask("GET", bill)[1]["total"] for bill in bills], ["0.0016", "0.0008"])
        closed = server.ask("POST", "/v1/usage-closings", {"period": "2024-10-05"})[1]
        expect(closed["closed_before"], "2024-10-05T17:00:00Z")  # The day ended by the old rules.
        server.crash()

        server.start(prefix=mounted(new))
        expect(zone_acts(server), acts)
        expect([server.ask("GET", bill)[1]["total"] for bill in bills], ["0.0016", "0.0008"])
        expect(server.stop(), 0)
        # The machine's rules are those of neither.
        other = databases.made("other", Asia__Shanghai=3)
        rebuilt = server.folder.name + "/rebuilt"
        said = ran_with(other, "replay", "--quiet", "--data", server.data, "--to", rebuilt, "--pricebook", BOOK)
        assert "byte for byte" in said, said


def test_D6_a_zone_of_a_budget_has_the_rules_that_it_had_when_it_was_set(databases):
    old = databases.made("old", Europe__Berlin=1)
    new = databases.made("new", Europe__Berlin=5)
    now = datetime.datetime.now(datetime.timezone.utc).replace(tzinfo=None)
    begin = begin_of_month(now, 1)
    with Server(is_started=False) as server:
        server.start(prefix=mounted(old))
        budget = {"period": "month", "zone": "Europe/Berlin"}
        for _ in range(2):
            expect(server.ask("PUT", "/v1/budgets/key%2Fak", budget)[0], 204)
        server.send([call(1, api_key="ak") | {"time": text_of(begin)}])
        expect(server.stop(), 0)
        server.start(prefix=mounted(new))
        expect([act["what"]["zone"] for act in zone_acts(server)], ["Europe/Berlin"])
        expect(server.ask("PUT", "/v1/budgets/key%2Fak", budget)[0], 204)
        # Before the month by the old rules, in it by the new ones.
        server.send([call(2, api_key="ak") | {"time": text_of(begin - HOUR)}])
        expect(server.ask("GET", "/v1/budgets/key%2Fak")[1]["spent"], "0.0008")
        expect(server.stop(), 0)
        server.verify()


if __name__ == "__main__":
    if (reason := why_not()) is not None:
        print(f"server_zones_test: SKIPPED, nothing was tested: {reason}")
        sys.exit(SKIPPED)
    run_tests(globals(), Databases)
