# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# What the scripts share; sourced, not run. Answers --help, and leaves the working directory in the
# root of the project.

set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
script=scripts/$(basename "$0")

# Prints the comment at the head of the script, without the lines above it.
print_help() {
  sed -n '3,/^$/ s/^# \{0,1\}//p' "$script"
}

# misuse MESSAGE: reports wrong arguments, and exits before anything has been done.
misuse() {
  {
    printf '%s: %s\n\n' "$script" "$*"
    print_help
  } >&2
  exit 2
}

for argument in "$@"; do
  if [ "$argument" = --help ] || [ "$argument" = -h ]; then
    print_help
    exit 0
  fi
done

say() {
  printf '\n==> %s\n' "$*"
}

. scripts/needs.sh

# find_llvm NAME: prints the command for clang-format or clang-tidy of version 14, that of Debian 12.
# Other versions lay out some lines differently and find other things; if there is only such a one,
# says so and fails.
find_llvm() {
  local name version=14
  for name in "$1-$version" "$1"; do
    if command -v "$name" >/dev/null && [[ $("$name" --version) == *"version $version."* ]]; then
      echo "$name"
      return
    fi
  done
  echo "Not checked: the rules are those of $1 $version, which is not here" >&2
  return 1
}

# set_up FOLDER [SOURCE] OPTION…: sets a build folder up for both libraries, unless that has been done or an
# option says otherwise. The output of Meson and Ninja is kept in FOLDER.log, and shown if they fail.
set_up() {
  local folder=$1
  shift
  [ -f "$folder/build.ninja" ] && return
  rm -rf "$folder"
  meson setup -Ddefault_library=both "$folder" "$@" >"$folder.log" 2>&1 || { cat "$folder.log"; return 1; }
}

# run_ninja FOLDER TARGET…: builds the targets, or everything.
run_ninja() {
  local folder=$1
  shift
  ninja -C "$folder" "$@" >"$folder.log" 2>&1 || { cat "$folder.log"; return 1; }
}

# build FOLDER [SOURCE] OPTION…: sets the folder up as set_up does, and builds everything in it.
build() {
  set_up "$@" && run_ninja "$1"
}

# Builds the library as gcc's warnings let it pass, its programs, its tests and what the bench runs.
build_tests() {
  build build-test -Dwerror=true -Dtests=true -Dbench=true
}

# build_web FOLDER [BUILD OPTION…]: builds the example of a web service, with the library of the build
# folder BUILD (default: build), which it finds as any program does: through pkg-config.
build_web() {
  local folder=$1 library=${2:-build}
  shift
  shift || true
  PKG_CONFIG_PATH=$PWD/$library/meson-uninstalled \
    build "$folder" examples/web "$@"
}

# Builds the fuzzers, and what they fuzz, in build-fuzz.
build_fuzzers() {
  CC=clang build build-fuzz -Dfuzz=true -Dtools=false -Db_sanitize=address,undefined \
    -Db_lundef=false
}
