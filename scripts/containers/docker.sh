# shellcheck shell=bash disable=SC2034,SC2154
# Sourced by test_image.sh: how a Docker engine builds, runs and stops.
builder=$(docker --version)
options=(--network host --ipc host --cap-drop ALL --security-opt no-new-privileges
  -v "$work/models:/models:ro")

build() { # image, target
  local words=(--target "$2" -t "$1")
  [ -z "${BASE:-}" ] || words+=(--build-arg "BASE=$BASE")
  [ -z "${PIP_CERT:-}" ] || words+=(--secret "id=ca,src=$PIP_CERT"
    --build-arg PIP_CERT=/run/secrets/ca --build-arg npm_config_cafile=/run/secrets/ca)
  docker build "${words[@]}" .
}
size() { docker image inspect --format '{{.Size}} bytes' "$1"; }
environment() { printf -- '--env\n%s\n' "${settings[@]}"; }

run_once() { # command...; as the user `as`, if that is set
  local words
  mapfile -t words < <(environment)
  docker run --rm ${as:+--user "$as"} "${options[@]}" "${words[@]}" "$image" "$@"
}
start() { # node
  local words
  mapfile -t words < <(environment)
  docker run -d --name "$(name "$1")" "${options[@]}" "${words[@]}" "$image" run "$1" >/dev/null
  docker logs -f "$(name "$1")" >"$work/$1.log" 2>&1 &
}
name() { echo "video_commentary_test_$$_$1"; }
inside() { docker exec "$(name "$1")" "${@:2}"; }
uid_of() { docker exec "$(name "$1")" stat -c %u /proc/1; }
terminate() {
  docker kill --signal TERM "$(name "$1")" >/dev/null
  docker wait "$(name "$1")" >/dev/null
}
remove() { docker rm -f "$(name "$1")"; }
remove_all() { :; }
