# shellcheck shell=bash disable=SC2154
# Sourced by test_compose.sh: Docker engines of our own. Each can have a network namespace, and then
# stands for a machine: with its own name and shared memory too. None touches this machine's
# firewall, and none makes a bridge: only networks of the host's kind can be used.
debian=localhost/debian:bookworm-minbase

on() { # engine, command...
  DOCKER_HOST=unix://$work/engines/$1.sock "${@:2}"
}
answers() { on "$1" docker info >/dev/null 2>&1; }

start_engine() { # engine, network namespace (without one: this machine's network)
  local name=$1 folder=$work/engines within=(unshare --mount)
  mkdir -p "$folder"
  # shellcheck disable=SC2016 # the inner shell is to expand them
  [ $# = 1 ] || within=(nsenter "--net=/run/netns/$2" unshare --mount --ipc --uts sh -c
    'hostname "$0" && mount -t tmpfs -o mode=1777 tmpfs /dev/shm && exec "$@"' "$name")
  "${within[@]}" dockerd --host "unix://$folder/$name.sock" --data-root "$folder/$name" \
    --exec-root "$folder/$name.run" --pidfile "$folder/$name.pid" --bridge none --iptables=false \
    --ip6tables=false --ip-forward=false --ip-masq=false >"$folder/$name.log" 2>&1 &
  echo $! >"$folder/$name.child"
  wait_for 60 "the engine of $name" answers "$name"
}

stop_engine() { # engine: its containers end too
  local child=$work/engines/$1.child
  [ -f "$child" ] || return 0
  kill "$(cat "$child")" && wait "$(cat "$child")" || true
  rm -f "$child"
}

make_base() { # engine: what FROM names, from packages
  local root=$work/debian
  say "Making $debian with debootstrap"
  debootstrap --variant=minbase bookworm "$root" >"$work/debootstrap.log" 2>&1 ||
    { tail "$work/debootstrap.log"; fail "debootstrap"; }
  rm -rf "$root"/var/cache/apt/archives/*.deb
  tar -C "$root" -c . | on "$1" docker import - "$debian" >/dev/null
  rm -rf "$root"
}

make_livekit() { # engine, image: our own build of LiveKit's server in the place of its image
  local folder=$work/livekit
  mkdir "$folder"
  cp "$(scripts/livekit_server.sh)" "$folder/livekit-server"
  printf '%s\n' "FROM $BASE" 'RUN apt-get update && apt-get install -y --no-install-recommends busybox' \
    'RUN ln -s /bin/busybox /usr/bin/wget' 'COPY livekit-server /' \
    'ENTRYPOINT ["/livekit-server"]' >"$folder/Dockerfile"
  on "$1" docker build -q --network host -t "$2" "$folder" >"$work/livekit.log" 2>&1 ||
    { tail "$work/livekit.log"; fail "LiveKit's image"; }
}
