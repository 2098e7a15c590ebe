# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# What the scripts share; sourced, not run. Afterwards the working directory is the project's.

set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

say() {
  printf '\n==> %s\n' "$*"
}

# Runs a command as root, who may be the one who runs this.
as_root() {
  if [ "$(id -u)" -eq 0 ]; then
    "$@"
  else
    sudo "$@"
  fi
}

# need_packages NAME…: installs the Debian packages that are missing.
need_packages() {
  local missing=()
  local name
  for name in "$@"; do
    if ! dpkg-query -W -f='${Status}' "$name" 2>/dev/null | grep -q 'ok installed'; then
      missing+=("$name")
    fi
  done
  if [ ${#missing[@]} -gt 0 ]; then
    say "Installing ${missing[*]}"
    as_root apt-get update -qq
    as_root env DEBIAN_FRONTEND=noninteractive \
      apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
  fi
}

# need_program PROGRAM PACKAGE: installs the package unless the program is there from elsewhere.
need_program() {
  command -v "$1" >/dev/null || need_packages "$2"
}

# need_npm FOLDER: installs what the folder's lock file names, where that has not been done.
need_npm() {
  need_program npm npm
  if ! cmp -s "$1/package-lock.json" "$1/node_modules/.installed"; then
    say "Installing the npm packages of $1"
    npm ci --prefix "$1" --ignore-scripts --no-audit --no-fund --loglevel=error
    cp "$1/package-lock.json" "$1/node_modules/.installed"
  fi
}

# shellcheck disable=SC2034 # the scripts use it
build_packages=(gcc libc6-dev meson ninja-build pkg-config libsqlite3-dev libssl-dev libjson-c-dev
  libcurl4-openssl-dev)

# build FOLDER OPTION…: sets the folder up where that has not been done, and builds in it. What Meson
# and Ninja say is shown when they fail, and kept in FOLDER.log.
build() {
  local folder=$1
  shift
  if [ ! -f "$folder/build.ninja" ]; then
    rm -rf "$folder"
    meson setup "$folder" "$@" >"$folder.log" 2>&1 || { cat "$folder.log"; return 1; }
  fi
  ninja -C "$folder" >"$folder.log" 2>&1 || { cat "$folder.log"; return 1; }
}

# Builds the fuzzers, and what they fuzz, in build-fuzz.
build_fuzzers() {
  CC=clang build build-fuzz -Dfuzz=true -Dtools=false -Db_sanitize=address,undefined \
    -Db_lundef=false
}
