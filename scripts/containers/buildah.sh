# shellcheck shell=bash disable=SC2034,SC2154
# Sourced by test_image.sh: how buildah builds and runs, without an engine and without a registry.
export STORAGE_DRIVER=vfs BUILDAH_ISOLATION=chroot
builder=$(buildah --version)
debian=localhost/debian:bookworm-minbase

make_base() { # what FROM names, from packages
  local root=$work/debian container
  say "Making $debian with debootstrap"
  debootstrap --variant=minbase bookworm "$root" >"$work/debootstrap.log" 2>&1 ||
    { tail "$work/debootstrap.log"; fail "debootstrap"; }
  rm -rf "$root"/var/cache/apt/archives/*.deb
  container=$(buildah from scratch)
  buildah copy -q "$container" "$root" / >/dev/null
  buildah commit -q --rm "$container" "$debian" >/dev/null
  rm -rf "$root"
}

build() { # image, target
  local words=(--layers --format docker --target "$2" -t "$1")
  if [ -z "${BASE:-}" ]; then
    buildah inspect --type image "$debian" >/dev/null 2>&1 || make_base
    BASE=$debian
  fi
  [ -z "${PIP_CERT:-}" ] || words+=(--secret "id=ca,src=$PIP_CERT"
    --build-arg PIP_CERT=/run/secrets/ca --build-arg npm_config_cafile=/run/secrets/ca)
  buildah bud --pull=never "${words[@]}" --build-arg "BASE=$BASE" .
}
size() { buildah images --format '{{.Size}}' "$1"; }

# One container for all: chroot isolation shares every namespace but the mounts. buildah run knows no
# entrypoint: take the image's.
in_image() { # command...; as the user `as`, if that is set
  local words entry
  mapfile -t words < <(printf -- '--env\n%s\n' "${settings[@]}")
  entry=$(buildah inspect --format '{{range .Docker.Config.Entrypoint}}{{.}} {{end}}' "$(container)")
  # shellcheck disable=SC2086 # words of a list
  exec buildah run ${as:+--user "$as"} -v "$work/models:/models:ro" "${words[@]}" "$(container)" -- $entry "$@"
}
container() {
  [ -f "$work/container" ] || buildah from --pull=never "localhost/$image" >"$work/container"
  cat "$work/container"
}
run_once() { (in_image "$@"); }
inside() { run_once "${@:2}"; }
start() { # node
  (in_image run "$1") >"$work/$1.log" 2>&1 &
  echo $! >"$work/$1.pid"
}
first_process() { # node: the entrypoint's process, below buildah's own
  local pid
  pid=$(cat "$work/$1.pid")
  while [ -d "/proc/$pid" ]; do
    if [ "$(cat "/proc/$pid/comm")" = tini ]; then echo "$pid" && return; fi
    pid=$(pgrep -P "$pid" | head -n 1)
  done
  return 1
}
uid_of() { stat -c %u "/proc/$(first_process "$1")"; }
terminate() {
  kill -TERM "$(first_process "$1")"
  wait "$(cat "$work/$1.pid")" || true
}
remove() { kill -TERM "$(first_process "$1")"; }
remove_all() { wait; buildah rm "$(container)"; }
