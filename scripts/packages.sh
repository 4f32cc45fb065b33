# shellcheck shell=bash
# Sourced by setup.sh: where packages come from.
#   lock     exact versions with hashes, from requirements/lock/, by uv: the rule
#   newest   the newest that requirements.txt and requirements/ allow, by uv: UNLOCKED=1
#   system   the same beside a sourced ROS, by pip. What apt installed there is built on the system's
#            numpy and stays visible in .venv, so the lock can't hold; uv doesn't see such packages.
: "${venv:?}" "${state:?}"
packages=lock numpy1=${NUMPY1:+numpy1} lock= bounds=()

choose_packages() { # after choose_ros
  if [ "$ros" != wheels ]; then
    packages=system
  elif [ -n "${UNLOCKED:-}" ]; then
    packages=newest
  fi
}

export PIP_RESUME_RETRIES=5 # a download of 1 GB that breaks off; older versions of pip ignore it
pip_options=(--disable-pip-version-check --no-input --progress-bar off --retries 5 --timeout 60)
pip_install() { "$venv/bin/python" -m pip install "${pip_options[@]}" "$@"; }

uv=$state/uv/bin/uv
install_uv() {
  rm -rf "$state/uv"
  pip_install --target "$state/uv" --no-deps --require-hashes -r requirements/lock/uv.txt
}

need_uv() { step uv "$(key requirements/lock/uv.txt)" "Installing uv, which installs the rest" install_uv; }

# uv reads none of pip's settings: pass a mirror and its certificate authority on. Of several places,
# pip takes the environment first, and then what it lists last.
follow_pip() {
  local all name value
  all=$("$venv/bin/python" -m pip config list)
  for name in index-url=UV_DEFAULT_INDEX extra-index-url=UV_INDEX cert=SSL_CERT_FILE; do
    value=$(sed -nE "s/^([^.]*)\.${name%=*}='(.*)'\$/\1 \2/p" <<<"$all")
    value=$({ grep '^:env: ' <<<"$value" || tail -n 1 <<<"$value"; } | cut -d ' ' -f 2-)
    [ -z "$value" ] || export "${name#*=}=$value"
  done
  export UV_SYSTEM_CERTS=1 UV_HTTP_RETRIES=5 UV_HTTP_TIMEOUT=60
  # As pip does: what is compiled in a test instead raises its warnings there, where they are errors.
  export UV_COMPILE_BYTECODE=1
}

uv_install() { follow_pip && "$uv" pip install --python "$venv/bin/python" "$@"; }

install_alone() { # name of the lock: what it holds and nothing that it asks for
  local how=uv_install
  [ -x "$uv" ] || how=pip_install
  $how --no-deps --require-hashes -r "requirements/lock/$1.txt"
}

keep_numpy1() { # is it asked for, or what the system's ROS is built on?
  [ -n "$numpy1" ] || { [ "$packages" = system ] && "$venv/bin/python" -c \
    'import numpy, sys; sys.exit(not numpy.__version__.startswith("1."))' 2>/dev/null; }
}

# Say what the next `install` is to follow. Bounds add up, so that a later step keeps to the bounds
# of the steps before it.
want() { # name of the lock, requirement files...
  lock=requirements/lock/${numpy1:-$1}.txt
  shift
  local file
  for file in "$@"; do bounds+=(-r "$file"); done
}

install() {
  local constraints=(-c requirements/constraints.txt)
  if keep_numpy1; then constraints+=(-c requirements/numpy1.txt); fi
  case $packages in
    # Two packages come as source: what builds them is locked too.
    lock) uv_install --require-hashes --build-constraints requirements/lock/ros.txt -r "$lock" ;;
    newest) uv_install --upgrade "${constraints[@]}" "${bounds[@]}" ;;
    system) pip_install "${constraints[@]}" "${bounds[@]}" ;;
  esac
}

install_key() { # changes with what the next `install` follows; the newest are looked up daily
  case $packages in
    lock) key "$lock" ;;
    newest) key "${bounds[@]}" requirements/{constraints,numpy1}.txt "$(date +%F)" ;;
    system) key "${bounds[@]}" requirements/{constraints,numpy1}.txt ;;
  esac
}
