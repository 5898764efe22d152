#!/usr/bin/env bash
# Cuts the power of ext4 and xfs under running studies, again and again, and looks at what is left each time:
#
#   sudo bash tests/crash/campaign.sh 100 [BUILD_DIRECTORY]
#
# Each round is the whole of tests/crash/power_cut_test.cpp: 28 cuts. Stops at the first that finds something.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

rounds=${1:-}
build=${2:-build/release}
if ! [[ $rounds =~ ^[1-9][0-9]*$ ]]; then
  sed -n '2,/^set /{s/^# \{0,1\}//p}' "${BASH_SOURCE[0]}" >&2
  exit 2
fi
if ((EUID != 0)); then
  echo "mounting the disks that are cut needs root" >&2
  exit 2
fi

output=$(mktemp)
trap 'rm -f "$output"' EXIT
for ((round = 1; round <= rounds; ++round)); do
  if ! "$build/tests/power_cut_test" --log_level=message >"$output" 2>&1; then
    cat "$output"
    echo "round $round of $rounds has found something" >&2
    exit 1
  fi
  if grep -q 'SKIPPED: ' "$output"; then
    cat "$output"
    exit 1
  fi
  echo "$((28 * round)) cuts"
done
