#!/usr/bin/env bash
# Installs, uses and removes the Debian packages in a bare system, made by debootstrap.
#
#   bash tests/packages/try_in_chroot.sh [--dev] [FOLDER [SUITE [MIRROR]]]
#
#   FOLDER   with the packages; without one, cpack packs build/release
#   SUITE    bookworm (default): the one that they were built on
#   --dev    also what is built against: installs a compiler, and builds a plugin and an orchestrator
#
# Needs root and the network, and so is no test of CTest's; tests/packages/packages_test.py is one.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
source_dir=$(cd "$here/../.." && pwd)
case ${1:-} in -h | --help) sed -n '2,/^set /{/^set /!s/^# \{0,1\}//p}' "${BASH_SOURCE[0]}"; exit ;; esac
with_dev=no
[[ ${1:-} != --dev ]] || { with_dev=yes; shift; }
suite=${2:-bookworm}
mirror=${3:-http://deb.debian.org/debian}
work=$(mktemp -d)
root=$work/root
trap 'rm -rf "$work"' EXIT
source "$here/../support/bare_system.sh"

packages=${1:-$work/packages}
[[ -n ${1:-} ]] || cpack -G DEB --config "$source_dir/build/release/CPackConfig.cmake" -B "$packages" >/dev/null
bare_system "$root" "$suite" "$mirror"
mkdir -p "$root/try"
cp "$packages"/study-checkpoint*.deb "$here/try_packages.sh" "$root/try"
cp -r "$source_dir/tests/consumer" "$source_dir/host_api/README.md" "$root/try"
cp /etc/resolv.conf "$root/etc"
# A system made for containers leaves manual pages out; here they are looked at.
rm -f "$root/etc/dpkg/dpkg.cfg.d/docker"
in_system "$root" bash /try/try_packages.sh "$with_dev"
