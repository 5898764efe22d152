#!/usr/bin/env bash
# A compiler launcher that checks in the place of compiling: `tidy_launcher.sh clang++ <arguments>`. A build system that
# uses it knows, as of any compilation, which files have changed since they were found clean.
set -euo pipefail

output=
source=${*: -1}
arguments=("$@")
for ((i = 0; i < ${#arguments[@]}; ++i)); do
  [[ ${arguments[i]} != -o ]] || output=${arguments[i + 1]}
done

clang-tidy --quiet "$source" -- "${arguments[@]:1}" 2> >(grep -v 'warnings\? generated\.$\|^Suppressed\|^Use -header-filter' >&2)
"$@" -E -o /dev/null # what it depends on
touch "$output"
