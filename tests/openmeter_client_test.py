#!/usr/bin/env python3
"""OpenMeter's own client library against a real server: what it sends is what it reads again."""
import json
import subprocess
import sys

from server_process import ROOT, Server

CLIENT = ROOT / ".deps/npm/node_modules/@openmeter/sdk"


def expect(found, wanted):
    assert found == wanted, f"{found!r} is not {wanted!r}"


def rows(answer, *groups):
    return [(row["value"], row["windowStart"], row["subject"],
             *(row["groupBy"][group] for group in groups)) for row in answer["data"]]


def main():
    assert CLIENT.is_dir(), f"{CLIENT} is missing: run script/setup"
    with Server() as server:
        ran = subprocess.run(["node", ROOT / "tests/openmeter_client.mjs", server.url, server.key, CLIENT],
                             capture_output=True, text=True, timeout=120, check=False)
        assert ran.returncode == 0, ran.stderr + server.error_text()[-4000:]
    answers = json.loads(ran.stdout)
    expect(rows(answers["calls"]), [(4, "2026-11-22T00:00:00.000Z", None)])
    expect(rows(answers["byHour"], "model"),
           [(1500, "2026-11-22T08:00:00.000Z", "customer-1", "qwen-plus"),
            (20, "2026-11-22T09:00:00.000Z", "customer-1", "qwen3-max")])
    expect(rows(answers["filtered"]),
           [(1500, "2026-11-22T00:00:00.000Z", "customer-1"),
            (7, "2026-11-22T00:00:00.000Z", "customer-2")])
    # 0.0008 CNY for 1,000 tokens.
    expect(rows(answers["byBody"]),
           [(0.0012, "2026-11-22T00:00:00.000Z", "customer-1"),
            (0.0000056, "2026-11-23T00:00:00.000Z", "customer-2")])
    expect([row["valueDecimal"] for row in answers["byBody"]["data"]], ["0.0012", "0.0000056"])
    expect(answers["meters"], ["tokens", "model_calls", "cost", "resource_usage"])
    expect((answers["meter"]["slug"], answers["meter"]["aggregation"]), ("tokens", "SUM"))
    expect(answers["refused"], {"name": "HTTPError", "status": 404})
    print("ok      OpenMeter's client sends events and reads meters")


if __name__ == "__main__":
    sys.exit(main())
