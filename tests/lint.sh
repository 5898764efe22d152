#!/usr/bin/env bash
# What a machine can say of the sources: their layout (.clang-format), slips (.clang-tidy), and the order of the rooms.
# A source that has not changed since it was found clean is not read again.
#
#   bash tests/lint.sh             all three
#   bash tests/lint.sh --format    brings the layout into order instead
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

mapfile -t sources < <(find host_api plugin sample_host tests -name '*.[ch]pp' -o -name '*.[ch]' -o -name '*.js' | sort)
if [[ ${1:-} == --format ]]; then
  exec clang-format -i "${sources[@]}"
fi

version=14 # of clang-format and clang-tidy: Debian 12's, Ubuntu 22.04's
status=0
failed() {
  printf 'lint: %s\n' "$*" >&2
  status=1
}

# Another version lays out otherwise and finds other things: not this tree's fault, so it is said and passed over.
is_ours() {
  "$1" --version | grep -q "version $version\." && return
  printf "lint: SKIPPED: %s is not version %s, which this tree is held to\n" "$1" "$version" >&2
  return 1
}

if is_ours clang-format; then
  clang-format --dry-run -Werror "${sources[@]}" ||
    failed "the layout of these lines isn't that of .clang-format: bash tests/lint.sh --format mends it"
fi

python3 tests/rooms.py || failed "see the order of the rooms in tests/rooms.py"

if is_ours clang-tidy; then
  cmake --preset tidy >/dev/null
  mapfile -t objects < <(ninja -C build/tidy -t targets all | sed -n 's/^\(\(host_api\|plugin\|sample_host\)\/.*\.cpp\.o\): .*/\1/p')
  ninja -C build/tidy --quiet -k 0 "${objects[@]}" ||
    failed "mend what clang-tidy says, or silence a line with // NOLINT(the-check): and why it is wrong there"
fi
exit "$status"
