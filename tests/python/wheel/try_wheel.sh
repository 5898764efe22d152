#!/usr/bin/env bash
# Installs a wheel in a fresh environment, without an index, and tries what is in it: in a chroot or here.
#
#   bash tests/python/wheel/try_wheel.sh WHEEL DIRECTORY
#
# DIRECTORY is made anew. Says what is wrong and ends with 1, or ends with 0.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
wheel=$1
work_dir=$2
# The installed package is what is tried, not the sources and not a build.
unset STUDY_SESSION_LIBRARY STUDY_OBSERVER_PATH PYTHONPATH

fail() {
  echo "try_wheel: $*" >&2
  exit 1
}

rm -rf "$work_dir"
mkdir -p "$work_dir"
cd "$work_dir"
python3 -m venv venv
venv/bin/pip install --quiet --no-index --disable-pip-version-check "$wheel"
site=$(venv/bin/python -c 'import pathlib, study_checkpoint as package; print(pathlib.Path(package.__file__).parents[1])')
[[ $site == "$work_dir"/venv/* ]] || fail "python imports study_checkpoint from $site"

echo "Libraries that come from outside the wheel:"
# Of the system only what every system has. postgres_writer takes the system's libpq, with all that that needs.
outside=$(
  for file in "$site"/study_checkpoint/_native/{bin,lib,lib/study_observers}/*; do
    [[ ! -f $file || $file == */postgres_writer.so ]] || LC_ALL=C ldd "$file"
  done | awk -v site="$site/" '$2 == "=>" && index($3, "/") && index($3, site) != 1 { print $1 }
                               $3 == "not" { print $1 " (missing)" }' | sort -u | xargs
)
echo "  $outside"
for name in $outside; do
  case $name in
    libc.so.6 | libm.so.6 | libstdc++.so.6 | libgcc_s.so.1 | ld-linux-x86-64.so.2) ;;
    *) fail "the wheel needs $name of the system" ;;
  esac
done

echo "Licences:"
licenses=$(echo "$site"/study_checkpoint-*.dist-info/licenses)
ls "$licenses" | xargs
for source in boost sqlite3 libyaml cli11; do
  compgen -G "$licenses/$source*/copyright" >/dev/null || fail "no licence of $source in $licenses"
done

venv/bin/python "$here/five_lines.py" manifest_writer journal_writer sqlite_writer
venv/bin/python "$here/another_sqlite.py"

listed=$(venv/bin/study-host plugins 2>&1) || true
for plugin in manifest_writer journal_writer sqlite_writer; do
  grep -q "^$plugin 1" <<<"$listed" || fail "study-host plugins doesn't list $plugin: $listed"
done
if grep -q '^postgres_writer 1' <<<"$listed"; then
  echo "postgres_writer: loads with the system's libpq"
else
  grep -m 1 'libpq' <<<"$listed" || fail "nothing says why postgres_writer isn't there: $listed"
fi

cat >study.yaml <<'YAML'
name: wheel
sweep: {n: [1, 2]}
runners: {default: {command: [echo, "{}"]}}
YAML
venv/bin/study-host run study.yaml >printed 2>log || fail "study-host run: $(<log)"
venv/bin/study-host status "$(tail -n 1 printed)" | head -n 1
