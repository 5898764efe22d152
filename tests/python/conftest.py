"""What the tests of the Python package share: which build they use, and the stores that each of them is held to.

CTest says which build (run_in_venv.sh). By hand, `pytest tests/python` in any environment takes STUDY_BUILD_DIR, or
else the build that is there.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

SOURCE_DIR = Path(__file__).resolve().parents[2]
PACKAGE_DIR = SOURCE_DIR / "host_api" / "python" / "src"


def _build_dir() -> Path:
    given = os.environ.get("STUDY_BUILD_DIR")
    choices = [Path(given)] if given else [SOURCE_DIR / "build" / name for name in ("dev", "release")]
    for build_dir in choices:
        if (build_dir / "lib" / "libstudy_session.so").exists():
            return build_dir
    pytest.exit(f"no build with lib/libstudy_session.so in {', '.join(map(str, choices))}: build it, or set "
                "STUDY_BUILD_DIR", returncode=4)


def _use_build(build_dir: Path) -> None:
    os.environ["STUDY_BUILD_DIR"] = str(build_dir)
    os.environ["STUDY_SESSION_LIBRARY"] = str(build_dir / "lib" / "libstudy_session.so")
    os.environ["STUDY_OBSERVER_PATH"] = str(build_dir / "lib" / "study_observers")
    # For the workers and scripts that tests start, and for this process.
    known = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    if str(PACKAGE_DIR) not in known:
        os.environ["PYTHONPATH"] = os.pathsep.join([str(PACKAGE_DIR), *filter(None, known)])
    if str(PACKAGE_DIR) not in sys.path:
        sys.path.insert(0, str(PACKAGE_DIR))


_use_build(_build_dir())


@pytest.fixture
def build_dir() -> Path:
    return Path(os.environ["STUDY_BUILD_DIR"])


@pytest.fixture
def results_dir(tmp_path: Path) -> Path:
    """Where the studies of a test lie; not made yet, for a study does that itself."""
    return tmp_path / "results"


@pytest.fixture(params=["manifest_writer", "journal_writer", "sqlite_writer"])
def observers(request: pytest.FixtureRequest) -> list[dict[str, object]]:
    """The `observers` of a study, for each store that needs no server."""
    return [{"plugin": request.param}]
