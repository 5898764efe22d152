"""ctypes' structs are those of the header, as a C compiler makes them."""

from __future__ import annotations

import ctypes
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from study_checkpoint import _library

INCLUDE = Path(__file__).parents[2] / "host_api" / "include"
HEADER = INCLUDE / "study" / "session.h"

STRUCTS = {
    "study_string": [_library.String, _library.GivenString],
    "study_error": [_library.Error],
    "study_summary": [_library.Summary],
    "study_run": [_library.RunInfo],
    "study_run_event": [_library.RunEvent],
    "study_log_line": [_library.LogLine],
}
CONSTANTS = {
    "STUDY_OK": _library.OK,
    "STUDY_FAILED": _library.FAILED,
    "STUDY_BAD_OPTIONS": _library.BAD_OPTIONS,
    "STUDY_IGNORED": _library.IGNORED,
    "STUDY_DESIGN_CHANGED": _library.DESIGN_CHANGED,
    "STUDY_NOT_FOUND": _library.NOT_FOUND,
    "STUDY_PENDING": _library.PENDING,
    "STUDY_RUNNING": _library.RUNNING,
    "STUDY_COMPLETED": _library.COMPLETED,
    "STUDY_EXPERIMENT_FAILED": _library.EXPERIMENT_FAILED,
    "STUDY_OUTCOME_COMPLETED": _library.OUTCOME_COMPLETED,
    "STUDY_OUTCOME_INTERRUPTED": _library.OUTCOME_INTERRUPTED,
    "STUDY_OUTCOME_FAILED": _library.OUTCOME_FAILED,
    "STUDY_SESSION_VERSION_MAJOR": _library.VERSION_MAJOR,
    "STUDY_MAX_ATTRIBUTES_BYTES": _library.MAX_ATTRIBUTES_BYTES,
}


def lines_of_python():
    for struct, classes in STRUCTS.items():
        for kind in classes:
            yield f"{struct} {ctypes.sizeof(kind)}"
            for name, _ in kind._fields_:
                field = getattr(kind, name)
                yield f"{struct}.{name} {field.offset} {field.size}"
    for name, value in CONSTANTS.items():
        yield f"{name} {value}"


def program():
    yield "#include <stddef.h>\n#include <stdio.h>\n#include <study/session.h>\nint main(void) {"
    for struct, classes in STRUCTS.items():
        for kind in classes:
            yield f'printf("{struct} %zu\\n", sizeof(struct {struct}));'
            for name, _ in kind._fields_:
                yield (
                    f'printf("{struct}.{name} %zu %zu\\n", offsetof(struct {struct}, {name}), '
                    f"sizeof(((struct {struct}*)0)->{name}));"
                )
    for name in CONSTANTS:
        yield f'printf("{name} %d\\n", (int){name});'
    yield "}"


def test_sizes_and_offsets_are_those_of_the_header(tmp_path):
    compiler = shutil.which("cc")
    if compiler is None:
        pytest.skip("there is no C compiler")
    source = tmp_path / "layout.c"
    source.write_text("\n".join(program()))
    subprocess.run([compiler, f"-I{INCLUDE}", str(source), "-o", str(tmp_path / "layout")], check=True)
    printed = subprocess.run([str(tmp_path / "layout")], capture_output=True, text=True, check=True).stdout
    assert printed.splitlines() == list(lines_of_python())


def test_each_struct_of_the_header_and_each_of_its_functions_is_known():
    text = re.sub(r"/\*.*?\*/", "", HEADER.read_text(), flags=re.S)
    assert set(re.findall(r"^struct (\w+) \{", text, flags=re.M)) <= set(STRUCTS)
    functions = set(re.findall(r"^(?:u?int32_t|void) (study_session_\w+)\(", text, flags=re.M))
    others = {"study_session_version", "study_session_close", "study_session_free"}
    assert functions == set(_library._SIGNATURES) | others
    for name, arguments in _library._SIGNATURES.items():
        declared = re.search(rf"int32_t {name}\((.*?)\);", text, flags=re.S)
        assert declared is not None
        assert declared.group(1).count(",") + 1 == len(arguments)
