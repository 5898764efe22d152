#!/usr/bin/env python3
"""Holds the includes to the order of the rooms: a file includes only its own room and those below it.

The order is the one of the picture in tests/README.md. A header of host_api/include/study belongs to the room of the
source of its name, or where it has none to the one that it says here.
"""
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ROOMS = [  # from the lowest; those of one line don't know each other
    ["host_api/src/base"],
    ["host_api/src/study"],
    ["host_api/src/manifest"],
    ["host_api/src/boundary"],
    ["host_api/src/table"],
    ["host_api/src/session", "plugin/checkpoint"],
    ["plugin/manifest", "plugin/journal", "plugin/sqlite", "plugin/postgres", "sample_host/terminal"],
    ["sample_host/input", "sample_host/help"],
    ["sample_host/plan"],
    ["sample_host/run"],
    ["sample_host/resume"],
    ["sample_host/status"],
    ["sample_host/report"],
    ["sample_host/check_plugin"],
    ["sample_host/commands"],
    ["sample_host"],
]
FLOOR = {room: floor for floor, rooms in enumerate(ROOMS) for room in rooms}
# Headers without a source of their name.
HEADER_ROOMS = {
    "abi": "boundary", "error": "base", "flatten": "base", "log": "base", "observer": "boundary",
}
INCLUDE_FOLDERS = ["host_api/include", "host_api/src", "plugin", "sample_host"]
SUFFIXES = {".cpp", ".hpp", ".h"}


def room_of(path: Path) -> str:
    if path.parts[:2] != ("host_api", "include"):
        rooms = [room for room in FLOOR if path.is_relative_to(room)]
        return max(rooms, key=len)
    sources = [p for p in (ROOT / "host_api/src").glob("*/*.cpp") if p.stem == path.stem]
    room = sources[0].parent.name if sources else HEADER_ROOMS[path.stem]
    return f"host_api/src/{room}"


def main() -> int:
    files = [p.relative_to(ROOT) for top in ("host_api", "plugin", "sample_host")
             for p in sorted((ROOT / top).rglob("*")) if p.suffix in SUFFIXES]
    known = set(files)
    wrong = 0
    for file in files:
        room = room_of(file)
        for number, line in enumerate((ROOT / file).read_text().splitlines(), 1):
            found = re.match(r'#include [<"]([^>"]+)[>"]', line)
            if not found:
                continue
            included = next((Path(folder) / found[1] for folder in INCLUDE_FOLDERS
                             if Path(folder) / found[1] in known), None)
            if included is None:
                continue
            other = room_of(included)
            if other != room and FLOOR[other] >= FLOOR[room]:
                print(f"{file}:{number}: {room} includes {included}, which is in {other}, not below it")
                wrong += 1
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
