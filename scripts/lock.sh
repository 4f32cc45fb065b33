#!/usr/bin/env bash
# Write requirements/lock/ again from requirements.txt and requirements/: make lock. Versions that
# are locked stay unless the bounds changed; UPGRADE=1 takes the newest that the bounds allow.
# Each file holds for Python 3.10 to 3.12 on Linux. The ROS wheels and hadolint exist for x86_64
# only; everything else has wheels for aarch64 too.
set -euo pipefail
cd "$(dirname "$0")/.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/python" -m pip install -q --disable-pip-version-check --require-hashes --no-deps \
  -r requirements/lock/uv.txt

compile() { # name of the lock, lowest Python, words of uv's...
  local name=$1 python=$2
  shift 2
  echo "- requirements/lock/$name.txt"
  # --no-emit-index-url: the lock must not contain the address of a private mirror.
  "$work/venv/bin/uv" pip compile -q --universal --python-version "$python" \
    --generate-hashes --no-emit-index-url \
    --custom-compile-command "make lock" ${UPGRADE:+--upgrade} \
    -o "requirements/lock/$name.txt" "$@" >/dev/null
}

compile uv 3.10 requirements/uv.txt
compile npm 3.10 requirements/npm.txt
# Everything that .venv may hold, resolved as one; the parts that are installed alone follow it.
bounds=(-c requirements/constraints.txt -c requirements/measured.txt)
compile test 3.10 requirements.txt requirements/{ros-jazzy,build,test}.txt "${bounds[@]}"
# The same with the numpy of a robot's own ROS, and without torch.
compile numpy1 3.10 requirements.txt requirements/{ros-jazzy,build,test-core}.txt "${bounds[@]}" \
  -c requirements/numpy1.txt
compile upstream 3.10 --no-deps requirements/upstream.txt
compile vllm 3.11 requirements/vllm.txt --overrides requirements/vllm-overrides.txt
unset UPGRADE # the parts must not leave what was just decided
part() { compile "$1" 3.10 "${@:2}" -c requirements/lock/test.txt; }
part ros requirements/{ros-jazzy,build}.txt
part nodes requirements.txt
part test-core requirements/test-core.txt
part minicpmo requirements/minicpmo.txt
part text requirements/text.txt
