"""The report of a study: one HTML file, whatever keeps the study, while it runs and afterwards."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import study_checkpoint
from study_checkpoint import Study, StudyError, sweep


def data_of(page: Path) -> Any:
    """What the page holds."""
    found = re.search(r'<script type="application/json" id="data">(.*?)</script>', page.read_text(encoding="utf-8"))
    assert found
    return json.loads(found[1])


def run_some(study: Study) -> None:
    for run in list(study.pending())[:3]:
        run.start()
        if run.config["lr"] == 2:
            run.fail("OddError", "odd")
        else:
            run.save({"loss": run.config["lr"] * 1.5})
            run.complete()


def test_a_study_reports_while_it_runs_and_afterwards(results_dir: Path, observers: list[dict[str, object]]) -> None:
    with Study.open("s", sweep(lr=[1, 2, 3], bs=[8, 16]), results_dir=results_dir, observers=observers) as study:
        run_some(study)
        page = study.report()
        assert page == study.directory / "report.html"
        data = data_of(page)
        assert (data["study"]["status"], data["study"]["over"]) == ("running", False)
        assert sorted(data["runs"]["status"]) == sorted("cccppp" if "f" not in data["runs"]["status"] else "ccfppp")
        assert [dim["key"] for dim in data["dims"]] == ["lr", "bs"]
        assert data["dims"][1]["values"] == [8, 16]
        assert [metric["key"] for metric in data["metrics"]] == ["loss"]
    assert data_of(study.report())["study"]["status"] == "interrupted"
    assert study_checkpoint.report(study.directory) == page


def test_the_page_goes_where_it_is_wanted(results_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with Study.open("s", sweep(lr=[1]), results_dir=results_dir) as study:
        assert study.report("page.html") == tmp_path / "page.html"
        (tmp_path / "mine.html").write_text("mine")
        with pytest.raises(StudyError, match="mine.html is there and is no report"):
            study.report("mine.html")
    assert (tmp_path / "mine.html").read_text() == "mine"


def test_what_is_wrong_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(StudyError, match="no such directory"):
        study_checkpoint.report(tmp_path / "absent")
    monkeypatch.setenv("STUDY_SESSION_LIBRARY", str(tmp_path / "lib" / "libstudy_session.so"))
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(StudyError, match="study-host, which makes reports, can't be run"):
        study_checkpoint.report(tmp_path)
