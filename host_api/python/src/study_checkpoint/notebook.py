"""A study as one looks at it: a line, a table in a notebook, progress on a terminal."""

from __future__ import annotations

import html as markup
import sys
from typing import TYPE_CHECKING

from .errors import StudyError

if TYPE_CHECKING:
    from ._runs import Runs
    from .study import Study


def line(study: "Runs") -> str:
    counts = study.counts
    done, total = counts.completed + counts.failed, sum(counts)
    failed = f", {counts.failed} failed" if counts.failed else ""
    return f"{study.name}: {done}/{total} done{failed}"


def text(study: "Study") -> str:
    try:
        return f"<Study {line(study)}, in {study.directory}>"
    except StudyError:
        return f"<Study {study.name}, closed, in {study.directory}>"


def html(study: "Study") -> str:
    try:
        counts = study.counts
    except StudyError:
        return markup.escape(text(study))
    total = sum(counts) or 1
    bars = "".join(
        f'<span style="display:inline-block;height:0.8em;width:{100 * count / total:.1f}%;'
        f'background:{colour}"></span>'
        for count, colour in zip(counts, ("#2a7", "#c33", "#ddd"))
    )
    return (
        f"<div><b>{markup.escape(study.name)}</b> "
        f"{counts.completed} completed, {counts.failed} failed, {counts.pending} left"
        f'<div style="width:24em;font-size:0;line-height:1;font-size:12px">{bars}</div>'
        f"<code>{markup.escape(str(study.directory))}</code></div>"
    )


def show_progress(study: "Runs") -> None:
    """A line on standard error, in place on a terminal."""
    stream = sys.stderr
    if stream is None:  # pythonw, a detached process
        return
    is_terminal = stream.isatty()
    is_last = study.counts.pending == 0
    end = "\n" if is_last or not is_terminal else ""
    stream.write(("\r" if is_terminal else "") + line(study) + end)
    stream.flush()
