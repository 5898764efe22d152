#!/usr/bin/env bash
# What try_in_chroot.sh does in the bare system: try_packages.sh yes|no (also what is built against).
set -euo pipefail
cd /try
with_dev=$1

say() { printf '== %s\n' "$*"; }
apt_get() { apt-get -q -y -o APT::Sandbox::User=root --no-install-recommends "$@" >apt.log 2>&1 || { tail -n 20 apt.log >&2; exit 1; }; }

apt_get update

say "installing study-checkpoint"
apt_get install ./study-checkpoint_*.deb
ldconfig -p | grep -q libstudy_session.so.1

say "a study, and its resumption"
cat >study.yaml <<'STUDY'
name: chroot
sweep: {n: [1, 2, 3]}
runners: {default: {command: [sh, -c, "echo '{\"square\": 1}'"]}}
STUDY
cat >study_host.json <<'CONFIG'
{"observers": [{"plugin": "manifest_writer"}, {"plugin": "journal_writer"}, {"plugin": "sqlite_writer"}]}
CONFIG
study-host --version
directory=$(study-host run study.yaml)
study-host status "$directory" | grep '3 completed, 0 failed'
study-host run --resume "$directory" >/dev/null
study-host list results | grep chroot
study-host plugins | grep -c '^[a-z]*_writer ' | grep -qx 4
study-host check-plugin /usr/lib/study_observers/manifest_writer.so --only lifecycle | tail -n 1

say "texts"
zcat /usr/share/man/man1/study-host-run.1.gz | grep -q '^.SH SYNOPSIS'
bash -c 'source /usr/share/bash-completion/completions/study-host
  COMP_WORDS=(study-host sta) COMP_CWORD=1; _study_host; [[ ${COMPREPLY[*]} == status ]]'
ls /usr/share/doc/study-checkpoint/formats
test -s /usr/share/study_host/study.schema.json

if [[ $with_dev == yes ]]; then
  say "building against study-checkpoint-dev"
  apt_get install ./study-checkpoint-dev_*.deb g++ cmake ninja-build pkg-config
  cmake -S consumer -B consumer_build -G Ninja >/dev/null
  cmake --build consumer_build -- --quiet
  study-host check-plugin consumer_build/printer.so --only lifecycle | tail -n 1
  sed -n '/^```c$/,/^```$/{/^```/!p}' README.md >orchestrator.c
  # shellcheck disable=SC2046 # flags are words
  gcc orchestrator.c -o orchestrator $(pkg-config --cflags --libs study_session)
  ./orchestrator '{"study_name": "c", "results_dir": "results"}'
  sed -n '/^```cpp$/,/^```$/{/^```/!p}' README.md >embedded.cpp
  # shellcheck disable=SC2046
  g++ -std=c++20 embedded.cpp -o embedded $(pkg-config --static --cflags --libs study_host_api)
  ./embedded results /usr/lib/study_observers
  apt_get purge study-checkpoint-dev
  [[ ! -e /usr/include/study && ! -e /usr/lib/libstudy_session.so ]]
fi

say "removing"
apt_get purge study-checkpoint
! ldconfig -p | grep libstudy_session || exit 1
if find / -xdev -path /try -prune -o -path /proc -prune -o -path '*study*' -print | grep .; then
  echo "the packages have left that behind" >&2
  exit 1
fi
say "all is gone"
