#!/usr/bin/env bash
# Start compose.yaml as a user does, and hold it to docs/containers.md: make test-compose. As root:
# the containers run in Docker engines of our own, on two machines made of network namespaces, so
# that an engine, a ROS graph or a port of this machine is neither needed nor disturbed.
#   BASE=image    Debian bookworm under another name
#   PIP_CERT=file certificate authority of the package registries, if it is a private one
set -euo pipefail
cd "$(dirname "$0")/.."
source scripts/containers/checks.sh
source scripts/containers/engines.sh
# Compose prefers these to .env.
unset "${!COMPOSE_@}" "${!LIVEKIT_@}" "${!VIDEO_COMMENTARY_@}" ROS_DOMAIN_ID USER_ID
prefix=compose$$-
nodes=(source commentator bridge)

skip() { say "test-compose: skipped: $*"; exit 0; }

end() {
  local name
  for name in desk robot; do
    [ ! -f "$work/engines/$name.child" ] || compose "$name" down -t 1 >/dev/null 2>&1 || true
    stop_engine "$name"
  done
  [ -z "${link:-}" ] || { kill "$link" && wait "$link" || true; }
  rm -rf "$work"
}

need() { # what must be there, or be had
  [ "$(id -u)" = 0 ] || skip "it needs root, for engines and network namespaces of its own"
  local program
  for program in dockerd docker ip nsenter unshare curl; do
    command -v $program >/dev/null || skip "$program is missing (apt-get install docker.io iproute2 util-linux curl)"
  done
  [ -c /dev/net/tun ] || skip "there is no /dev/net/tun to join two network namespaces with"
  if docker compose version --short 2>/dev/null | grep -qE '^v?(2\.(2[4-9]|[3-9][0-9])\.|[3-9]\.|[1-9][0-9])'; then
    composer=(docker compose)
  elif command -v go >/dev/null; then
    composer=("$(scripts/docker_compose.sh)")
  else
    skip "Docker Compose 2.24 or newer is missing, and Go to build it with"
  fi
}

compose() { # engine, words...: in that machine's copy of the checkout
  (cd "$work/$1" && on "$1" "${composer[@]}" "${@:2}")
}
inside() { nsenter "--net=/run/netns/$prefix$1" "${@:2}"; }
container() { compose "$1" ps -q "$2"; }
state() { on "$1" docker inspect -f "$3" "$(container "$1" "$2")"; } # engine, service, what

check_out() { # engine: what a clone would have, with this work tree's changes
  mkdir "$work/$1"
  git ls-files -z | xargs -0 cp --parents -t "$work/$1"
  cat >"$work/$1/.env"
}

show_logs() {
  local name
  for name in desk robot; do
    [ -f "$work/engines/$name.child" ] || continue
    say "--- $name" && tail -n 5 "$work/engines/$name.log"
    compose "$name" ps --all || true
    compose "$name" logs --tail 15 || true
  done
}

build() { # where packages can be had: in this machine's network
  local image
  start_engine desk
  image=$(sed -n 's/^    image: \(livekit.*\)/\1/p' compose.yaml)
  if [ -z "${BASE:-}" ]; then
    BASE=debian:bookworm-slim
    on desk docker pull -q $BASE >/dev/null 2>&1 || {
      command -v debootstrap >/dev/null || skip "no image registry answers, and debootstrap is missing"
      make_base desk
      BASE=$debian
    }
  fi
  on desk docker pull -q "$image" >/dev/null 2>&1 || {
    command -v go >/dev/null || skip "no image registry answers, and Go to build LiveKit's server is missing"
    make_livekit desk "$image"
  }
  build_settings >"$work/build.yaml"
  compose desk -f compose.yaml -f ../build.yaml build >"$work/build.log" 2>&1 ||
    { tail -n 30 "$work/build.log"; fail "docker compose build"; }
  stop_engine desk
}

build_settings() {
  local node arguments="BASE: $BASE" secrets=
  if [ -n "${PIP_CERT:-}" ]; then
    arguments+=", PIP_CERT: /run/secrets/ca, npm_config_cafile: /run/secrets/ca"
    secrets="secrets: [ca]"
    printf 'secrets: {ca: {file: "%s"}}\n' "$PIP_CERT"
  fi
  say "services:"
  for node in "${nodes[@]}"; do
    printf '  %s: {build: {network: host, args: {%s}%s}}\n' "$node" "$arguments" "${secrets:+, $secrets}"
  done
}

healthy() { [ "$(state "$1" "$2" '{{.State.Health.Status}}')" = healthy ]; }
all_healthy() { # engine, services...
  local service
  for service in "${@:2}"; do
    wait_for 150 "$service healthy on $1" healthy "$1" "$service"
  done
  ok "$1: ${*:2} healthy"
}
answer() { inside "$1" curl -sf --max-time 5 "http://127.0.0.1:8199$2"; }
comments() { # engine, when
  grep -qE '^[0-9:]{8}  .*[a-z]' < <(compose "$1" exec -T commentator timeout 40 say watch 2>&1) ||
    { show_logs; fail "no comment $2 at docker compose exec commentator say watch, within 40 s"; }
  ok "$1: a comment $2 at docker compose exec commentator say watch"
}
in_the_room() { answer desk /api/status | grep -qE '"livekit": *\{"light": *"ok"'; }

kill_node() { # engine, service: the node itself, not what started it
  local before pid
  before=$(state "$1" "$2" '{{.RestartCount}}')
  pid=$(on "$1" docker top "$(container "$1" "$2")" -eo pid,args | awk "/nodes\.$2/ {print \$1}")
  [ -n "$pid" ] || fail "no process of $2"
  kill -KILL "$pid"
  restarted() { [ "$(state "$1" "$2" '{{.RestartCount}} {{.State.Running}}')" = "$((before + 1)) true" ]; }
  wait_for 30 "a restart of $2" restarted "$1" "$2"
  ok "$1: $2 is started again after kill -9 of its node"
}

down() { # engine
  local began took
  began=$(date +%s%N)
  compose "$1" down >"$work/down.log" 2>&1 || { cat "$work/down.log"; fail "docker compose down"; }
  took=$(since "$began")
  [ "$took" -le 3000 ] || fail "$1: docker compose down took $took ms"
  ok "$1: docker compose down in $took ms"
}

one_machine() {
  printf '%s\n' COMPOSE_PROFILES=source,livekit LIVEKIT_URL=ws://127.0.0.1:7880 LIVEKIT_API_KEY=key \
    LIVEKIT_API_SECRET=a-secret-of-more-than-32-characters >"$work/desk/.env"
  start_engine desk "${prefix}desk"
  compose desk up -d >"$work/up.log" 2>&1 || { cat "$work/up.log"; fail "docker compose up"; }
  all_healthy desk "${nodes[@]}" livekit
  answer desk / | grep -qi '<html' || fail "the page"
  ok "desk: the page at 127.0.0.1:8199"
  comments desk "on the test scene"
  wait_for 30 "the bridge in LiveKit's room" in_the_room
  ok "desk: the bridge is in LiveKit's room"
  kill_node desk commentator
  all_healthy desk commentator
  comments desk "after the restart"
  down desk
}

two_machines() {
  printf '%s\n' COMPOSE_PROFILES=source VIDEO_COMMENTARY_LINK=lossy >"$work/robot/.env"
  printf '%s\n' VIDEO_COMMENTARY_PUBLISH=compressed VIDEO_COMMENTARY_FPS=15.0 >>"$work/robot/.env"
  echo VIDEO_COMMENTARY_LINK=lossy >"$work/desk/.env"
  start_engine robot "${prefix}robot"
  on desk docker save video_commentary:cpu | on robot docker load >/dev/null
  compose robot up -d source >"$work/up.log" 2>&1 || { cat "$work/up.log"; fail "up on the robot"; }
  compose desk up -d >"$work/up.log" 2>&1 || { cat "$work/up.log"; fail "up on the desk"; }
  all_healthy robot source
  all_healthy desk commentator bridge
  comments desk "on the robot's camera"
  answer desk /api/frame | head -c 2 | grep -q $'\xff\xd8' || fail "the robot's picture on the desk"
  kill_node robot source
  comments desk "after the restart"
  down robot
  down desk
}

need
work=$(mktemp -d) # 5 GB, with the engines' images
chmod 755 "$work"
trap end EXIT
check_out desk </dev/null
check_out robot </dev/null
say "Building with $(dockerd --version), $("${composer[@]}" version)"
began=$SECONDS
build
ok "built in $((SECONDS - began)) s"
python3 -m bench.lossy_link --prefix "$prefix" --loss 1 --delay 20 --jitter 10 --mbit 30 >"$work/link.log" 2>&1 &
link=$!
wait_for 10 "the link" grep -qs 'link up' "$work/link.log"
one_machine
two_machines
say "test-compose: all passed"
