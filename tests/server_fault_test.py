#!/usr/bin/env python3
"""Faults in system calls of the log, one at a time: the N-th call of each kind, in the real server.

server_fault_test.py [all | used-fdatasync-EIO-3 | used-rename …]: by default a few;
`all` takes half an hour.

strace kills the process at the call, lets the call fail, or makes it wait; what was asked for is
looked for in its trace, for a call that it does not trace is not disturbed either, and nothing says
so. Then the server starts without faults, and what was acknowledged must be there, once.
Rows A1 to A3, A6, B9 to B11, B14 and B15 of the failure catalogue.
"""
import collections
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time
import traceback

from ack_workload import ACKNOWLEDGED, UNKNOWN, Workload, expect
from server_process import Server

STATUS_OF_IO_ERROR = 74
STATUS_COULD_NOT_RUN = 2
CALLS = ("openat", "pwrite64", "fdatasync", "fsync", "rename", "unlink", "fallocate", "ftruncate", "pread64")
# The answers go out by these, on sockets.
ANSWERS = ("sendmsg",)
# By default, so many take a minute.
SAMPLE = {("empty", "pwrite64", "kill"), ("empty", "rename", "kill"),
          ("used", "pwrite64", "kill"), ("used", "fdatasync", "kill"), ("used", "sendmsg", "kill"),
          ("used", "fallocate", "kill"), ("used", "pwrite64", "EIO"), ("used", "fdatasync", "EIO"),
          ("used", "pread64", "EIO"), ("used", "pwrite64", "ENOSPC"), ("used", "fallocate", "ENOSPC"),
          ("used", "pwrite64", "EINTR"), ("used", "pwrite64", "lie"), ("used", "fdatasync", "stall")}
NO_LEAKS = {"ASAN_OPTIONS": "detect_leaks=0"}  # It can not be looked for in a traced process.


class Fault(collections.namedtuple("Fault", "call kind inject")):
    """What strace does to the N-th `call` of a thread."""


FAULTS = ([Fault(call, "kill", "signal=KILL") for call in (*CALLS[:-1], *ANSWERS)] +
          [Fault(call, "EIO", "error=EIO") for call in CALLS] +
          [Fault(call, "ENOSPC", "error=ENOSPC") for call in ("openat", "pwrite64", "fallocate")] +
          [Fault("pwrite64", "EINTR", "error=EINTR"), Fault("pwrite64", "EAGAIN", "error=EAGAIN"),
           Fault("pread64", "EINTR", "error=EINTR"), Fault("pwrite64", "lie", "retval=3"),
           Fault("fdatasync", "stall", "delay_enter=1500000")])


class Traced:
    """A server under strace, on a folder that is the same for each run."""

    def __init__(self, folder, template):
        self.folder = folder
        self.trace_file = folder / "trace"
        self.data = folder / "data"
        shutil.rmtree(self.data, ignore_errors=True)
        key = None
        if template is not None:
            shutil.copytree(template.data, self.data)
            key = template.key
        self.server = Server(str(self.data), options=("--segment-mib", "1", "--keep-every", "20"), key=key, is_started=False)

    def start(self, paths, injected=None, calls=CALLS):
        """Returns whether it listens."""
        self.trace_file.write_text("")
        # -D: strace is the grandchild, so the process that we started is the server. With
        # --seccomp-bpf it would be faster, and not send signals, without a word.
        prefix = ["strace", "-D", "-f", "-qq", "-y", "-o", str(self.trace_file),
                  "-e", "trace=" + ",".join(calls), "-s", "8"]
        prefix += [word for path in paths for word in ("-P", str(path))]
        if injected is not None:
            prefix += ["-e", "inject=" + injected]
        try:
            self.server.start(prefix, NO_LEAKS)
            return True
        except AssertionError:
            return False

    def trace(self):
        """The lines of the trace, when the server has ended."""
        self.server.process.wait(timeout=60)
        for _ in range(500):
            if not is_written(self.trace_file):
                return self.trace_file.read_text().splitlines()
            time.sleep(0.01)
        raise AssertionError("strace does not end")


def is_written(trace_file):
    """Whether a strace has the file open still."""
    found = subprocess.run(["pgrep", "-f", f"strace -D .* -o {trace_file} "], capture_output=True, check=False)
    return found.returncode == 0


def calls_in(trace):
    """How many of each call the thread makes that makes most of them, and the files of each."""
    counts = collections.Counter()
    for line in trace:
        if found := re.match(r"(\d+) +(\w+)\(", line):
            counts[found.groups()] += 1
    most = collections.Counter()
    for (_, call), count in counts.items():
        most[call] = max(most[call], count)
    return most


def target_of(trace, fault):
    """The traced call that the fault met, or nothing."""
    if fault.kind == "kill":
        # The call that a thread was in when all ended.
        at = [line for line in trace if f" {fault.call}(" in line]
        return at[-1] if at and any("+++ killed by SIGKILL" in line for line in trace) else None
    mark = "(DELAYED)" if fault.kind == "stall" else "(INJECTED)"
    return next((line for line in trace if mark in line and fault.call in line), None)


class Runs:
    """All runs share a folder, and the names in it: strace is told which files to look at."""

    def __init__(self, folder):
        self.folder = folder
        self.template = Server(str(folder / "template"), options=("--segment-mib", "1", "--keep-every", "20"))
        expect(Workload().steps[0].send(self.template), ACKNOWLEDGED, "the template")
        expect(self.template.stop(), 0, "the template's end")
        self.counts = {}
        self.paths = []
        for begin in ("empty", "used"):
            run = Traced(folder, self.begin(begin))
            run.server.start()
            self.paths = self.finish(run, begin)  # With the names of its segments.
            self.counts[begin] = self.count(Traced(folder, self.begin(begin)), CALLS, begin)
            self.counts[begin] += self.count(Traced(folder, self.begin(begin)), ANSWERS, begin)

    def begin(self, name):
        return self.template if name == "used" else None

    def workload(self, begin):
        return Workload(rolls=3, skipped=1 if begin == "used" else 0)

    def names_in(self, data):
        fixed = ["", "store", "store.new", "pepper", "pepper.new", "lock", "log", "log/watermark",
                 "log/watermark.new", "log/segment.new"]
        segments = sorted(path.name for path in data.glob("log/*.segment"))
        return [data / name for name in fixed] + [data / "log" / name for name in segments]

    def finish(self, run, begin):
        """Runs the workload without faults, to its end. The names of all files."""
        workload = self.workload(begin)
        workload.run(run.server)
        expect(workload.outcomes, [ACKNOWLEDGED] * len(workload.steps), "without faults")
        expect(run.server.stop(), 0, "the end")
        return self.names_in(run.data)

    def count(self, run, calls, begin):
        assert run.start(self.paths if calls is CALLS else [], calls=calls), run.server.error_text()
        self.finish(run, begin)
        return calls_in(run.trace())

    def case(self, begin, fault, n):
        run = Traced(self.folder, self.begin(begin))
        workload = self.workload(begin)
        calls = ANSWERS if fault.call in ANSWERS else CALLS
        paths = [] if calls is ANSWERS else self.paths
        listens = run.start(paths, f"{fault.call}:{fault.inject}:when={n}", calls)
        if listens:
            workload.run(run.server)
        if run.server.process.poll() is None and UNKNOWN not in workload.outcomes:
            run.server.process.terminate()
        status = run.server.process.wait(timeout=60)
        errors = run.server.error_text()
        target = target_of(run.trace(), fault)
        assert target is not None, f"nothing was injected: status {status}, {errors}"
        check_end(fault, target, listens, status, workload, errors)
        try:
            run.server.start()
        except AssertionError as refused:
            # A disk that lies is found, and named; it is never taken for what it says.
            assert fault.kind == "lie" and re.search(r"offset 0x|/store|/pepper", str(refused)), refused
            return target
        try:
            workload.check(run.server)
            expect(run.server.stop(), 0, "the end after the fault")
            run.server.verify()
        finally:
            run.server.close()
        return target


def check_end(fault, target, listens, status, workload, errors):
    """Whether the server ended as it must."""
    is_log = ".segment" in target or "segment.new" in target
    if fault.kind == "kill":
        expect(status, -9, errors)
    elif fault.kind == "EIO":
        if not listens:
            assert status in (STATUS_COULD_NOT_RUN, STATUS_OF_IO_ERROR), (status, errors)
            assert "Input/output error" in errors or "the disk does not read it" in errors, errors
        elif UNKNOWN in workload.outcomes:
            expect(status, STATUS_OF_IO_ERROR, errors)
        else:  # At the end, when nothing is left to be acknowledged.
            assert status in (0, STATUS_OF_IO_ERROR), (status, errors)
            assert "watermark" in target, f"it goes on after {target}"
    elif fault.kind == "ENOSPC":
        if not listens:
            expect(status, STATUS_COULD_NOT_RUN, errors)
            assert "No space left on device" in errors, errors
        else:
            expect(status, 0, errors)
            assert workload.refusals > 0 or not is_log, f"{target} was acknowledged"
    else:
        expect((listens, status), (True, 0), errors)
        expect(workload.refusals, 0, "refusals")


def numbers_of(begin, fault, count, is_all):
    """Which calls are disturbed: all, or one of those in the middle."""
    if is_all:
        return range(1, count + 1)
    return [count // 2 + 1] if (begin, fault.call, fault.kind) in SAMPLE else []


def main():
    wanted = set(sys.argv[1:])
    failed = 0
    done = 0
    with tempfile.TemporaryDirectory(prefix="steelyard-fault-") as name:
        runs = Runs(pathlib.Path(name).resolve())
        for begin in ("empty", "used"):
            for fault in FAULTS:
                for n in numbers_of(begin, fault, runs.counts[begin][fault.call], bool(wanted)):
                    label = f"{begin}-{fault.call}-{fault.kind}-{n}"
                    if wanted and wanted != {"all"} and not label.startswith(tuple(wanted)):
                        continue
                    done += 1
                    try:
                        print(f"ok      {label}  at {runs.case(begin, fault, n)}", flush=True)
                    except Exception:  # pylint: disable=broad-except
                        failed += 1
                        print(f"FAILED  {label}", flush=True)
                        traceback.print_exc()
    print(f"{done - failed} of {done} faults were survived")
    sys.exit(1 if failed or done == 0 else 0)


if __name__ == "__main__":
    main()
