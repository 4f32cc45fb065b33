#!/usr/bin/env bash
# Run the tests: `core` or `all`, then options of pytest. Options that name tests run just those.
#
# Core needs no torch, browser, Go or LiveKit, and leaves out the real videos and the long drawn
# scenes, which would take a third of its time. Four processes, on two cores too, because its live
# tests mostly wait. The rest of `all` computes, in two processes. Tests of running nodes and pages
# check time limits of the product: only two at a time, each in a ROS domain of its own. They wait more
# than they compute.
set -u
cd "$(dirname "$0")/.."
which=$1
shift
core=(test/core test/config test/engines/builtin test/sources test/voices test/ros test/test_*.py)
live=(test/bridge test/nodes)
# Their voices speak at the pace of speech, to a recognizer that needs a processor of its own: sound that
# waits for it for a second counts as a stream that stalls.
spoken=(test/nodes/test_listener.py test/nodes/test_spoken.py test/listening/test_whisper.py)
status=0

parallel() {
  # several processes: more threads in each would only wait for one another
  OMP_NUM_THREADS=1 OPENCV_FOR_THREADS_NUM=1 pytest --dist "$@"
}

pytest() {
  scripts/in_venv.sh python -m pytest -rR "$@"
  local code=$?
  # 5: an option such as -k leaves none of these
  [ $code = 0 ] || [ $code = 5 ] || status=$code
}

for option in "$@"; do
  if [ -e "${option%%::*}" ]; then
    pytest "$@"
    exit $status
  fi
done
if [ "$which" = core ]; then
  builtin=test/engines/builtin
  parallel worksteal -n 4 "${core[@]}" --ignore $builtin/test_videos.py \
    --ignore $builtin/test_things.py --ignore $builtin/test_table_look.py "$@"
else
  parallel worksteal -n 4 "${core[@]}" "$@"
  parallel loadfile -n 2 test "${core[@]/#/--ignore=}" "${live[@]/#/--ignore=}" \
    "${spoken[@]/#/--ignore=}" "$@"
  parallel loadfile -n 2 "${live[@]}" "${spoken[@]/#/--ignore=}" "$@"
  pytest "${spoken[@]}" "$@"
fi
exit $status
