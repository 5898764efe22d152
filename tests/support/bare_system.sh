# For scripts that try something where nothing of ours is installed. To be sourced.
#
#   bare_system ROOT SUITE MIRROR [PACKAGE...]    puts a bare system with these packages into the empty folder ROOT
#   in_system ROOT COMMAND...                     runs a command there, with a /proc of its own
#
# Needs root, debootstrap and the network. What was made is kept, for the next time, as a tarball in
# ${XDG_CACHE_HOME:-~/.cache}/study_checkpoint.

bare_system() {
  local root=$1 suite=$2 mirror=$3 cache=${XDG_CACHE_HOME:-$HOME/.cache}/study_checkpoint
  shift 3
  local tarball name components=main script=sid # for suites that are newer than this debootstrap
  name=$suite$(printf -- '-%s' "$@")
  tarball=$cache/${name%-}.tar
  mkdir -p "$cache" "$root"
  if [[ ! -e $tarball ]]; then
    command -v debootstrap >/dev/null || { echo "bare_system: install debootstrap" >&2; return 3; }
    if [[ $mirror == *ubuntu* ]]; then
      components=main,universe
      script=gutsy
    fi
    local include
    include=$(IFS=, && printf '%s' "$*")
    debootstrap --variant=minbase ${include:+--include="$include"} --components="$components" "$suite" "$root" \
      "$mirror" "$script" >"$tarball.log" 2>&1 || { tail -n 5 "$tarball.log" >&2; return 3; }
    rm -rf "$root"/var/cache/apt/archives/*.deb "$root"/dev/*
    tar --create --file "$tarball.unfinished" --directory "$root" .
    mv "$tarball.unfinished" "$tarball"
  else
    tar --extract --file "$tarball" --directory "$root"
  fi
  mkdir -p "$root/dev"
  [[ -e $root/dev/null ]] || mknod -m 666 "$root/dev/null" c 1 3
  [[ -e $root/dev/urandom ]] || mknod -m 444 "$root/dev/urandom" c 1 9
  [[ -e $root/dev/fd ]] || ln -s /proc/self/fd "$root/dev/fd"
}

# /proc: study-host finds its own file by it. In a mount namespace, which goes with the command.
in_system() {
  local root=$1
  shift
  unshare --mount --pid --fork --mount-proc="$root/proc" \
    chroot "$root" /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive "$@"
}
