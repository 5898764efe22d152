#!/usr/bin/env bash
# Installs this build, builds the consumer against what was installed, and loads the result into a host of this build:
# installed_consumer.sh SOURCE_DIR BUILD_DIR WORK_DIR TEST [CMAKE_ARGUMENT...]
set -euo pipefail
source_dir=$1 build_dir=$2 work_dir=$3 test_program=$4
shift 4

rm -rf "$work_dir"
cmake --install "$build_dir" --prefix "$work_dir/prefix" >/dev/null

# A copy of the consumer, so that it can't reach into the source tree.
cp -r "$source_dir/tests/consumer" "$work_dir/consumer"
cmake -S "$work_dir/consumer" -B "$work_dir/build" -G Ninja -DCMAKE_PREFIX_PATH="$work_dir/prefix" "$@"
cmake --build "$work_dir/build"

exported=$(nm -D --defined-only --format=posix "$work_dir/build/printer.so" | cut -d' ' -f1,2)
[[ $exported == "study_observer_plugin_v1 T" ]] || {
  echo "printer.so exports: $exported" >&2
  exit 1
}
STUDY_FOREIGN_PLUGINS=$work_dir/build "$test_program" --color_output=no --run_test=printer
STUDY_FOREIGN_PLUGINS=$work_dir/prefix/lib/study_observers "$test_program" --color_output=no --run_test=manifest_writer
