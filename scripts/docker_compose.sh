#!/usr/bin/env bash
# Print the path of Docker Compose as a program of its own; build it with Go if missing (5 min).
# For machines where neither `docker compose` nor a package has it: Debian 12 ends at 1.29.
set -euo pipefail
version=2.40.3
folder=${XDG_CACHE_HOME:-$HOME/.cache}/video_commentary/docker-compose-$version
if [ ! -x "$folder/docker-compose" ]; then
  command -v go >/dev/null || { echo "no Go toolchain to build Docker Compose with" >&2; exit 1; }
  mkdir -p "$folder"
  exec 9>"$folder/lock"
  flock 9
  if [ ! -x "$folder/docker-compose" ]; then
    partial=$(mktemp -d "$folder/build.XXXXXX")
    trap 'rm -rf "$partial"' EXIT
    # Not `go install`, which refuses a module whose go.mod excludes versions.
    module=$(go mod download -json "github.com/docker/compose/v2@v$version" |
      sed -n 's/^\t"Dir": "\(.*\)",*$/\1/p')
    cp -r --no-preserve=mode "$module" "$partial/source"
    (cd "$partial/source" && CGO_ENABLED=0 go build -buildvcs=false -o ../docker-compose \
      -ldflags "-s -w -X github.com/docker/compose/v2/internal.Version=v$version" ./cmd) >&2
    mv "$partial/docker-compose" "$folder/docker-compose"
  fi
fi
echo "$folder/docker-compose"
