#!/usr/bin/env python3
"""Does what README.md says, as a reader would, and compares what happens with what it shows.

    run_readme_commands.py SOURCE_DIR BUILD_DIR

In a copy of the files that the README speaks of, with the build under test as build/release:

- ```sh      is run by bash, and its last command must succeed.
- ```text    behind it: each of its lines must be in the output, apart from durations, times, hashes and what `…` stands for.
- ```yaml    and ```json are written to the file whose name stands in the line before.
- what plugin/sqlite/FORMAT.md asks of results/studies.db in ```sql must find something there, each statement.
- ```cpp     must be in a file of tests/consumer, line by line.
- ```python  is tried in tests/python, which has Python's environment.

The build is there and the tests are running, so within the copy `cmake --preset`, `cmake --build build/release` and
apt-get do nothing, clang-format and clang-tidy are of no version, and ctest only says that all is well. The example measures smaller data, so that it takes seconds.
"""

import os
import re
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from pathlib import Path

COPIED = ("sample_host/setup.sh", "sample_host/demo.sh", "sample_host/examples", "tests/run.sh", "tests/lint.sh",
          "tests/rooms.py")
STAND_IN = """#!/usr/bin/env bash
case ${0##*/} in
  sudo) exec "$@" ;;
  cmake) [[ " $* " == *" --preset "* || " $* " == *" --build build/release "* ]] || exec "REAL_CMAKE" "$@" ;;
  ctest) echo "100% tests passed, 0 tests failed out of 1" ;;
esac
"""
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def copy_of_the_project(source, build, target):
    for name in COPIED:
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        if (source / name).is_dir():
            shutil.copytree(source / name, target / name, ignore=shutil.ignore_patterns("data", "results"))
        else:
            shutil.copy(source / name, target / name)
    (target / "tests/python").mkdir()
    (target / "tests/python/make_venv.sh").write_text("# The environment is that of the build under test.\n")
    (target / "build").mkdir()
    (target / "build/release").symlink_to(build)
    data = target / "sample_host/examples/compression/data"
    data.mkdir()
    for name in ("text.bin", "machine_code.bin"):
        (data / name).write_bytes((source / "README.md").read_bytes() * 20)
    stand_ins = target / "stand_ins"
    stand_ins.mkdir()
    for name in ("cmake", "ctest", "apt-get", "sudo", "clang-format", "clang-tidy"):
        (stand_ins / name).write_text(STAND_IN.replace("REAL_CMAKE", shutil.which("cmake") or "cmake"))
        (stand_ins / name).chmod(0o755)
    return {**os.environ, "PATH": f"{stand_ins}:{os.environ['PATH']}"}


def without_times(line):
    """What stays the same from run to run: durations, timestamps, hashes and the width of columns don't."""
    line = re.sub(r"(\d+ (h|min) )*\d+(\.\d+)? (ms|s|min|h)\b", "DURATION", line)
    line = re.sub(r"\d{4}-\d\d-\d\dT[-:\d]+(\.\d+)?", "TIMESTAMP", line)
    line = re.sub(r"\b[0-9a-f]{8,}\b", "HASH", line)
    return " ".join(line.split())


def compare_output(shown, output):
    actual = [without_times(line) for line in output.splitlines()]
    missing = []
    for line in filter(str.strip, shown.splitlines()):
        pattern = re.compile(".*".join(re.escape(part) for part in without_times(line).split("…")))
        if not any(pattern.search(other) for other in actual):
            missing.append(f"not in the output: {line}")
    return missing


def is_in_a_file(text, folder):
    return any(text in path.read_text() for path in folder.rglob("*") if path.suffix == ".cpp")


def run_block(text, target, environment):
    run = subprocess.run(["bash", "-c", text], cwd=target, env=environment, text=True, stdin=subprocess.DEVNULL,
                         stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    print(f"{text}\n{run.stdout}", flush=True)
    return run.stdout, [f"ended with {run.returncode}"] if run.returncode else []


def ask(text, database):
    connection = sqlite3.connect(f"file:{database}?mode=ro", uri=True)
    try:
        questions = [question for question in text.split(";\n") if question.strip()]
        return [f"finds nothing: {question}" for question in questions if not connection.execute(question).fetchall()]
    except sqlite3.Error as error:
        return [str(error)]
    finally:
        connection.close()


def main(source, build):
    readme = (source / "README.md").read_text()
    blocks = list(BLOCK.finditer(readme))
    problems = []
    output = ""
    with tempfile.TemporaryDirectory(prefix="study_readme_") as folder:
        target = Path(folder) / "project"
        target.mkdir()
        environment = copy_of_the_project(source, build, target)
        for block in blocks:
            if block[1] in ("yaml", "json"):
                line_before = readme[:block.start()].rstrip().splitlines()[-1]
                (target / re.findall(r"`([\w.]+)`", line_before)[-1]).write_text(block[2])
        for block in blocks:
            found = []
            if block[1] == "sh":
                output, found = run_block(block[2], target, environment)
            elif block[1] == "text":
                found = compare_output(block[2], output)
            elif block[1] == "cpp" and not is_in_a_file(block[2], source / "tests/consumer"):
                found = ["not in tests/consumer"]
            line = readme.count("\n", 0, block.start()) + 1
            problems += [f"README.md:{line}: {problem}" for problem in found]
        questions = (source / "plugin/sqlite/FORMAT.md").read_text().split("## Ask it\n")[1].split("\n## ")[0]
        for block in BLOCK.finditer(questions):
            problems += ask(block[2], target / "results/studies.db")
    print("\n".join(problems) or "README.md is true")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]).resolve(), Path(sys.argv[2]).resolve()))
