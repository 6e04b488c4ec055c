#!/usr/bin/env bash
# Tests against real CKANs that are brought up for them and taken down again, whatever happens: all of tests/ckan and
# tests/harvest with 2.12, and the main path with 2.11. A CKAN of `make ckan` is not touched: folders and ports are others.
# Where this machine cannot have a CKAN the tests are skipped, with the reason; everything else that goes wrong is a failure.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
first=${CKAN_PORT:-5140}
unset CKAN_XLOADER
log=$root/.ckan-test.log

take_down() { [ -z "${CKAN_DIR:-}" ] || "$here/down.sh" >/dev/null; }
trap take_down EXIT
trap 'exit 130' INT TERM

bring_up() {  # VERSION PORT: one without data of an earlier time.
  export CKAN_VERSION=$1 CKAN_PORT=$2 CKAN_DIR=$root/.ckan-test-$1
  local code=0 began=$SECONDS
  take_down
  rm -rf "$CKAN_DIR"
  "$here/up.sh" 2> "$log" >/dev/null || code=$?
  if [ "$code" = 3 ]; then
    echo "make test-ckan: skipped, for no CKAN can be brought up here. $(tail -n 1 "$log")"
    exit 0
  fi
  if [ "$code" != 0 ]; then
    cat "$log" >&2
    exit "$code"
  fi
  echo "CKAN $1 is up after $((SECONDS - began)) s."
}
run_tests() {
  OPENDATA_TEST_CKAN=http://127.0.0.1:$CKAN_PORT OPENDATA_TEST_CKAN_DIR=$CKAN_DIR \
    "$root/.venv/bin/python" -m pytest -rs "$@"
}

cd "$root"
bring_up 2.12 "$first"
run_tests -n 2 tests/ckan
# Alone: it counts what the whole portal shows.
run_tests -n 0 tests/harvest
take_down
bring_up 2.11 "$((first + 10))"
run_tests -n 2 -m main_path tests/ckan
