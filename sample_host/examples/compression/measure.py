#!/usr/bin/env python3
"""Measures one compressor on one data set and prints the result as JSON.

    measure.py DATASET PROGRAM [OPTION...]      such as: measure.py text gzip -6

DATASET is `text` or `machine_code`: some 4 MB taken from this machine, kept in data/ beside this file.
Any program will do that compresses stdin to stdout and undoes it with -d.
"""

import hashlib
import json
import os
import subprocess
import sys
import sysconfig
import tempfile
import time
from pathlib import Path

DATA_DIR = Path(__file__).resolve().parent / "data"
DATASET_BYTES = 4_000_000
DATASETS = {
    "text": (Path(sysconfig.get_path("stdlib")), "*.py"),
    "machine_code": (Path("/usr/bin"), "*"),
}


class MeasurementError(Exception):
    pass


def dataset(name):
    """The data set's file, which the first experiment that needs it makes."""
    if name not in DATASETS:
        raise MeasurementError(f"no data set '{name}', there are: {', '.join(DATASETS)}")
    path = DATA_DIR / f"{name}.bin"
    if not path.exists():
        DATA_DIR.mkdir(exist_ok=True)
        unfinished = DATA_DIR / f"{name}.{os.getpid()}"
        unfinished.write_bytes(collect(name))
        unfinished.replace(path)  # another experiment may do the same at this moment: like replaces like
    return path


def collect(name):
    folder, pattern = DATASETS[name]
    data = bytearray()
    for path in sorted(folder.glob(pattern)):
        if path.is_symlink() or not path.is_file() or not os.access(path, os.R_OK):
            continue
        content = path.read_bytes()
        if name == "text" or content.startswith(b"\x7fELF"):
            data += content
        if len(data) >= DATASET_BYTES:
            return data[:DATASET_BYTES]
    if not data:
        raise MeasurementError(f"nothing in {folder} to make the data set '{name}' of")
    return data


def energy_counters(powercap=Path("/sys/class/powercap")):
    """{package: (microjoules so far, the count at which the counter starts again)}; empty where not readable."""
    try:
        return {
            zone.name: tuple(int((zone / file).read_text()) for file in ("energy_uj", "max_energy_range_uj"))
            for zone in powercap.glob("intel-rapl:*")
            if zone.name.count(":") == 1  # whole packages; intel-rapl:0:0 is a part of one
        }
    except OSError:  # most systems let only root read them
        return {}


def energy_joules(before, after):
    if not before or before.keys() != after.keys():
        return None
    joules = 0.0
    for zone, (start, wraps_at) in before.items():
        end = after[zone][0]
        joules += (end - start if end >= start else end - start + wraps_at) / 1e6
    return joules


def run(command, source, target):
    """Runs a filter; gives its wall time and its CPU time in seconds."""
    with tempfile.TemporaryFile() as errors:
        started = time.perf_counter()
        process = subprocess.Popen(command, stdin=source, stdout=target, stderr=errors)
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode != 0:
            errors.seek(0)
            reason = errors.readline().decode(errors="replace").strip()
            raise MeasurementError(f"`{' '.join(command)}` ended with {process.returncode}: {reason}")
    return seconds, usage.ru_utime + usage.ru_stime


def measure(dataset_name, command):
    path = dataset(dataset_name)
    original = path.read_bytes()
    with path.open("rb") as source, tempfile.TemporaryFile() as compressed, tempfile.TemporaryFile() as restored:
        energy_before = energy_counters()
        seconds, cpu_seconds = run(command, source, compressed)
        energy = energy_joules(energy_before, energy_counters())

        compressed_bytes = os.fstat(compressed.fileno()).st_size
        compressed.seek(0)
        run([command[0], "-d"], compressed, restored)
        restored.seek(0)
        if restored.read() != original:
            raise MeasurementError(f"`{command[0]} -d` does not give back what `{' '.join(command)}` was given")
    return {
        "ratio": round(len(original) / compressed_bytes, 4),
        "seconds": round(seconds, 6),
        "cpu_seconds": round(cpu_seconds, 6),
        "bytes_per_second": round(len(original) / seconds),
        "energy_joules": energy,
        "input_bytes": len(original),
        "input_sha256": hashlib.sha256(original).hexdigest(),
        "compressed_bytes": compressed_bytes,
    }


def main():
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    try:
        print(json.dumps(measure(sys.argv[1], sys.argv[2:]), indent=2))
    except (MeasurementError, OSError) as error:
        # The last line on stderr, if it is this JSON, is what the manifest says of a failed experiment.
        print(json.dumps({"error_type": type(error).__name__, "error_message": str(error)}), file=sys.stderr)
        sys.exit(1)


if __name__ == "__main__":
    main()
