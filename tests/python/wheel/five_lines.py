"""The five lines of the README, as a program whose first process is killed half way: python five_lines.py OBSERVER..."""

import json
import os
import subprocess
import sys

from study_checkpoint import Study

EXPERIMENTS = [{"lr": lr, "bs": bs} for lr in (0.1, 0.01) for bs in (8, 16)]


def run(observer: str, die_at: int) -> None:
    with Study.open("sweep", EXPERIMENTS, results_dir=observer, observers=[{"plugin": observer}]) as study:
        for number, run in enumerate(study.pending()):
            with run:
                if number == die_at:
                    os.kill(os.getpid(), 9)
                run.save({"loss": run.config["lr"] * run.config["bs"]})
        print(json.dumps(study.manifest()))


def main() -> None:
    for observer in sys.argv[1:]:
        first = subprocess.run([sys.executable, __file__, "--one", observer, "2"], check=False)
        assert first.returncode == -9, first.returncode
        second = subprocess.run([sys.executable, __file__, "--one", observer, "-1"], check=True, stdout=subprocess.PIPE)
        manifest = json.loads(second.stdout)
        assert manifest["status"] in ("running", "completed"), manifest["status"]
        assert [entry["status"] for entry in manifest["experiments"]] == ["completed"] * 4, manifest
        print(f"{observer}: 4 of 4, resumed after the first process was killed")


if __name__ == "__main__":
    if sys.argv[1] == "--one":
        run(sys.argv[2], int(sys.argv[3]))
    else:
        main()
