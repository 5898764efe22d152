"""Python's own SQLite looks at a database in the process that writes it with the wheel's copy, which knows nothing of it.

Closing it removes the log that the writer is at. What has been written there is stored again: python another_sqlite.py
"""

import sqlite3
import subprocess
import sys
import time
from pathlib import Path

from study_checkpoint import Study

LOOK = "import sqlite3, sys; c = sqlite3.connect(sys.argv[1]); print(c.execute(sys.argv[2]).fetchone()[0])"
LOG = Path("another/studies.db-wal")


def look_from_another_process(question: str) -> int:
    done = subprocess.run([sys.executable, "-c", LOOK, "another/studies.db", question], check=True, stdout=subprocess.PIPE)
    return int(done.stdout)


with Study.open("look", [{"n": n} for n in range(4)], results_dir="another", observers=["sqlite_writer"]) as study:
    first, second, third, last = study.pending()
    with first:
        first.save({})
    connection = sqlite3.connect("another/studies.db")
    connection.execute("SELECT count(*) FROM attempts").fetchone()
    connection.close()
    second.start()
    second.fail("MeasurementError", "what is written now")
    deadline = time.monotonic() + 60
    while not LOG.exists():  # noticed by a transition after 50 ms
        assert time.monotonic() < deadline, "the writer hasn't noticed"
        third.start()
        third.release()
    assert look_from_another_process("SELECT count(*) FROM attempts WHERE status = 'failed'") == 1
    with third:
        third.save({})
    with last:
        last.save({})
assert look_from_another_process("SELECT count(*) FROM attempts WHERE status = 'completed'") == 3
print("sqlite_writer: loses nothing to a look with Python's own SQLite")
