#!/usr/bin/env bash
# Builds plugins with clang++ and loads them into a host of this build: other_compiler.sh SOURCE_DIR WORK_DIR TEST
#
# The plugins are built without sanitizers, since two compilers' run-time libraries for those don't go together.
set -euo pipefail
source_dir=$1 work_dir=$2 test_program=$3

clang=$(command -v clang++) || {
  echo "skipped: there is no clang++"
  exit 77
}
clang_c=$(command -v clang) || clang_c=${clang%++}

cmake -S "$source_dir/tests/plugin_loading/other_compiler" -B "$work_dir" -G Ninja \
  -DCMAKE_BUILD_TYPE=Release -DCMAKE_C_COMPILER="$clang_c" -DCMAKE_CXX_COMPILER="$clang" \
  -DCMAKE_CXX_COMPILER_LAUNCHER="$(command -v ccache || true)"
cmake --build "$work_dir" --target printer manifest_writer

# Only one of another compiler proves anything.
readelf -p .comment "$work_dir/plugins/printer.so" | grep -q clang

STUDY_FOREIGN_PLUGINS=$work_dir/plugins "$test_program" --color_output=no
