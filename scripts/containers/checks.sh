# shellcheck shell=bash
# Sourced by test_image.sh and test_compose.sh, which define show_logs.
say() { printf '%s\n' "$*"; }
fail() { say "FAILED: $*" >&2; exit 1; }
ok() { say "ok      $*"; }

wait_for() { # seconds, what, command...
  local seconds=$1 what=$2 deadline=$((SECONDS + $1))
  shift 2
  until "$@"; do
    [ "$SECONDS" -lt "$deadline" ] || { show_logs; fail "$what: not within $seconds s"; }
    sleep 0.5
  done
}

since() { echo $((($(date +%s%N) - $1) / 1000000)); } # date +%s%N, in ms
