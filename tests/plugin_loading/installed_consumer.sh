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

# A plugin that calls what nobody has isn't linked, so that its author hears of it and not who loads it.
cat >"$work_dir/consumer/calls_nobody.cpp" <<'SOURCE'
int function_that_nobody_has();
extern "C" __attribute__((visibility("default"))) int study_observer_plugin_v1();
int study_observer_plugin_v1() { return function_that_nobody_has(); }
SOURCE
echo 'study_add_observer(calls_nobody calls_nobody.cpp)' >>"$work_dir/consumer/CMakeLists.txt"
if output=$(cmake --build "$work_dir/build" --target calls_nobody 2>&1); then
  echo "calls_nobody.so was linked" >&2
  exit 1
fi
grep -E 'undefined (reference to|symbol).*function_that_nobody_has' <<<"$output"

# As if the library had been built with another Boost than there is: its Boost.JSON isn't that of the headers here.
config=$(find "$work_dir/prefix" -name study_host_api-config.cmake)
cp "$config" "$work_dir/config.cmake"
sed -i 's/find_package(Boost [0-9.]* EXACT/find_package(Boost 1.99.0 EXACT/' "$config"
if output=$(cmake -S "$work_dir/consumer" -B "$work_dir/other_boost" -G Ninja -DCMAKE_PREFIX_PATH="$work_dir/prefix" "$@" 2>&1); then
  echo "another Boost was accepted" >&2
  exit 1
fi
grep 'needs exactly that version' <<<"$output"
mv "$work_dir/config.cmake" "$config"

STUDY_FOREIGN_PLUGINS=$work_dir/build "$test_program" --color_output=no --run_test=printer
STUDY_FOREIGN_PLUGINS=$work_dir/prefix/lib/study_observers "$test_program" --color_output=no --run_test=manifest_writer

# study-host, as it was installed, finds it by its name in a config file, besides its own manifest_writer.
cat >"$work_dir/study.json" <<'STUDY'
{"name": "consumer", "backend": "shell", "runners": {"shell": {"command": ["echo", "{}"]}}}
STUDY
cat >"$work_dir/study_host.json" <<'CONFIG'
{
  "plugin_path": ["build"],
  "observers": [{"plugin": "manifest_writer"}, {"plugin": "printer", "options": {"prefix": "seen: "}}]
}
CONFIG
study_dir=$("$work_dir/prefix/bin/study-host" run "$work_dir/study.json")
grep -q '"status": "completed"' "$study_dir/manifest.json"
grep -E '\[printer\] seen: [0-9a-f]{16} cycle 1 is completed' "$study_dir/study.log"
