"""A sweep that gets killed: sweep_script.py KIND OBSERVER FOLDER RUNS SECONDS FUNCTION

KIND: loop, or one of pools.KINDS. In FOLDER are the results, and a log of what was begun and ended.
"""

import sys
from pathlib import Path

import map_functions
import pools
from study_checkpoint import Study, sweep


def main(kind, observer, folder, runs, seconds, function):
    work = getattr(map_functions, function)
    configs = sweep(n=range(int(runs)), folder=folder, seconds=float(seconds))
    with Study.open("sweep", configs, results_dir=Path(folder) / "results", observers=[observer]) as study:
        if kind == "loop":
            for run in study.pending():
                with run:
                    run.save(work(run.config))
            return
        with pools.pool(kind) as executor:
            study.map(work, executor, in_flight=2)


if __name__ == "__main__":
    main(*sys.argv[1:])
