"""Study directories as a killed or finished study-host leaves them, of any size and content, without running anything."""
from __future__ import annotations

import hashlib
import itertools
import json
from collections import Counter
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any, Callable

START = datetime(2026, 2, 27, 16, 30, tzinfo=timezone.utc)
PWNED = "document.documentElement.setAttribute('data-pwned', 1)"
HOSTILE = f"</script><script>{PWNED}</script><img src=x onerror=\"{PWNED}\">"


def stamp(seconds: float) -> str:
    return (START + timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _crc32c_table() -> list[int]:
    table = []
    for byte in range(256):
        for _ in range(8):
            byte = byte >> 1 ^ (0x82F63B78 if byte & 1 else 0)
        table.append(byte)
    return table


CRC32C = _crc32c_table()


def crc32c(data: bytes) -> int:
    """The checksum of a journal's lines (plugin/journal/FORMAT.md)."""
    value = 0xFFFFFFFF
    for byte in data:
        value = CRC32C[(value ^ byte) & 0xFF] ^ value >> 8
    return value ^ 0xFFFFFFFF


def config_hash(config: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(config, sort_keys=True).encode()).hexdigest()[:16]


class Run:
    """What has become of one run. Times are seconds since the start of the study."""

    def __init__(self, status: str = "completed", start: float | None = 0.0, seconds: float | None = 1.0, *,
                 result: Any = None, error: tuple[str, str] | None = None, log: str | bytes | None = None,
                 slot: int | None = None, earlier: list[tuple[float, float, str, int]] | None = None,
                 result_file: str | None = None) -> None:
        self.status, self.start, self.seconds = status, start, seconds
        self.result, self.error, self.log, self.slot = result, error, log, slot
        self.earlier = earlier or []  # (start, seconds, state, slot)
        self.result_file = result_file


class SampleStudy:
    """`sweep` and `fields` as in a study file; `outcome(config, cycle, number)` gives a `Run`."""

    def __init__(self, folder: Path, sweep: dict[str, list[Any]], outcome: Callable[[dict[str, Any], int, int], Run], *,
                 cycles: int = 1, fields: dict[str, Any] | None = None, name: str = "sample",
                 status: str = "completed", has_study_file: bool = True, has_journal: bool = False) -> None:
        self.path = folder
        folder.mkdir(parents=True)
        self.configs = [{**(fields or {}), **dict(zip(sweep, values))} for values in itertools.product(*sweep.values())]
        self.runs: list[tuple[dict[str, Any], int, Run]] = []
        self.entries: list[dict[str, Any]] = []
        journal: list[tuple[float, dict[str, Any]]] = []
        for config in self.configs:
            digest = config_hash(config)
            for cycle in range(1, cycles + 1):
                run = outcome(config, cycle, len(self.runs))
                self.runs.append((config, cycle, run))
                self._add(digest, config, cycle, cycles, run, journal)
        self._write_manifest(name, status)
        if has_study_file:
            self._write_study_file(name, sweep, cycles, fields or {})
        if has_journal:
            self._write_journal(journal)

    def _add(self, digest: str, config: dict[str, Any], cycle: int, cycles: int, run: Run,
             journal: list[tuple[float, dict[str, Any]]]) -> None:
        stem = f"{config.get('precision', 'experiment')}_{digest[:8]}" + (f"_c{cycle}" if cycles > 1 else "")
        result_file = None
        if run.status == "completed":
            result_file = run.result_file or stem + ".json"
            if run.result_file is None:
                text = run.result if isinstance(run.result, str) else json.dumps(run.result or {})
                (self.path / result_file).write_text(text, encoding="utf-8")
        if run.log is not None:
            log = run.log if isinstance(run.log, bytes) else run.log.encode()
            (self.path / (stem + ".log")).write_bytes(log)
        has_ended = run.start is not None and run.seconds is not None
        self.entries.append({
            "config_hash": digest, "config_summary": ", ".join(f"{k}={v}" for k, v in config.items()),
            "cycle": cycle, "status": run.status, "result_file": result_file,
            "error_type": run.error[0] if run.error else None, "error_message": run.error[1] if run.error else None,
            "started_at": None if run.start is None else stamp(run.start),
            "completed_at": stamp(run.start + run.seconds) if has_ended else None})
        attempts = [*run.earlier]
        if run.start is not None:
            attempts.append((run.start, run.seconds if has_ended else -1, run.status, run.slot))
        for start, seconds, state, slot in attempts:
            name = {"config_hash": digest, "cycle": cycle}
            attributes = {} if slot is None else {"attributes": {"slot": slot}}
            journal.append((start, {**name, "state": "running", **attributes}))
            if seconds >= 0:
                journal.append((start + seconds, {**name, "state": state, **attributes}))

    def _write_manifest(self, name: str, status: str) -> None:
        count = lambda *states: sum(entry["status"] in states for entry in self.entries)  # noqa: E731
        ends = [entry["completed_at"] for entry in self.entries if entry["completed_at"]]
        head = {"schema_version": "2.0", "study_name": name, "study_design_hash": "aabb0011ccdd2233",
                "llenergymeasure_version": "1.0.0", "started_at": stamp(0),
                "completed_at": max(ends, default=stamp(0)) if status != "running" else None, "status": status,
                "total_experiments": len(self.entries), "completed": count("completed"), "failed": count("failed"),
                "pending": count("pending", "running"), "experiments": self.entries}
        (self.path / "manifest.json").write_text(json.dumps(head), encoding="utf-8")

    def _write_study_file(self, name: str, sweep: dict[str, list[Any]], cycles: int, fields: dict[str, Any]) -> None:
        study = {"name": "sample", **fields, "sweep": sweep, "execution": {"n_cycles": cycles}}
        (self.path / "study.json").write_text(json.dumps(study), encoding="utf-8")
        (self.path / "study_record.json").write_text(json.dumps({
            "study_file": "/nowhere/study.json", "base_copy": None, "study_copy": "study.json", "host_config": None,
            "framework_version": "1.0.0", "working_directory": "/", "observers": ["manifest_writer"],
            "started_at": stamp(0)}))

    def _write_journal(self, journal: list[tuple[float, dict[str, Any]]]) -> None:
        head = json.loads((self.path / "manifest.json").read_text(encoding="utf-8"))
        blank = dict.fromkeys(("result_file", "error_type", "error_message", "started_at", "completed_at"))
        head |= {"status": "running", "completed_at": None, "completed": 0, "failed": 0, "pending": len(self.entries),
                 "experiments": [{**entry, **blank, "status": "pending"} for entry in self.entries]}
        lines = [{"seq": 1, "event": "study", "format": 2, "time": stamp(0), "resumed": False, "manifest": head}]
        attempts: Counter[tuple[str, int]] = Counter()
        for seq, (time, event) in enumerate(sorted(journal, key=lambda line: line[0]), 2):
            run = event["config_hash"], event["cycle"]
            attempts[run] += event["state"] == "running"
            lines.append({"seq": seq, "event": "state", "time": stamp(time), **event, "attempt": attempts[run]})
        with open(self.path / "journal.jsonl", "wb") as file:
            for line in lines:
                text = json.dumps(line, separators=(",", ":")).encode()[:-1]
                file.write(text + b',"crc32c":"%08x"}\n' % crc32c(text))
