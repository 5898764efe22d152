#!/usr/bin/env bash
# Tries a wheel where none of our libraries is: in a bare system with Python, made by debootstrap, in a fresh environment.
#
#   bash tests/python/wheel/try_in_chroot.sh WHEEL [SUITE [MIRROR]]
#
#   SUITE    bookworm (default), trixie, or with MIRROR=http://archive.ubuntu.com/ubuntu jammy, noble
#
# Needs root and the network, and so is no test of CTest's. The bare system is kept, for the next time, as a tarball in
# ${XDG_CACHE_HOME:-~/.cache}/study_checkpoint; what is made of it is removed.
set -euo pipefail
(($# >= 1)) || { sed -n '2,/^set /{s/^# \{0,1\}//p}' "${BASH_SOURCE[0]}" >&2; exit 2; }
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
wheel=$(realpath "$1")
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
source "$here/../../support/bare_system.sh"
bare_system "$root" "${2:-bookworm}" "${3:-http://deb.debian.org/debian}" python3 python3-venv

mkdir -p "$root/try"
cp "$wheel" "$here"/*.py "$here/try_wheel.sh" "$root/try"
in_system "$root" bash /try/try_wheel.sh "/try/${wheel##*/}" /try/work
