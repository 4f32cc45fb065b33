# shellcheck shell=bash
# Sourced by setup.sh: steps that run once per state of their inputs, and say what they do.
: "${state:?the folder of stamps and logs}"

say() { printf '%s\n' "$*"; }
fail() { printf '\nset-up stopped: %s\n' "$*" >&2; exit 1; }

# Hash of words and of the contents of the files among them.
key() {
  local part
  for part in "$@"; do
    if [ -f "$part" ]; then cat "$part"; else printf '%s\n' "$part"; fi
  done | sha256sum | cut -c1-32
}

# On a terminal, show the seconds passed and what the log says last, as long as the set-up lives.
ticker() { # log, start
  [ -t 1 ] || return 0
  while sleep 1 && kill -0 $$ 2>/dev/null; do
    printf '\r\033[K  %3d s  %.*s' $((SECONDS - $2)) "$(($(tput cols 2>/dev/null || echo 80) - 12))" \
      "$(tail -n 1 "$1" 2>/dev/null | tr -d '\r\033')"
  done
}

# Run a command unless its key is already stamped; its output goes to a log. Call it plainly, not
# after && or ||: there bash forgets `set -e` in the command.
step() { # name, key, what it does, command...
  local name=$1 key=$2 what=$3 log="$state/$1.log" start=$SECONDS pid status
  shift 3
  [ "$(cat "$state/$name.done" 2>/dev/null)" = "$key" ] && return
  say "- $what"
  mkdir -p "$state"
  : >"$log"
  ticker "$log" "$start" & pid=$!
  set +e
  (set -e; "$@") >>"$log" 2>&1
  status=$?
  set -e
  kill "$pid" 2>/dev/null || true
  wait "$pid" 2>/dev/null || true
  [ -t 1 ] && printf '\r\033[K'
  [ "$status" = 0 ] || explain "$what" "$log"
  printf '%s\n' "$key" >"$state/$name.done"
  say "  done in $((SECONDS - start)) s"
}

explain() { # what it did, log
  if grep -qiE 'name resolution|max retries|connection (refused|reset|timed out|broken)|read timed out|network is unreachable|newconnectionerror|dns error|error sending request|operation timed out|request failed after|ENOTFOUND|EAI_AGAIN|ECONNREFUSED' "$2"; then
    fail "a package registry can't be reached; connect this machine, or set PIP_INDEX_URL and" \
      "npm_config_registry to a mirror, and run the same command again (log: $2)"
  elif grep -qi 'no space left' "$2"; then
    fail "the disk is full: free 10 GB for tests, 3 GB for the demo (df -h .), and run the same" \
      "command again (log: $2)"
  elif grep -qi 'hash mismatch' "$2"; then
    tail -n 15 "$2" | sed 's/^/  | /' >&2
    fail "a package is not what requirements/lock/ says: a mirror that changes files, or a damaged" \
      "download. Try another mirror (PIP_INDEX_URL), and run the same command again (log: $2)"
  fi
  tail -n 15 "$2" | sed 's/^/  | /' >&2
  fail "'$1' went wrong as shown above; whole log: $2"
}
