#!/usr/bin/env bash
# Set up .venv with all that `make demo`, `make test-core` or `make test` needs: setup.sh
# demo|core|test. The image's build begins with setup.sh dependencies, which needs requirements only:
# a layer that outlives our changes. Uses the ROS 2 that is sourced, or else ROS 2 Jazzy from wheels.
# What is done already is skipped.
#   PYTHON=python3.12  which Python, without a sourced ROS
#   VENV=folder        another environment than .venv
#   UNLOCKED=1         the newest packages that the bounds allow, in .venv-unlocked
#   NUMPY1=1           the numpy of a robot's own ROS, in .venv-numpy1; not with `test`
set -euo pipefail
cd "$(dirname "$0")/.."
root=$PWD venv=$PWD/${VENV:-.venv} state=$PWD/${VENV:-.venv}/.setup
source scripts/progress.sh
source scripts/packages.sh

choose_ros() { # sets ros (distribution), ros_python (sourced ROS only)
  ros=wheels ros_python=
  if [ -n "${ROS_DISTRO:-}" ] && [ -n "${AMENT_PREFIX_PATH:-}" ]; then
    for ros_python in /usr/bin/python3 python3 ''; do
      [ -n "$ros_python" ] && "$ros_python" -c 'import rclpy' 2>/dev/null && break
    done
    [ -n "$ros_python" ] || fail "ROS $ROS_DISTRO is sourced but python3 can't import rclpy;" \
      "install it (apt install ros-$ROS_DISTRO-ros-base) or use a shell without ROS"
    ros=$ROS_DISTRO
  elif [ "$(uname -sm)" != "Linux x86_64" ]; then
    fail "no ROS 2 is sourced, and its wheels exist for Linux x86_64 only;" \
      "install ROS 2 (Humble or newer), source its setup.bash and run the same command again"
  fi
}

usable() { # python: is it 3.10 to 3.12, with venv?
  "$1" -c 'import sys, ensurepip; sys.exit(not (3, 10) <= sys.version_info[:2] <= (3, 12))' \
    2>/dev/null
}

find_python() { # sets python
  local candidate
  for candidate in ${PYTHON:-} python3.12 python3.11 python3.10 python3 /usr/bin/python3; do
    usable "$candidate" || continue
    # Past pyenv's shims and an activated venv, to the interpreter itself.
    python=$("$candidate" -c 'import sys; print(sys._base_executable)')
    return 0
  done
  return 1
}

choose_python() {
  python=$ros_python
  if [ -n "$python" ]; then
    if ! "$python" -c 'import ensurepip' 2>/dev/null; then install_system python3-venv; fi
  elif ! find_python; then
    install_system python3 python3-venv
    find_python || fail "no Python 3.10 to 3.12 with venv was found (python3 is" \
      "$(python3 -V 2>&1)); install one and name it: make demo PYTHON=/path/to/python3.12"
  fi
}

may_install() { # sets sudo; is this Debian or Ubuntu, and are we root or let to be?
  sudo=
  command -v apt-get >/dev/null || return 1
  [ "$(id -u)" = 0 ] && return
  sudo='sudo -n'
  sudo -n true 2>/dev/null
}

# A mirror may fail now and then, and a new machine's updates hold apt's lock for minutes.
apt_options="-o Acquire::Retries=3 -o DPkg::Lock::Timeout=300"
install_system() { # packages: with apt where that is allowed, else name the command
  local sudo
  may_install ||
    fail "missing: $*; install them (apt-get install $*, as root), then run the same again"
  step "apt-$(key "$@")" "$(date +%s)" "Installing $* with apt-get" sh -c \
    "$sudo apt-get $apt_options update -q && $sudo env DEBIAN_FRONTEND=noninteractive apt-get $apt_options install -qy --no-install-recommends $*"
}

need_compiler() {
  local missing=()
  command -v g++ >/dev/null || missing+=(g++)
  command -v cmake >/dev/null || missing+=(cmake)
  command -v make >/dev/null || missing+=(make)
  [ ${#missing[@]} = 0 ] || install_system "${missing[@]}"
}

need_programs() { # that tests run; a test without its program is skipped
  local missing=() browser sudo
  for browser in chromium chromium-browser google-chrome none; do
    if command -v $browser >/dev/null; then break; fi
  done
  # Ubuntu's package is a snap, which neither a container nor a script can count on.
  if [ $browser = none ] && ! grep -q '^ID=ubuntu' /etc/os-release; then missing+=(chromium); fi
  command -v espeak-ng >/dev/null || missing+=(espeak-ng)
  command -v ffprobe >/dev/null || missing+=(ffmpeg)
  [[ $(/sbin/ldconfig -p 2>/dev/null) == *libportaudio* ]] || missing+=(libportaudio2)
  [ ${#missing[@]} = 0 ] && return
  if may_install; then
    install_system "${missing[@]}"
  else
    say "- tests that need these are skipped: ${missing[*]} (apt-get install, as root)"
  fi
}

make_venv() {
  local site=()
  [ -z "$ros_python" ] || site=(--system-site-packages)
  "$python" -m venv "${site[@]}" "$venv"
  # Older ones give up if a download breaks off; except here, they only need to fetch uv.
  if [ "$packages" = system ]; then pip_install 'pip>=23.1'; fi
}

other_python() { # does PYTHON name another version than .venv has?
  local version='import sys; print(sys.version_info[:2])'
  [ "$packages" != system ] && [ -n "${PYTHON:-}" ] &&
    [ "$("$PYTHON" -c "$version")" != "$("$venv/bin/python" -c "$version")" ]
}

need_venv() { # one venv for one place, ROS and Python: made again when those change
  local wanted name=${venv##*/}
  wanted=$(key "$root" "$ros" "$packages" "$numpy1")
  if [ "$(cat "$state/venv.done" 2>/dev/null)" = "$wanted" ] && "$venv/bin/python" -c '' &&
    ! other_python; then
    return
  fi
  choose_python
  if [ -f "$state/venv.done" ]; then
    say "- $name was made for another place, ROS or Python: making it again"
  fi
  rm -rf "$venv"
  mkdir -p "$state"
  step venv "$wanted" "Making $name with $("$python" -V) (ROS: $ros)" make_venv
}

install_ros_wheels() {
  install
  # The wheels' CMake files name their build machine's Python and numpy headers: name ours.
  local python_include numpy_include
  python_include=$("$venv/bin/python" -c 'import sysconfig; print(sysconfig.get_path("include"))')
  numpy_include=$("$venv/bin/python" -c 'import numpy; print(numpy.get_include())')
  { grep -rlE --include='*.cmake' '/opt/python/cp[0-9]+' "$venv/share" || true; } | xargs -r sed -i -E \
    -e "s#/opt/python/[^;\"]*/site-packages/numpy/(_core|core)/include#$numpy_include#g" \
    -e "s#/opt/python/[^;\"]*/include/python[0-9.]+#$python_include#g"
}

need_headers() { # the interfaces are built for .venv's Python
  local header
  header=$("$venv/bin/python" -c 'import sysconfig; print(sysconfig.get_path("include"))')/Python.h
  if [ ! -f "$header" ]; then install_system "$(basename "$(dirname "$header")")-dev"; fi
}

need_ros() {
  if [ "$ros" = wheels ]; then
    want ros requirements/{ros-jazzy,build}.txt
    step ros "$(install_key)" "Installing ROS 2 Jazzy from wheels (60 MB)" install_ros_wheels
  else
    want ros requirements/build.txt
    step ros "$(install_key)" "Installing colcon for ROS $ros" install
  fi
}

brings() { # does the sourced ROS bring this package?
  local prefix
  for prefix in $(tr : " " <<<"${AMENT_PREFIX_PATH:-}"); do
    [ "$prefix" != "$venv" ] && [ -d "$prefix/share/$1" ] && return
  done
  return 1
}

build() { # into .venv itself, so that its Python finds all without sourcing anything
  local package paths=("$root") cmake=(-DBUILD_TESTING=OFF "-DPython3_EXECUTABLE=$venv/bin/python")
  for package in audio_common_msgs tf2_msgs vision_msgs; do
    brings $package || paths+=(scripts/$package)
  done
  if [ "$ros" = wheels ]; then export ROS_DISTRO=jazzy ROS_VERSION=2; fi
  # Without -j here colcon adds -l, with which make waits for a busy machine to calm down.
  MAKEFLAGS="-j$(nproc)" PATH="$venv/bin:$PATH" AMENT_PREFIX_PATH="$venv${AMENT_PREFIX_PATH:+:$AMENT_PREFIX_PATH}" \
    CMAKE_PREFIX_PATH="$venv${CMAKE_PREFIX_PATH:+:$CMAKE_PREFIX_PATH}" \
    "$venv/bin/colcon" --log-base "$venv/build/log" build --base-paths "${paths[@]}" \
    --build-base "$venv/build" --install-base "$venv" --merge-install --symlink-install \
    --cmake-args "${cmake[@]}"
}

need_build() { # links each file, so a new file needs a build, a changed one only if it is generated from
  local files
  files=$(find video_commentary launch config models/catalogue.yaml models/verify -type f ! -path '*/__pycache__/*' | sort)
  step build "$(key action/* msg/* srv/* scripts/{audio_common,tf2,vision}_msgs/{,msg/}* CMakeLists.txt package.xml \
    scripts/program.in "$files" "$ros")" "Building the interfaces and the package with colcon" build
}

need_fetched() { # name in models/catalogue.yaml, its file, what it is
  if [ -f "${VIDEO_COMMENTARY_MODELS:-models}/$2" ]; then return; fi
  if [ "$1" != ears ] && ! command -v npm >/dev/null && [ ! -x "$venv/bin/npm" ]; then
    step npm "$(key requirements/lock/npm.txt)" "Installing npm, which carries the weights (30 MB)" \
      install_alone npm
  fi
  step "fetch-$1" "$(date +%s)" "Fetching $3" \
    scripts/in_venv.sh python -m video_commentary.tools.fetch_model "$1"
}

need_livekit_server() { # if this fails, the tests that need it say why, and it is tried again
  if ! command -v go >/dev/null; then return; fi
  step livekit-server "$(key scripts/livekit_server.sh)" \
    "Building livekit-server for the tests (2 min)" \
    sh -c 'scripts/livekit_server.sh || { sleep 15; scripts/livekit_server.sh; } || true'
  grep -q '/server$' "$state/livekit-server.log" || rm -f "$state/livekit-server.done"
}

need_test_packages() {
  want test requirements/{test,minicpmo}.txt
  step tests "$(install_key)" "Installing what the tests need, torch among it (2.7 GB)" \
    install
  step upstream "$(key requirements/lock/upstream.txt)" "Installing what the vocoder is compared with" \
    install_alone upstream
}

main() {
  case ${1:-} in
    demo | core | test | dependencies) ;;
    *) fail "usage: scripts/setup.sh demo|core|test|dependencies" ;;
  esac
  [ "$1" != test ] || [ -z "$numpy1" ] || fail "NUMPY1=1 is for make test-core"
  if [ -e "$venv" ] && [ ! -d "$state" ]; then
    fail "$venv exists but is not of this set-up's making; move it away: mv $venv $venv.old"
  fi
  choose_ros
  choose_packages
  need_compiler
  need_venv
  need_headers
  if [ "$packages" != system ]; then need_uv; fi
  need_ros
  want nodes requirements.txt
  step nodes "$(install_key)" "Installing what the nodes need (200 MB)" install
  if [ "$1" = dependencies ]; then return; fi
  need_build
  if [ "$1" = core ] || [ "$1" = test ]; then
    want test-core requirements/test-core.txt
    step core "$(install_key)" "Installing what test-core and lint need (50 MB)" install
  fi
  if [ "$1" = test ]; then
    need_test_packages
    need_programs
    need_livekit_server
    need_fetched ears ears/model.bin "the listener's weights (82 MB)"
  fi
  need_fetched builtin builtin/efficientdet_lite0.tflite "the detector's weights (5 MB)"
  need_fetched livekit-client livekit-client/livekit-client.umd.js "LiveKit's client for the page"
  if [ "$packages" = newest ]; then
    "$venv/bin/python" scripts/lock_differences.py requirements/lock/{"${numpy1:-test}",upstream,npm}.txt
  fi
}

trap 'printf "\nset-up interrupted; run the same command to continue\n" >&2; exit 130' INT
lock=${TMPDIR:-/tmp}/video_commentary-setup-$(id -u)-$(key "$root").lock
exec 9>"$lock"
flock -n 9 || { say "another set-up is running here: waiting for it"; flock 9; }
main "$@"
