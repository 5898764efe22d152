#!/usr/bin/env bash
# Makes or updates the virtual environment that the tests of the Python package run in: BUILD_DIR/venv.
#
#   bash tests/python/make_venv.sh BUILD_DIR
#
# Does nothing when what it was made of hasn't changed. Where the package index can't be reached it says so, and those
# tests are skipped: an environment that isn't whole is none.
set -euo pipefail
(($# == 1)) || { sed -n '2,/^set /{s/^# \{0,1\}//p}' "${BASH_SOURCE[0]}" >&2; exit 2; }

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
mkdir -p "$1"
build_dir=$(cd "$1" && pwd -P)
venv=$build_dir/venv
stamp=$venv/made_of
log=$build_dir/venv.log
python=${PYTHON:-python3}

requirements=()
for file in "$here"/requirements*.txt; do
  requirements+=(--requirement "$file")
done

made_of() {
  "$python" -c 'import sys; print(sys.version, sys.base_prefix)'
  cat "$here"/requirements*.txt "${BASH_SOURCE[0]}"
}

# Whoever reads the skipped tests' reason finds it there, too.
skip() {
  printf 'SKIPPED: the tests of the Python package, %s\n' "$*" | tee "$build_dir/venv.skipped" >&2
  exit 0
}

wanted=$(made_of | sha256sum | cut -d' ' -f1) || skip "for $python doesn't run"
if [[ -e $stamp && $(<"$stamp") == "$wanted" ]]; then
  exit 0
fi

echo "Installing what the tests of the Python package need in $venv"
rm -rf "$venv" "$build_dir/venv.skipped"
"$python" -m venv "$venv" >"$log" 2>&1 ||
  skip "for $python makes no virtual environment (Debian: python3-venv), see $log"
pip() {
  "$venv/bin/python" -m pip "$@" --quiet --disable-pip-version-check --no-input >>"$log" 2>&1
}
is_index_there() {
  pip download --no-deps --no-cache-dir --dest "$venv/probe" iniconfig
}

# What is imported is compiled then: most modules of the frameworks never are.
if ! pip install --no-compile "${requirements[@]}"; then
  grep -m 5 '^ERROR' "$log" >&2 || tail -n 5 "$log" >&2
  if is_index_there; then
    echo "make_venv: the index is there, but what $here/requirements*.txt name can't be had together; see $log" >&2
    rm -rf "$venv"
    exit 1
  fi
  rm -rf "$venv"
  skip "for the package index can't be reached, see $log"
fi
echo "$wanted" >"$stamp"
