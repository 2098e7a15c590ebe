# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# Runs a local service until it is killed. The scripts that source this file, after common.sh, say
# which: they set `name`, the `folder` of its npm package and the `groups` of what it needs, define
# start_service, which runs it on a port in the place of its own process, and then call run_service.
# A script whose service keeps files defines prepare_service, and clean_service, which removes them;
# one that makes something of what it fetched, once, defines after_fetch.

after_fetch() {
  :
}

prepare_service() {
  :
}

clean_service() {
  :
}

# Below the ports that the system gives to those who ask for any: a test that starts at the same moment
# could get the port before the service has it.
free_port() {
  python3 -c 'import random, socket
while True:
    port = random.randrange(20000, 32000)
    with socket.socket() as s:
        try:
            s.bind(("127.0.0.1", port))
        except OSError:
            continue
    print(port)
    break'
}

answers() {
  (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null
}

stop_service() {
  if [ -n "$server" ]; then
    kill "$server" 2>/dev/null || true
    wait "$server" 2>/dev/null || true
  fi
  clean_service
}

# run_service [PORT|--fetch]: prints the URL once the service answers.
run_service() {
  local port=${1:-}
  if [ $# -gt 1 ] || [[ $port != --fetch && $port == *[!0-9]* ]]; then
    misuse "the argument is a port or --fetch"
  fi
  need "${groups[@]:?}" python >&2
  need_npm "${folder:?}" >&2
  if [ "$port" = --fetch ]; then
    after_fetch >&2
    exit 0
  fi
  port=${port:-$(free_port)}
  server=
  trap stop_service EXIT
  trap 'exit 0' INT TERM
  prepare_service
  start_service "$port" >/dev/null 2>&1 &
  server=$!
  until answers "$port"; do
    if ! kill -0 "$server" 2>/dev/null; then
      echo "${name:?} did not start on port $port" >&2
      exit 1
    fi
    sleep 0.2
  done
  echo "http://127.0.0.1:$port"
  wait "$server"
}
