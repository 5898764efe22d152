#!/usr/bin/env bash
# Fuzzes each reader of what others have written (tests/fuzz/*_fuzz.cpp), with address and undefined-behaviour sanitizers:
#
#   bash tests/fuzz/run.sh SECONDS [NAME...]     for so long each
#
# What it finds on the way stays in build/fuzz/corpus and is gone on from. An input that breaks something is named at the end,
# and belongs into tests/fuzz/corpus/NAME when what it has found is mended.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

seconds=${1:-}
if ! [[ $seconds =~ ^[1-9][0-9]*$ ]]; then
  sed -n '2,/^set /{s/^# \{0,1\}//p}' "${BASH_SOURCE[0]}" >&2
  exit 2
fi
shift
names=("$@")
if ((${#names[@]} == 0)); then
  for file in tests/fuzz/*_fuzz.cpp; do
    name=${file##*/}
    names+=("${name%_fuzz.cpp}")
  done
fi

bash sample_host/setup.sh tests
cmake --preset fuzz >/dev/null
cmake --build build/fuzz -- --quiet "${names[@]/%/_fuzz}"

failed=0
for name in "${names[@]}"; do
  found=build/fuzz/corpus/$name
  mkdir -p "$found" build/fuzz/broken
  log=build/fuzz/$name.log
  status=0
  "build/fuzz/tests/${name}_fuzz" -max_total_time="$seconds" -timeout=60 -rss_limit_mb=6144 -max_len=65536 -use_value_profile=1 \
    -artifact_prefix="build/fuzz/broken/$name-" -print_final_stats=1 "$found" "tests/fuzz/corpus/$name" \
    >"$log" 2>&1 || status=$?
  executions=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
  echo "$name: ${executions:-?} executions"
  if ((status != 0)); then
    failed=1
    grep -aE 'ERROR|not kept|Test unit written|runtime error|SUMMARY' "$log" || tail -n 20 "$log"
  fi
done
exit "$failed"
