#!/usr/bin/env bash
# All set-up on a fresh Debian or Ubuntu machine: Python 3.11 in .venv, pinned packages, system GL.
# Run again it only checks; a change of the pins installs anew. Usage: scripts/install.sh [test]
set -euo pipefail
cd "$(dirname "$0")/.."
want=${1:-run}
venv=.venv
gl_packages='libegl1 libegl-mesa0 libgl1-mesa-dri libopengl0'
lists=(requirements/{base,libero,policy,servers,so101,datasets,lerobot_server}.txt)
[ "$want" = test ] && lists+=(requirements/test.txt)

say() { printf '\033[1m==> %s\033[0m\n' "$*"; }
die() { printf 'error: %s\n' "$*" >&2; exit 1; }

apt_install() {  # packages...
  local line="apt-get install -y --no-install-recommends $*"
  command -v apt-get >/dev/null || die "missing system packages: $* (this machine has no apt-get; install them its own way)"
  [ "$(id -u)" = 0 ] || die "missing system packages; run this once, then again what you ran: sudo $line"
  say "installing system packages: $*"
  { apt-get update -qq && DEBIAN_FRONTEND=noninteractive $line -qq; } >/dev/null || die "failed: $line"
}

find_python() {  # prints a Python 3.11, the newest that LIBERO's MuJoCo 2.3.7 has wheels for
  local candidate
  for candidate in ${PYTHON:-} python3.11 python3 python /usr/bin/python3.11; do
    "$candidate" -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' 2>/dev/null && { command -v "$candidate"; return; }
  done
}

make_venv() {
  local python
  python=$(find_python)
  if [ -n "$python" ]; then
    "$python" -c 'import ensurepip, venv' 2>/dev/null || apt_install python3.11-venv
    "$python" -m venv "$venv"
    return
  fi
  say "no Python 3.11 here; fetching one with uv"
  command -v python3 >/dev/null || apt_install python3 python3-venv
  python3 -c 'import ensurepip, venv' 2>/dev/null || apt_install python3-venv
  python3 -m venv .venv-uv && .venv-uv/bin/pip install -q uv==0.13.8 || die "cannot install uv; install Python 3.11 and set PYTHON=/path/to/python3.11"
  .venv-uv/bin/uv venv -q --seed --managed-python --python 3.11 "$venv" || die "uv found no Python 3.11; install one and set PYTHON=/path/to/python3.11"
}

if ! ldconfig -p | grep -q 'libEGL\.so\.1' || ! ldconfig -p | grep -q 'libOpenGL\.so\.0' || ! ls /usr/lib/*/dri/*_dri.so >/dev/null 2>&1; then
  [ -n "${MUJOCO_GL:-}" ] || apt_install $gl_packages
fi
"$venv/bin/python" -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' 2>/dev/null || { rm -rf "$venv"; say "making $venv"; make_venv; }

pins=$({ pwd; cat "${lists[@]}" requirements/torch.txt pyproject.toml setup.py setup.cfg embedded_ros/pyproject.toml; } | sha256sum | cut -c1-16)
stamp="$venv/installed-$want-$pins"
[ -e "$stamp" ] && exit 0
say "installing pinned packages into $venv (about 1 GB to fetch, once)"
pip=("$venv/bin/python" -m pip --disable-pip-version-check install --quiet --no-deps)
for list in "${lists[@]}"; do
  "${pip[@]}" --require-hashes --use-pep517 --no-build-isolation -r "$list" || die "cannot install $list; is the network reachable?"
done
"$venv/bin/python" -m pip --disable-pip-version-check install --quiet -r requirements/torch.txt || die "cannot install torch"
"${pip[@]}" --no-build-isolation -e embedded_ros -e . || die "cannot install the package itself"
touch "$stamp"
