#!/usr/bin/env bash
# Starts a PostgreSQL server in a folder, three hosts that run a study each and keep it there, and shows what the
# database knows of them to a fourth, the laptop, that has none. One host is killed on the way and its study goes on.
# Ends all that it has started.
#
#   bash three_hosts.sh [FOLDER]       a new folder, else a temporary one, which is removed
#
# STUDY_HOST is the program, if it isn't build/release/bin/study-host. As root the server runs as the user postgres.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
study_host=${STUDY_HOST:-$here/../../../build/release/bin/study-host}

say() { printf '\n== %s\n' "$*"; }
fail() {
  printf 'three_hosts: %s\n' "$*" >&2
  exit 3
}

programs=$(dirname "$(compgen -G '/usr/lib/postgresql/*/bin/initdb' | sort -V | tail -n 1)")
[[ -x $programs/initdb ]] || programs=$(dirname "$(command -v initdb || echo /nowhere/initdb)")
[[ -x $programs/initdb ]] || fail "no PostgreSQL server is installed here: apt-get install postgresql"
[[ -x $study_host ]] || fail "$study_host is not there: build it, or set STUDY_HOST"
study_host=$(realpath "$study_host")
(($# <= 1)) || fail "usage: bash three_hosts.sh [FOLDER]"

as_server=()
((EUID != 0)) || as_server=(setpriv --reuid=postgres --regid=postgres --clear-groups)
if (($# == 1)); then
  mkdir "$1" || fail "give a folder that is not there yet"
  folder=$(cd "$1" && pwd)
else
  folder=$(mktemp -d)
fi
hosts=()
cleanup() {
  local status=$?
  trap '' EXIT INT TERM
  for pid in "${hosts[@]}"; do kill "$pid" 2>/dev/null || true; done
  wait
  if [[ -e $folder/server/data/postmaster.pid ]]; then
    "${as_server[@]}" "$programs/pg_ctl" -D "$folder/server/data" -m immediate stop >/dev/null || true
  fi
  (($# == 1)) || rm -rf "$folder"
  exit "$status"
}
trap 'cleanup "$@"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

say "a server in $folder"
chmod 711 "$folder"
mkdir "$folder/server"
((EUID != 0)) || chown postgres: "$folder/server"
cd / # where the server's user may be
"${as_server[@]}" "$programs/initdb" -D "$folder/server/data" -U study --auth=trust --encoding=UTF8 --no-sync >/dev/null
# A connection for each host, and some for who looks.
"${as_server[@]}" "$programs/pg_ctl" -D "$folder/server/data" -l "$folder/server/log" -w -t 120 start >/dev/null \
  -o "-k $folder/server -c listen_addresses= -c max_connections=20"
connection="host=$folder/server user=study dbname=postgres"
ask() { "$programs/psql" -X "$connection" -c "SET search_path = study_checkpoint" -q -c "$1"; }
answer() { "$programs/psql" -X "$connection" -At -c "$1"; }

for name in host-1 host-2 host-3 laptop; do
  mkdir "$folder/$name"
  cat >"$folder/$name/study_host.json" <<CONFIG
{"observers": [{"plugin": "postgres_writer", "options": {"connection": "$connection"}}]}
CONFIG
done
# The laptop has no study of its own.
for i in 1 2 3; do cp "$here/study.yaml" "$here/sort.py" "$folder/host-$i/"; done

# As on a machine of that name, where this user may give it one.
as_host=()
! unshare --uts true 2>/dev/null || as_host=(unshare --uts bash -c 'hostname "$0" && exec "$@"')
on() {
  ((${#as_host[@]})) || shift
  exec "${as_host[@]}" "$@"
}

say "three hosts"
for i in 1 2 3; do
  on "host-$i" "$study_host" run "$folder/host-$i/study.yaml" >"$folder/host-$i/directory" 2>"$folder/host-$i/log" &
  hosts+=($!)
done

# Once it has come so far that there is something to go on from.
until (($(answer "SELECT count(*) FROM study_checkpoint.attempts JOIN study_checkpoint.studies USING (study_id)
                  WHERE attempts.status = 'completed' AND study_dir LIKE '%/host-3/%'" 2>/dev/null || echo 0) > 0)); do
  kill -0 "${hosts[2]}" 2>/dev/null || break
done
grep -q /results/ "$folder/host-3/directory" || fail "host 3 has failed: $(cat "$folder/host-3/log")"
say "the third is killed"
kill -KILL "${hosts[2]}" 2>/dev/null || true
wait "${hosts[2]}" 2>/dev/null || true
# The server frees its lock a moment later.
until (($(answer "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'") < 3)); do :; done
say "all studies, as the laptop sees them"
"$study_host" list --config "$folder/laptop/study_host.json"

say "its study goes on"
on host-3 "$study_host" run "$folder/host-3/study.yaml" --resume latest >"$folder/host-3/directory" 2>>"$folder/host-3/log" &
hosts[2]=$!
for i in 0 1 2; do
  wait "${hosts[$i]}" || fail "host $((i + 1)) has failed: $(cat "$folder/host-$((i + 1))/log")"
done
hosts=()
"$study_host" list --config "$folder/laptop/study_host.json"

say "how long each configuration took, over all hosts"
ask "SELECT config_summary, count(*), round(avg(ended_at_us - started_at_us) / 1e3, 1) AS mean_ms
     FROM attempts JOIN entries USING (study_id, position)
     WHERE status = 'completed' GROUP BY config_summary ORDER BY mean_ms"

say "the latest of them, by its name"
"$study_host" status --study sorting --config "$folder/laptop/study_host.json"
