#!/usr/bin/env bash
# Print the path of the tests' livekit-server; build it with Go if it is missing (2 min).
set -euo pipefail
# The newest that `go install` builds: later ones replace modules in go.mod, which it refuses.
version=1.11.0
folder=${XDG_CACHE_HOME:-$HOME/.cache}/video_commentary/livekit-server-$version
if [ ! -x "$folder/server" ]; then
  command -v go >/dev/null || { echo "no Go toolchain to build livekit-server with" >&2; exit 1; }
  mkdir -p "$folder"
  exec 9>"$folder/lock"
  flock 9
  if [ ! -x "$folder/server" ]; then
    partial=$(mktemp -d "$folder/build.XXXXXX")
    trap 'rm -rf "$partial"' EXIT
    CGO_ENABLED=0 GOBIN=$partial go install -buildvcs=false \
      "github.com/livekit/livekit-server/cmd/server@v$version" >&2
    mv "$partial/server" "$folder/server"
  fi
fi
echo "$folder/server"
