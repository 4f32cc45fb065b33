#!/usr/bin/env bash
# Run a command with the programs of .venv (or of VENV) first and the interfaces built there; without
# such an environment, as is.
venv=$(cd "$(dirname "$0")/.." && pwd)/${VENV:-.venv}
if [ -x "$venv/bin/python" ]; then
  export PATH="$venv/bin:$PATH"
  export AMENT_PREFIX_PATH="$venv${AMENT_PREFIX_PATH:+:$AMENT_PREFIX_PATH}"
  export LD_LIBRARY_PATH="$venv/lib${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"
fi
exec "$@"
