#!/usr/bin/env bash
# What a run costs study-host beside what else runs many commands: xargs, make, GNU parallel, Snakemake (Debian's packages).
#
#   bash tests/bench/peers.sh [--runs 1000] [--jobs 2] [--rounds 3] [--dir DIR]
#
# Each runs the same commands, `true` and one that prints a line of JSON, so many at once as --jobs says, and keeps what it
# keeps by itself: xargs nothing, make the files that it was told to make, parallel a job log, Snakemake its
# outputs and their metadata, study-host the manifest, the log and each result. What each takes to begin is taken off: the
# time of one run. The rounds go through all of them in turn. Those that aren't installed are named and left out.
# Never run by the tests.
set -euo pipefail

runs=1000 jobs=2 rounds=3 dir=${TMPDIR:-/tmp}
while [ $# -gt 0 ]; do
  case $1 in
    --runs) runs=$2 ;;
    --jobs) jobs=$2 ;;
    --rounds) rounds=$2 ;;
    --dir) dir=$2 ;;
    *) sed -n '2,/^set/{/^#/p}' "$0" | sed 's/^# \{0,1\}//' >&2; exit 2 ;;
  esac
  shift 2
done

source_dir=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
host=$source_dir/build/release/bin/study-host
[ -x "$host" ] || { echo "peers.sh: there is no $host: build the preset release first" >&2; exit 2; }
work=$(mktemp -d "$dir/peers.XXXXXX")
trap 'rm -rf "$work"' EXIT

# Each is called with COUNT and PROGRAM, `true` or `line`, in an empty folder.
command_of() { [ "$1" = true ] && echo true || echo 'echo {}'; }

run_xargs() { seq "$1" | xargs -P "$jobs" -I{} $(command_of "$2" | sed 's/{}/{ }/') > /dev/null; }

run_make() {
  { echo "all: $(seq -s ' ' "$1")"; printf '%%:\n\t@%s > $@\n' "$(command_of "$2")"; } > Makefile
  make -s -j "$jobs"
}

run_parallel() { seq "$1" | parallel -j "$jobs" --joblog log "$(command_of "$2" | sed 's/{}/"{ }"/') # {}" > /dev/null; }

run_snakemake() {
  {
    echo "rule all:"
    echo "    input: expand('{n}.json', n=range($1))"
    echo "rule run:"
    echo "    output: '{n}.json'"
    echo "    shell: '$(command_of "$2" | sed 's/{}/{{}}/') > {output}'"
  } > Snakefile
  snakemake --quiet --cores "$jobs" > /dev/null 2>&1
}

run_study_host() {
  printf 'name: peers\nrunners: {default: {command: [%s]}}\nsweep:\n  number: {from: 1, to: %d, step: 1}\n' \
    "$([ "$2" = true ] && echo '"true"' || echo '"echo", "{}"')" "$1" > study.yaml
  # A run of `true` has no result and counts as failed.
  "$host" run study.yaml --jobs "$jobs" > /dev/null 2>&1 || [ "$2" = true ]
}

# Microseconds of wall time that NAME takes for COUNT of PROGRAM.
measure() {
  local folder begin end
  folder=$(mktemp -d "$work/run.XXXXXX")
  begin=$(date +%s%N)
  (cd "$folder" && "run_$1" "$2" "$3")
  end=$(date +%s%N)
  rm -rf "$folder"
  echo $(((end - begin) / 1000))
}

peers=(study_host)
for peer in xargs make parallel snakemake; do
  if command -v "$peer" > /dev/null; then
    peers+=("$peer")
  else
    echo "$peer is not installed: apt-get install $peer" >&2
  fi
done

for ((round = 0; round < rounds; ++round)); do
  for program in true line; do
    for peer in "${peers[@]}"; do
      one=$(measure "$peer" 1 "$program")
      all=$(measure "$peer" $((runs + 1)) "$program")
      echo "$program $peer $(((all - one) / runs))"
    done
  done
done | awk -v jobs="$jobs" '
  { times[$1, $2] = times[$1, $2] " " $3; seen[$2] = 1 }
  function median(text,   parts, n, i, j, swap) {
    n = split(text, parts, " ")
    for (i = 1; i <= n; ++i) for (j = i + 1; j <= n; ++j)
      if (parts[j] + 0 < parts[i] + 0) { swap = parts[i]; parts[i] = parts[j]; parts[j] = swap }
    return parts[int((n + 1) / 2)]
  }
  END {
    printf "microseconds a run, median, %d at once; and over study-host\n", jobs
    for (p = 1; p <= 2; ++p) {
      program = p == 1 ? "true" : "line"
      own = median(times[program, "study_host"])
      for (peer in seen) {
        time = median(times[program, peer])
        printf "  %-5s %-11s %8d %8.2f\n", program, peer, time, time / own
      }
    }
  }'
