#!/usr/bin/env python3
"""Does what README.md says, as a reader would, and compares what happens with what it shows.

    run_readme_commands.py SOURCE_DIR BUILD_DIR

In a copy of the files that the README speaks of, with the build under test as build/release:

- ```sh      is run by bash, and its last command must succeed.
- ```text    behind it: each of its lines must be in the output, apart from times, hashes and what `…` stands for.
- ```yaml    and ```json are written to the file whose name stands in the line before.
- ```cpp     must be in a file of tests/consumer, line by line.

The build is there and the tests are running, so within the copy `cmake --preset`, `cmake --build build/release`, ctest
and apt-get do nothing. The example measures smaller data, so that it takes seconds.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

COPIED = ("README.md", "sample_host/setup.sh", "sample_host/demo.sh", "sample_host/examples", "tests/run.sh",
          "tests/consumer")
STAND_IN = """#!/usr/bin/env bash
case ${0##*/} in
  sudo) exec "$@" ;;
  cmake) [[ " $* " == *" --preset "* || " $* " == *" --build build/release "* ]] || exec "REAL_CMAKE" "$@" ;;
esac
"""
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def copy_of_the_project(source, build, target):
    for name in COPIED:
        if (source / name).is_dir():
            shutil.copytree(source / name, target / name, ignore=shutil.ignore_patterns("data", "results"))
        elif (source / name).exists():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(source / name, target / name)
    (target / "build").mkdir()
    (target / "build/release").symlink_to(build)
    data = target / "sample_host/examples/compression/data"
    data.mkdir()
    for name in ("text.bin", "machine_code.bin"):
        (data / name).write_bytes((source / "README.md").read_bytes() * 20)
    stand_ins = target / "stand_ins"
    stand_ins.mkdir()
    for name in ("cmake", "ctest", "apt-get", "sudo"):
        (stand_ins / name).write_text(STAND_IN.replace("REAL_CMAKE", shutil.which("cmake") or "cmake"))
        (stand_ins / name).chmod(0o755)
    return {**os.environ, "PATH": f"{stand_ins}:{os.environ['PATH']}"}


def pattern_of(line):
    """A regular expression for an output line: numbers and hashes may differ, spaces in their number too."""
    pattern = ""
    for word in line.split():
        pieces = re.split(r"(…|\b[0-9a-f]{8,}\b|\d+)", word)
        pattern += r"\s+" if pattern else ""
        pattern += "".join(
            ".*" if piece == "…" else r"[0-9a-f]+" if i % 2 else re.escape(piece) for i, piece in enumerate(pieces)
        )
    return re.compile(pattern)


def compare_output(shown, output):
    lines = output.splitlines()
    return [f"not in the output: {line}" for line in shown.splitlines()
            if line.strip() and not any(pattern_of(line).search(actual) for actual in lines)]


def is_in_a_file(text, folder):
    return any(text in path.read_text() for path in folder.rglob("*") if path.suffix in (".cpp", ".txt"))


def main(source, build):
    readme = (source / "README.md").read_text()
    problems = []
    output = ""
    with tempfile.TemporaryDirectory(prefix="study_readme_") as folder:
        target = Path(folder) / "project"
        target.mkdir()
        environment = copy_of_the_project(source, build, target)
        for block in BLOCK.finditer(readme):
            language, text = block.groups()
            where = f"README.md:{readme.count(chr(10), 0, block.start()) + 1}"
            found = []
            if language == "sh":
                print(f"{where}:\n{text}", flush=True)
                run = subprocess.run(["bash", "-c", text], cwd=target, env=environment, text=True,
                                     stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
                output = run.stdout
                print(output, flush=True)
                found = [f"ended with {run.returncode}"] if run.returncode else []
            elif language == "text":
                found = compare_output(text, output)
            elif language in ("yaml", "json"):
                line_before = readme[:block.start()].rstrip().splitlines()[-1]
                (target / re.findall(r"`([\w.]+)`", line_before)[-1]).write_text(text)
            elif language in ("cpp", "cmake"):
                found = [] if is_in_a_file(text, source / "tests/consumer") else ["not in tests/consumer"]
            problems += [f"{where}: {problem}" for problem in found]
    print("\n".join(problems) or "README.md is true")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]).resolve(), Path(sys.argv[2]).resolve()))
