#!/usr/bin/env bash
# The whole thing in one command: installs what is missing, builds, runs the example study under study-host, shows the
# manifest that the plugin kept, and makes the study's report.
#
#   bash sample_host/demo.sh
#
# Needs Debian 12, Ubuntu 24.04 or newer, or what sample_host/setup.sh names. Exit code 0: the study has run, with the
# failures that it is meant to show; another: that of what has failed.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

case ${1:-} in
  '') ;;
  -h | --help)
    sed -n '2,/^set /{/^set /!s/^# \{0,1\}//p}' sample_host/demo.sh
    exit
    ;;
  *)
    echo "demo.sh: unknown argument '$1'; it takes none (see --help)" >&2
    exit 2
    ;;
esac

build=build/release
study=sample_host/examples/compression/study.yaml
host=$build/bin/study-host

# On a terminal ninja shows one line of progress, elsewhere what went wrong.
ninja_options=()
[[ -t 1 ]] || ninja_options=(--quiet)

bash sample_host/setup.sh demo

echo "Building study-host and its plugins in $build (takes some minutes the first time)"
cmake --preset release >/dev/null
cmake --build "$build" --target sample_host/all plugin/all -- "${ninja_options[@]}"

echo "Running $study"
status=0
# Ctrl-C is for study-host, which ends the study properly; this script waits for it.
trap : INT
output=$("$host" run "$study") || status=$?
trap - INT
((status <= 1)) || exit "$status" # study-host has said why
study_dir=${output##*$'\n'}

printf '\n$ %s status %s\n' "$host" "$study_dir"
"$host" status "$study_dir"
printf '\nThe manifest: %s\n' "$study_dir/manifest.json"
report=$("$host" report "$study_dir")
printf 'Its report: %s\nOpen it in a browser: xdg-open %q\n' "$report" "$report"
if ((status == 1)); then
  echo "Failed experiments are part of this study: it asks for gzip -0, which doesn't exist, to show how that looks."
fi
