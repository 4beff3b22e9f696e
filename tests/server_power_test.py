#!/usr/bin/env python3
"""Cuts the power while events come in, and looks whether every acknowledged one is there once.

server_power_test.py [CUTS [SEED]]: 5 cuts by default; about one in two seconds.

The data is on an ext4 file system in a loop file. Its shutdown ioctl throws away all that was not
synced: bytes, and names whose directory was not. Then the server is killed, the file system mounted
again, and the server started. One cut in five comes during the first start on an empty disk.
Needs root and loop devices; without them nothing is tested, and the exit status is 77.
Rows A6, B1 and B16 of the failure catalogue.
"""
import fcntl
import os
import pathlib
import random
import signal
import struct
import subprocess
import sys
import tempfile
import threading
import time

from ack_load import Journal, Load, check
from server_process import Server

SKIPPED = 77
CUTS_OF_A_DISK = 25
EXT4_IOC_SHUTDOWN = 0x8004587D
NO_LOG_FLUSH = 2
CAN_NOT_RUN = "server_power_test: SKIPPED, nothing was tested: "


class Disk:
    """A file system whose power can be cut."""

    def __init__(self, folder):
        self.image = folder / "image"
        self.path = folder / "disk"
        self.path.mkdir(exist_ok=True)
        self.is_mounted = False
        with open(self.image, "wb") as image:
            image.truncate(512 << 20)
        run("mkfs.ext4", "-q", "-F", str(self.image))
        self.mount()

    def mount(self):
        run("mount", "-o", "loop", str(self.image), str(self.path))
        self.is_mounted = True

    def cut(self):
        descriptor = os.open(self.path, os.O_RDONLY)
        try:
            fcntl.ioctl(descriptor, EXT4_IOC_SHUTDOWN, struct.pack("I", NO_LOG_FLUSH))
        finally:
            os.close(descriptor)

    def unmount(self):
        if self.is_mounted:
            run("umount", str(self.path))
            self.is_mounted = False


def run(*command):
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    if ran.returncode != 0:
        raise OSError(f"{' '.join(command)}: {ran.stderr.strip()}")


def why_not():
    """Why power can not be cut here, or nothing."""
    if os.geteuid() != 0:
        return "mounting a file system needs root"
    try:
        with tempfile.TemporaryDirectory(prefix="steelyard-power-") as name:
            disk = Disk(pathlib.Path(name))
            try:
                disk.cut()
            finally:
                disk.unmount()
    except OSError as error:
        return str(error)
    return None


class Cuts:
    """Many cuts of one disk, and the journal of what was acknowledged on it."""

    def __init__(self, folder, chance):
        self.chance = chance
        self.disk = Disk(folder)
        self.journal = Journal(padding_of=lambda first: 4_000 if first % 140 == 0 else 0)
        self.server = Server(str(self.disk.path / "data"), options=("--segment-mib", "1", "--keep-every", "300"), is_started=False)

    def during_start(self):
        """The disk is empty. A key that was shown is either valid afterwards, or replaced."""
        timer = threading.Timer(self.chance.uniform(0, 0.7), self.disk.cut)
        timer.start()
        try:
            self.server.start()
        except AssertionError:
            pass  # The cut came first.
        timer.join()
        self.come_back()

    def during_load(self):
        load = Load(self.server, self.journal)
        time.sleep(self.chance.uniform(0.02, 0.6))
        self.disk.cut()
        self.server.close()
        load.end()
        self.come_back()

    def come_back(self):
        self.server.close()
        self.disk.unmount()
        self.disk.mount()
        self.server.start()
        check(self.server, self.journal)

    def end(self):
        assert self.server.stop() == 0, self.server.error_text()
        self.server.verify()
        return self.journal.events()

    def close(self):
        self.server.close()
        self.disk.unmount()


def cut_one_disk(cuts, chance):
    with tempfile.TemporaryDirectory(prefix="steelyard-power-") as name:
        these = Cuts(pathlib.Path(name), chance)
        try:
            these.during_start()
            for _ in range(cuts - 1):
                these.during_load()
            return these.end()
        finally:
            these.close()


def main():
    if reason := why_not():
        print(CAN_NOT_RUN + reason, file=sys.stderr)
        sys.exit(SKIPPED)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # So that what is mounted is unmounted.
    cuts = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else random.randrange(2**32)
    print(f"{cuts} cuts, seed {seed}", flush=True)
    chance = random.Random(seed)
    done = events = 0
    while done < cuts:
        these = min(cuts - done, chance.choice((1, 2, 5, CUTS_OF_A_DISK)))
        events += cut_one_disk(these, chance)
        done += these
        print(f"{done} cuts, {events} events", flush=True)
    print(f"{cuts} power cuts: {events} events acknowledged, each there once")


if __name__ == "__main__":
    main()
