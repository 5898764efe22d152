#!/usr/bin/env bash
# Runs a command in the virtual environment of the tests, or says why it can't.
#
#   bash tests/python/run_in_venv.sh BUILD_DIR PROGRAM ARGUMENT...
#
# In the latter case it ends with 77, which CTest counts as skipped. The package is imported from the sources, and finds
# the libraries of BUILD_DIR.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
build_dir=$1
shift

if [[ ! -e $build_dir/venv/made_of ]]; then
  cat "$build_dir/venv.skipped" 2>/dev/null ||
    echo "SKIPPED: bash tests/python/make_venv.sh $build_dir makes the environment for this test"
  exit 77
fi
export PATH=$build_dir/venv/bin:$PATH
# The frameworks are compiled once, and not by each process anew, and beside the environment, not in the sources.
unset PYTHONDONTWRITEBYTECODE
export PYTHONPYCACHEPREFIX=$build_dir/venv/pycache
export PYTHONPATH=$here/../../host_api/python/src
export STUDY_BUILD_DIR=$build_dir
export STUDY_SESSION_LIBRARY=$build_dir/lib/libstudy_session.so
export STUDY_OBSERVER_PATH=$build_dir/lib/study_observers
exec "$@"
