"""A `steelyard serve` on a folder of its own, for tests that need the whole program."""
import contextlib
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import traceback
import urllib.error
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parent.parent
BINARY = os.environ.get("STEELYARD_BINARY", str(ROOT / "build/asan/steelyard"))


class Server:
    """Starts at once; `crash` and `stop` end it, `start` begins again on the same data.

    `options` are more words for `steelyard serve`; port 0 is any, another one at each start.
    """

    def __init__(self, data=None, options=(), key=None, is_started=True, port=0):
        self.folder = tempfile.TemporaryDirectory(prefix="steelyard-test-")
        self.data = data or self.folder.name + "/data"
        self.options = options
        self.key = key
        self.port = port
        self.process = None
        self.errors = None
        if is_started:
            self.start()

    def start(self, prefix=(), environment=None):
        """`prefix` stands before the command. AssertionError: it ended before it listened."""
        command = [*prefix, BINARY, "serve", "--data", self.data, "--port", str(self.port), "--quiet",
                   *self.options]
        if "--pricebook" not in self.options:
            command += ["--pricebook", str(ROOT / "pricebooks/aliyun-ai-paas")]
        self.close()
        self.errors = tempfile.TemporaryFile("w+")
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=self.errors, text=True,
                                        env={**os.environ, **(environment or {})})
        for line in self.process.stdout:
            if found := re.match(r"First key, shown once: (\S+)", line):
                self.key = found.group(1)
            if found := re.search(r"Listening on (\S+)", line):
                self.url = found.group(1)
                return
        self.process.wait()
        raise AssertionError(f"the server did not start: {self.error_text()}")

    def error_text(self):
        self.errors.seek(0)
        return self.errors.read()

    def crash(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=30)

    def ask(self, method, path, body=None, headers=None):
        """Status, the body as JSON where it is such, and the header fields."""
        fields = {"Authorization": f"Bearer {self.key}", **(headers or {})}
        if body is not None and not isinstance(body, (bytes, str)):
            body = json.dumps(body)
            fields.setdefault("Content-Type", "application/json")
        if isinstance(body, str):
            body = body.encode()
        request = urllib.request.Request(self.url + path, data=body, method=method, headers=fields)
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return answer.status, parsed(answer.read()), dict(answer.headers)
        except urllib.error.HTTPError as answer:
            return answer.code, parsed(answer.read()), dict(answer.headers)

    def send(self, events, prefer=None):
        headers = {"Content-Type": "application/x-ndjson"}
        if prefer:
            headers["Prefer"] = prefer
        lines = "".join(json.dumps(event) + "\n" for event in events)
        return self.ask("POST", "/v1/events", lines, headers)

    def __enter__(self):
        return self

    def verify(self):
        """`steelyard verify --replay` of what a server that does not run left behind."""
        verified = subprocess.run([BINARY, "verify", "--data", self.data, "--replay", "--pricebook",
                                   str(ROOT / "pricebooks/aliyun-ai-paas")],
                                  capture_output=True, text=True, check=False)
        assert verified.returncode == 0, verified.stderr
        return verified.stdout

    def close(self):
        if self.process is None:
            return
        if self.process.poll() is None:
            self.crash()
        self.process.stdout.close()
        self.errors.close()
        self.process = None

    def __exit__(self, *_):
        self.close()
        self.folder.cleanup()


def refused_start(server):
    """What is said by a server that does not start."""
    try:
        server.start()
    except AssertionError as error:
        return str(error)
    raise RuntimeError("it started")


def forget_views(data):
    """All that follows from the log and is made anew from it."""
    for name in ("state", "identities"):
        shutil.rmtree(f"{data}/{name}", ignore_errors=True)
    for name in ("charges.duckdb", "charges.duckdb.wal", "chain"):
        pathlib.Path(data, name).unlink(missing_ok=True)


def parsed(body):
    try:
        return json.loads(body)
    except ValueError:
        return body.decode()


def run_tests(module, place=contextlib.nullcontext):
    """Runs the tests of a module, or those whose names hold the first argument, each with what
    `place()` gives; ends the program with whether all passed."""
    wanted = sys.argv[1] if len(sys.argv) > 1 else ""
    tests = {name: test for name, test in module.items() if name.startswith("test_") and wanted in name}
    failed = 0
    for name, test in tests.items():
        begun = time.monotonic()
        try:
            with place() as given:
                test() if given is None else test(given)
            print(f"ok      {name} ({time.monotonic() - begun:.1f} s)", flush=True)
        except Exception:  # pylint: disable=broad-except
            failed += 1
            print(f"FAILED  {name}", flush=True)
            traceback.print_exc()
    print(f"{len(tests) - failed} of {len(tests)} tests passed")
    sys.exit(1 if failed or not tests else 0)


def call(number, account="acme", tokens=1000, **data):
    """A call of qwen-plus: `tokens` input tokens at 0.0008 CNY for 1,000."""
    return {"specversion": "1.0", "id": f"e-{number}", "source": "test", "type": "ai.model.call",
            "subject": account, "time": "2026-11-22T08:00:03Z",
            "data": {"model": "qwen-plus", "protocol": "tokens", "usage": {"input": tokens}, **data}}
