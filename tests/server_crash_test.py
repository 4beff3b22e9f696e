#!/usr/bin/env python3
"""Kills the server while events come in, and looks whether every acknowledged one is there once.

server_crash_test.py [KILLS [SEED]]: 5 kills by default; about one a second. Every 100 kills it
begins again on an empty folder, so that reading the log does not take all the time.
Rows A1 to A4 of the failure catalogue, with a real process and a real disk.
"""
import random
import sys
import time

from ack_load import Journal, Load, check
from server_process import Server

KILLS_OF_A_FOLDER = 100


def run(kills, chance):
    """Returns how many events were acknowledged."""
    # Segments of 1 MiB and some large batches: new segments begin while it is killed.
    journal = Journal(padding_of=lambda first: 4_000 if first % 140 == 0 else 0)
    with Server(options=("--segment-mib", "1", "--keep-every", "500")) as server:
        for _ in range(kills):
            load = Load(server, journal)
            time.sleep(chance.uniform(0.02, 0.5))
            server.crash()
            load.end()
            server.start()
            check(server, journal)
        server.stop()
        server.verify()
    return journal.events()


def main():
    kills = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else random.randrange(2**32)
    print(f"{kills} kills, seed {seed}", flush=True)
    chance = random.Random(seed)
    events = 0
    for done in range(0, kills, KILLS_OF_A_FOLDER):
        events += run(min(KILLS_OF_A_FOLDER, kills - done), chance)
        if kills > KILLS_OF_A_FOLDER:
            print(f"{min(done + KILLS_OF_A_FOLDER, kills)} kills, {events} events", flush=True)
    print(f"{kills} kills: {events} events acknowledged, each there once")


if __name__ == "__main__":
    main()
