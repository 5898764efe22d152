#!/usr/bin/env bash
# Installs with apt what is missing to build and run the project: Debian 12 or newer, Ubuntu 24.04 or newer.
#
#   bash sample_host/setup.sh demo     what demo.sh needs
#   bash sample_host/setup.sh tests    that, and what tests/run.sh needs
#
# Says nothing when nothing is missing. As root, or through sudo.
set -euo pipefail

# A package, and how to tell that it is there: by a program on the PATH, or else by the package itself. CMake looks for
# the libraries of the tests in every build that it configures, so those are the demo's needs, too.
demo_needs=(
  "g++             program=g++"
  "cmake           program=cmake"
  "ninja-build     program=ninja"
  "gzip            program=gzip"
  "xz-utils        program=xz"
  "bzip2           program=bzip2"
  "python3         program=python3"
  "libyaml-dev"
  "libcli11-dev"
  "libfmt-dev"
  "libutf8proc-dev"
  "nettle-dev"
  "libsqlite3-dev"
  "libpq-dev"
  "libvalijson-dev"
)
tests_needs=(
  "clang           program=clang++"
  "libclang-rt-dev"
  "clang-format    program=clang-format"
  "clang-tidy      program=clang-tidy"
  "binutils        program=nm"
  "python3-yaml"
  "python3-venv"
  "zsh             program=zsh"
  "man-db          program=man"
  "dpkg-dev        program=dpkg-shlibdeps"
  "lintian         program=lintian"
  "pkg-config      program=pkg-config"
  "postgresql"
  "e2fsprogs       program=mkfs.ext4"
  "xfsprogs        program=mkfs.xfs"
  "btrfs-progs     program=mkfs.btrfs"
)
# Installed where the distribution has them as packages, as Ubuntu has no chromium: tests say what they have skipped without.
tests_wishes=(
  "chromium        program=chromium"
  "slurmctld       program=slurmctld"
  "slurmd          program=slurmd"
  "slurm-client    program=srun"
  "munge           program=munged"
  "pgbouncer"
  "iproute2        program=ip"
)
# %s is the version in the package's name.
boost_parts=(libboost%s-dev libboost-log%s-dev libboost-test%s-dev)

say() { printf 'setup: %s\n' "$*" >&2; }
fail() {
  say "$*"
  exit 1
}

is_installed() {
  [[ $(dpkg-query --show --showformat='${db:Status-Status}' "$1" 2>/dev/null) == installed ]]
}

missing_packages() {
  local package probe
  while read -r package probe; do
    if [[ $probe == program=* ]]; then
      command -v "${probe#program=}" >/dev/null || echo "$package"
    else
      is_installed "$package" || echo "$package"
    fi
  done < <(printf '%s\n' "$@")
}

offered_packages() {
  local package
  while read -r package; do
    if LC_ALL=C apt-cache policy "$package" 2>/dev/null | grep -q '^  Candidate: [0-9]'; then
      echo "$package"
    fi
  done
}

missing_all() {
  missing_packages "${needs[@]}"
  missing_boost_packages
  if ((${#wishes[@]} > 0)); then
    missing_packages "${wishes[@]}" | offered_packages
  fi
}

# Debian 12's libboost-dev is 1.74, which is too old; its 1.81 carries the version in the package names.
choose_boost_version() {
  local offered
  offered=$(dpkg-query --show --showformat='${Version}' libboost-dev 2>/dev/null) ||
    offered=$(LC_ALL=C apt-cache policy libboost-dev | sed -n 's/^ *Candidate: //p')
  if [[ $offered != [0-9]* ]] || dpkg --compare-versions "$offered" lt 1.81; then
    echo 1.81
  fi
}

missing_boost_packages() {
  if [[ ! -e /usr/local/include/boost/version.hpp ]]; then # somebody's own Boost: CMake judges it
    missing_packages "${boost_parts[@]//%s/$(choose_boost_version)}"
  fi
}

# apt's chatter is shown only where it failed.
apt_get() {
  local log status=0 as_root=()
  ((EUID == 0)) || as_root=(sudo)
  log=$(mktemp)
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -q -y -o DPkg::Lock::Timeout=300 "$@" \
    >"$log" 2>&1 || status=$?
  ((status == 0)) || tail -n 20 "$log" >&2
  rm -f "$log"
  ((status == 0)) || fail "apt-get $1 failed, see above"
}

setup() {
  local needs=("${demo_needs[@]}") wishes=() missing
  case ${1:-} in
    demo) ;;
    tests)
      needs+=("${tests_needs[@]}")
      wishes=("${tests_wishes[@]}")
      ;;
    -h | --help)
      sed -n '2,/^set /{/^set /!s/^# \{0,1\}//p}' "${BASH_SOURCE[0]}"
      return
      ;;
    *)
      say "unknown argument '${1:-}'; usage: bash sample_host/setup.sh demo|tests"
      return 2
      ;;
  esac
  if ! command -v apt-get >/dev/null; then
    say "no apt-get on this system, so nothing is installed. Needed: Boost 1.81 with Log and Test," \
      "and what these Debian packages have: $(printf '%s\n' "${needs[@]}" | cut -d' ' -f1 | xargs)"
    return
  fi
  mapfile -t missing < <(missing_all)
  if ((${#missing[@]} == 0)); then
    return
  fi
  if ((EUID != 0)) && ! command -v sudo >/dev/null; then
    fail "missing: ${missing[*]}. Install them as root (apt-get install ...), or install sudo."
  fi
  say "updating the package lists"
  apt_get update
  # Once more: on a bare system apt knows only now which Boost it has.
  mapfile -t missing < <(missing_all)
  say "installing ${missing[*]}"
  apt_get install --no-install-recommends --no-remove "${missing[@]}"
}

setup "$@"
