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
suite=${2:-bookworm}
mirror=${3:-http://deb.debian.org/debian}
cache=${XDG_CACHE_HOME:-$HOME/.cache}/study_checkpoint
tarball=$cache/$suite.tar
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT

command -v debootstrap >/dev/null || { echo "try_in_chroot: install debootstrap" >&2; exit 3; }

make_bare_system() {
  local components=main script=sid # for suites that are newer than this debootstrap
  if [[ $mirror == *ubuntu* ]]; then
    components=main,universe
    script=gutsy
  fi
  debootstrap --variant=minbase --include=python3,python3-venv --components="$components" "$suite" "$root" "$mirror" \
    "$script" >"$cache/$suite.log" 2>&1 || { tail -n 5 "$cache/$suite.log" >&2; exit 3; }
  rm -rf "$root"/var/cache/apt/archives/*.deb "$root"/dev/*
  tar --create --file "$tarball.unfinished" --directory "$root" .
  mv "$tarball.unfinished" "$tarball"
}

mkdir -p "$cache"
if [[ -e $tarball ]]; then
  tar --extract --file "$tarball" --directory "$root"
else
  make_bare_system
fi

mkdir -p "$root/try"
cp "$wheel" "$here"/*.py "$here/try_wheel.sh" "$root/try"
mkdir -p "$root/dev"
[[ -e $root/dev/null ]] || mknod -m 666 "$root/dev/null" c 1 3
[[ -e $root/dev/urandom ]] || mknod -m 444 "$root/dev/urandom" c 1 9
# /proc: study-host finds its own file by it. In a mount namespace, which goes with the command.
unshare --mount --pid --fork --mount-proc="$root/proc" \
  chroot "$root" /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8 \
  bash /try/try_wheel.sh "/try/${wheel##*/}" /try/work
