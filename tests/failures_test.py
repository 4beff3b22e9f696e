#!/usr/bin/env python3
"""Whether docs/failures.md has each row once, and names tests that exist."""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs/failures.md"
ROWS = {"A": 16, "B": 21, "C": 10, "D": 12, "E": 26, "F": 13, "G": 13, "H": 12, "O": 8, "S": 23}
NO_TEST = ("not yet", "does not apply")
UNIT_TEST = re.compile(r"^(?:TEST\w*|RC_GTEST\w*PROP|TYPED_TEST)\(\s*(\w+),\s*(\w+)", re.M)


def tests_there_are():
    names = set()
    for path in [*ROOT.glob("steelyard/**/*_test.cc"), *ROOT.glob("tests/*_test.cc")]:
        names |= {".".join(found) for found in UNIT_TEST.findall(path.read_text(encoding="utf-8"))}
    registered = (ROOT / "tests/CMakeLists.txt").read_text(encoding="utf-8")
    for path in ROOT.glob("tests/*_test.py"):
        if path.name not in registered:
            continue  # A test that nothing runs is none.
        names.add(path.name)
        names |= set(re.findall(r"^def (test_\w+)", path.read_text(encoding="utf-8"), re.M))
    names |= {str(path.relative_to(ROOT)) for path in ROOT.glob("scenarios/**/*.rating")}
    return names


def ids_of(text):
    """"H1–H12" are twelve."""
    if "–" not in text:
        return [text]
    first, last = text.split("–")
    return [f"{first[0]}{number}" for number in range(int(first[1:]), int(last[1:]) + 1)]


def main():
    there = tests_there_are()
    wrong = []
    seen = []
    named = 0
    for line in PAGE.read_text(encoding="utf-8").splitlines():
        row = re.fullmatch(r"\| ([A-Z]\d+(?:–[A-Z]\d+)?) \| (.+?) \| (.+) \|", line)
        if not row:
            continue
        seen += ids_of(row.group(1))
        names = [name for name in re.findall(r"`([^`]+)`", row.group(3))
                 if re.fullmatch(r"\w+\.\w+|test_\w+|scenarios/\S+", name)]
        wrong += [f"{row.group(1)}: there is no test `{name}`" for name in names if name not in there]
        named += len(names)
        if not names and not row.group(3).startswith(NO_TEST):
            wrong.append(f"{row.group(1)}: names no test, and does not say why")
        if row.group(3).startswith(NO_TEST) and ":" not in row.group(3):
            wrong.append(f"{row.group(1)}: does not say why")
    wanted = [f"{letter}{number}" for letter, count in ROWS.items() for number in range(1, count + 1)]
    wrong += [f"{row}: is missing" for row in wanted if row not in seen]
    wrong += [f"{row}: stands there {seen.count(row)} times" for row in sorted(set(seen)) if seen.count(row) > 1]
    print("\n".join(f"docs/failures.md: {each}" for each in wrong) or
          f"docs/failures.md: {len(seen)} rows, {named} times a test that exists")
    sys.exit(1 if wrong or not seen else 0)


if __name__ == "__main__":
    main()
