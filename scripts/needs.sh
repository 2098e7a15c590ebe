# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# What the scripts need, and how they get it; common.sh sources this file.

# One thing a line: the groups that need it, how to detect it, and the Debian package that has it.
# Packages are only a way to get things: on a system without apt the scripts run if the things exist.
#
#   program NAME   is on the PATH
#   header NAME    the C compiler finds it
#   module NAME    pkg-config knows it
#   python NAME    the Python that runs the tests can import it
#   file PATTERN   there is such a file
#   fuzzer         clang can link fuzzers and sanitizers
needed_things='
build                program cc            gcc
build                header  stdio.h       libc6-dev
build                program meson         meson
build                program ninja         ninja-build
build                program pkg-config    pkg-config
build                module  sqlite3       libsqlite3-dev
build                module  libcrypto     libssl-dev
build                module  json-c        libjson-c-dev
build                module  libcurl       libcurl4-openssl-dev
build                module  zlib          zlib1g-dev
build                module  libutf8proc   libutf8proc-dev
build                module  libpq         libpq-dev
web,tests,lint       module  libmicrohttpd libmicrohttpd-dev
web,tests,lint       module  jansson       libjansson-dev
web,tests,lint       module  glib-2.0      libglib2.0-dev
web                  program curl          curl
bench-web            program wrk           wrk
bench-web            python  flask         python3-flask
bench-web            python  gunicorn      python3-gunicorn
bench-web            program ps            procps
go                   program go            golang-go
go                   file    /usr/share/gocode/src/github.com/aws/aws-sdk-go-v2/service/dynamodb golang-github-aws-aws-sdk-go-v2-dev
tests,lint           program c++           g++
tests,lint           module  criterion     libcriterion-dev
tests,lint,python    program python3       python3
tests,boto3          python  boto3         python3-boto3
tests                python  yaml          python3-yaml
tests                python  ensurepip     python3-venv
tests                program mypy          mypy
tests,ffi            program luajit        luajit
tests,ffi            program php           php-cli
tests,ffi            program ruby          ruby
tests,lint           module  libuv         libuv1-dev
tests                module  libevent      libevent-dev
tests                program openssl       openssl
tests,postgresql     file    /usr/lib/postgresql/*/bin/postgres postgresql
unicode              file    /usr/share/unicode/PropList.txt unicode-data
service              program java          default-jre-headless
service,npm          program npm           npm
node,ffi,tests       program node          nodejs
browser,tests        program chromium      chromium
clang,lint,fuzz      program clang         clang
fuzz                 fuzzer  -             libclang-rt-dev
valgrind             program valgrind      valgrind
lint                 program gcc           gcc
lint,format          program clang-format  clang-format
lint                 program clang-tidy    clang-tidy
lint                 program shellcheck    shellcheck
lint,format,git      program git           git
package              program readelf       binutils
root                 program mmdebstrap    mmdebstrap
root                 program unshare       util-linux
'

# The Python that Meson chooses for the tests (tests/meson.build).
tests_python() {
  if [ -x /usr/bin/python3 ]; then
    echo /usr/bin/python3
  else
    echo python3
  fi
}

links_fuzzers() {
  local folder status=0
  folder=$(mktemp -d)
  echo 'int LLVMFuzzerTestOneInput(void) { return 0; }' >"$folder/probe.c"
  clang -fsanitize=fuzzer,address,undefined -o "$folder/probe" "$folder/probe.c" \
    >/dev/null 2>&1 || status=1
  rm -rf "$folder"
  return $status
}

# is_there KIND NAME: whether a thing of the table exists.
is_there() {
  local compiler
  case $1 in
    program) command -v "$2" >/dev/null ;;
    header)
      read -ra compiler <<<"${CC:-cc}" # as Meson reads it: `ccache gcc` is a compiler, too
      echo "#include <$2>" | "${compiler[@]}" -E -x c - >/dev/null 2>&1
      ;;
    module) "${PKG_CONFIG:-pkg-config}" --exists "$2" 2>/dev/null ;;
    python) "$(tests_python)" -c "import $2" 2>/dev/null ;;
    file) compgen -G "$2" >/dev/null ;;
    fuzzer) links_fuzzers ;;
    *) return 1 ;;
  esac
}

# list_missing GROUP…: prints "KIND NAME PACKAGE" for each thing of the groups that does not exist.
list_missing() {
  local groups kind name package group
  while read -r groups kind name package; do
    for group in "$@"; do
      if [[ ,$groups, == *,$group,* ]]; then
        is_there "$kind" "$name" </dev/null || echo "$kind $name $package"
        break
      fi
    done
  done < <(sed '/^$/d' <<<"$needed_things")
}

can_install() {
  command -v apt-get >/dev/null && { [ "$(id -u)" -eq 0 ] || command -v sudo >/dev/null; }
}

# Runs a command as root, through sudo if necessary.
as_root() {
  if [ "$(id -u)" -eq 0 ]; then
    "$@"
  else
    sudo "$@"
  fi
}

# install_packages NAME…: fails if apt cannot install them. A new system may be busy with its own upgrade.
install_packages() {
  say "Installing $*"
  as_root apt-get update -qq &&
    as_root env DEBIAN_FRONTEND=noninteractive \
      apt-get install -y -qq --no-install-recommends -oDPkg::Lock::Timeout=300 "$@" >/dev/null
}

# want GROUP…: installs what the groups need and this system lacks, if that is possible.
want() {
  local packages
  mapfile -t packages < <(list_missing "$@" | awk '{ print $3 }' | sort -u)
  if [ ${#packages[@]} -gt 0 ] && can_install; then
    install_packages "${packages[@]}" || true
  fi
}

# need GROUP…: the same; lists what is still missing, and exits.
need() {
  local missing
  want "$@"
  missing=$(list_missing "$@")
  if [ -n "$missing" ]; then
    {
      printf '\n%s needs what is missing here, and apt cannot install it:\n' "${script:?}"
      awk '{ printf "  %-8s %-14s Debian package %s\n", $1, $2 == "-" ? "" : $2, $3 }' <<<"$missing"
    } >&2
    exit 1
  fi
}

# need_npm FOLDER: installs what the folder's lock file names, unless that has been done. npm by
# itself would wait minutes for a network that does not answer. The reason of a failure is kept in
# node_modules/.failed: the tests read it, and do not try again for a while.
need_npm() {
  local folder=$1/node_modules log status=0
  need npm
  if cmp -s "$1/package-lock.json" "$folder/.installed"; then
    return
  fi
  say "Installing the npm packages of $1"
  log=$(mktemp)
  npm ci --prefix "$1" --ignore-scripts --no-audit --no-fund --loglevel=error --fetch-retries=1 \
    --fetch-retry-mintimeout=1000 --fetch-timeout=30000 >"$log" 2>&1 || status=1
  cat "$log"
  mkdir -p "$folder"
  if [ $status -eq 0 ]; then
    cp "$1/package-lock.json" "$folder/.installed"
  else
    echo "npm cannot install the packages of $1: $(sed -n 's/^npm err[a-z!]* //Ip' "$log" |
      tr '\n' ' ' | cut -c 1-120)" | tee "$folder/.failed" >&2
  fi
  rm "$log"
  return $status
}
