#!/usr/bin/env bash
# Installs what is missing, reads the sources for slips (tests/lint.sh), builds everything and runs all tests.
#
#   bash tests/run.sh                   the optimised build
#   bash tests/run.sh --preset asan     another preset of CMakePresets.json: dev, asan, tsan
#   bash tests/run.sh --sanitizers      release, then asan, then tsan
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

usage() {
  sed -n '2,/^set /{s/^# \{0,1\}//p}' tests/run.sh >&2
  exit 2
}

presets=(release)
while (($# > 0)); do
  case $1 in
    --preset)
      (($# > 1)) || usage
      presets=("$2")
      shift 2
      ;;
    --sanitizers)
      presets=(release asan tsan)
      shift
      ;;
    *) usage ;;
  esac
done

# On a terminal ninja shows one line of progress, elsewhere what went wrong.
ninja_options=()
[[ -t 1 ]] || ninja_options=(--quiet)

bash sample_host/setup.sh tests
echo "Reading the sources: layout, order of the rooms, clang-tidy"
bash tests/lint.sh
for preset in "${presets[@]}"; do
  echo "Building in build/$preset"
  cmake --preset "$preset" >/dev/null
  cmake --build "build/$preset" -- "${ninja_options[@]}"
  case $preset in
    asan | tsan) ;; # Python can't load a library that has a sanitizer's runtime
    *) bash tests/python/make_venv.sh "build/$preset" ;;
  esac
  echo "Testing build/$preset"
  ctest --preset "$preset" --parallel "$(nproc)" # shows the output of what fails
done
