#!/usr/bin/env bash
# Build the cpu image and hold it to what docs/containers.md says, from outside: make test-image.
# With a Docker engine, or as root with buildah and debootstrap if none runs.
#   BASE=image    Debian bookworm under another name
#   PIP_CERT=file certificate authority of the package registries, if it is a private one
set -euo pipefail
cd "$(dirname "$0")/.."
image=video_commentary:cpu
work=$(mktemp -d)
mkdir "$work/models"
chmod 755 "$work" "$work/models"
nodes=(source commentator bridge)

source scripts/containers/checks.sh

if docker info >/dev/null 2>&1; then
  source scripts/containers/docker.sh
elif [ "$(id -u)" = 0 ] && command -v buildah debootstrap >/dev/null; then
  source scripts/containers/buildah.sh
else
  fail "no Docker engine answers; start one, or become root and:" \
    "apt-get install --no-install-recommends buildah debootstrap"
fi

end() {
  local node
  [ -z "${listener:-}" ] || kill "$listener" 2>/dev/null || true
  for node in "${nodes[@]}"; do remove "$node" >/dev/null 2>&1 || true; done
  remove_all >/dev/null 2>&1 || true
  rm -rf "$work"
}
trap end EXIT

free_port() { python3 -c 'import socket; s = socket.create_server(("127.0.0.1", 0)); print(s.getsockname()[1])'; }

# A graph of our own, on this machine only. The listener outside may be of another user, who does
# not share memory with the image's (docs/containers.md): it takes UDP, which Fast DDS does not
# offer where only this machine is to be found.
port=$(free_port)
settings=("ROS_DOMAIN_ID=$((RANDOM % 100 + 1))" ROS_AUTOMATIC_DISCOVERY_RANGE=LOCALHOST
  "VIDEO_COMMENTARY_PORT=$port")
outside() { exec env "${settings[@]}" ROS_AUTOMATIC_DISCOVERY_RANGE=SUBNET \
  FASTDDS_BUILTIN_TRANSPORTS=UDPv4 scripts/in_venv.sh "$@"; }

show_logs() {
  local node
  for node in "${nodes[@]}"; do
    say "--- $node"
    tail -n 20 "$work/$node.log" || true
  done
  say "--- heard outside"
  tail -n 20 "$work/heard" || true
  say "--- health"
  tail -n 5 "$work/health.log" || true
}

heard() { [ "$(grep -cE '^[0-9:]{8}  .*[a-z]' "$work/heard")" -ge "$1" ]; }
well() { inside "$1" health "$1" >>"$work/health.log" 2>&1; }

check_contents() {
  # shellcheck disable=SC2016 # the image's shell is to expand it
  local look='set -e
    [ "$(id -u)" = 1000 ]
    ! touch /models/a 2>/dev/null && ! touch .venv/a 2>/dev/null
    ! python -c "import torch" 2>/dev/null && ! command -v g++ npm
    doctor --seconds 0'
  run_once sh -ec "$look" >"$work/contents.log" 2>&1 || { cat "$work/contents.log"; fail "contents"; }
  # Only its owner sees into that folder.
  # shellcheck disable=SC2016
  look='ls ~root && [ ! -e ~root/.cache ] && [ ! -e ~root/.npm ] && [ -z "$(ls /var/lib/apt/lists)" ]'
  as=0 run_once sh -ec "$look" >"$work/contents.log" 2>&1 ||
    { cat "$work/contents.log"; fail "caches are left in the image"; }
  ok "runs as user 1000, can't write to /models nor to its own code, no torch, compiler or caches"
  ok "doctor finds all that the built-in engine needs, beside an empty /models"
}

check_running() {
  local node page
  (outside python -m video_commentary.tools.say watch) >"$work/heard" 2>&1 &
  listener=$!
  for node in "${nodes[@]}"; do start "$node"; done
  wait_for 120 "3 comments over DDS at a subscriber outside" heard 3
  ok "comments come over DDS to a subscriber outside, such as:"
  grep -E '^[0-9:]{8}  ' "$work/heard" | tail -n 2 | sed 's/^/          /'
  for node in "${nodes[@]}"; do
    wait_for 60 "the health check of $node" well "$node"
    [ "$(uid_of "$node")" = 1000 ] || fail "$node runs as user $(uid_of "$node")"
  done
  ok "health checks of ${nodes[*]} pass; their processes belong to user 1000"
  page=$(curl -sf --max-time 5 "http://127.0.0.1:$port/") && [[ ${page,,} == *'<html'* ]] ||
    fail "the page at port $port"
  ok "the bridge serves its page at 127.0.0.1:$port"
}

check_stopping() {
  local node began took
  for node in source bridge commentator; do
    began=$(date +%s%N)
    terminate "$node"
    took=$(since "$began")
    [ "$took" -le 3000 ] || fail "$node took $took ms to stop"
    ok "SIGTERM stops $node in $took ms"
  done
  if run_once health commentator >"$work/gone.log" 2>/dev/null; then
    fail "the health check passes without a commentator"
  fi
  ok "without one its health check fails: $(cat "$work/gone.log")"
}

say "Building $image with $builder"
began=$SECONDS
build "$image" cpu
ok "built in $((SECONDS - began)) s: $(size "$image")"
check_contents
check_running
check_stopping
say "test-image: all passed"
