#!/usr/bin/env bash
# Packs the wheel of what is built in a build folder, and tries it: bash tests/python/wheel/build_and_try.sh BUILD_DIR
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
work_dir=$(cd "$1" && pwd)/tests/wheel
rm -rf "$work_dir"
bash "$here/../../../host_api/python/build_wheel.sh" --from "$1" "$work_dir"
bash "$here/try_wheel.sh" "$work_dir"/*.whl "$work_dir/try"
