# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# `scripts/demo --web`; scripts/demo sources this file, and stops what it starts.

# Runs the command, and shows nothing of it.
prepare() {
  "${command:?}" "$@" >/dev/null
}

say "Building the web service into build-web/"
build_web build-web

say "Two people have talked before, and a third one writes to one of them"
prepare seed examples/data/conversation.txt --me @maren --other @teo
prepare new --as @layla --to @maren "هل ما زالت ليلة السينما قائمة؟ I would love to come!"
prepare new --as @teo --to @maren "One more thing: I will bring the lantern. 🏮"

# check_page LINK: signs in as a browser does, and reads the page.
check_page() {
  curl -fsS -L -c "${folder:?}/cookies" -b "${folder:?}/cookies" "$1" >"${folder:?}/page.html"
  grep -q "Téo Okafor" "${folder:?}/page.html"
}

mkfifo "$folder/links"
build-web/cruddur-web --store "$CRUDDUR_STORE" --users "$CRUDDUR_USERS" --port 0 --quiet \
  --static examples/web/static --session-key "$folder/session.key" \
  --demo-sign-in maren --demo-sign-in teo >"$folder/links" &
servers+=($!)
exec {links}<"$folder/links"
read -r address <&"$links"
read -r maren maren_link <&"$links"
read -r teo teo_link <&"$links"

say "The messages page is at $address"
echo "These links sign in, once each. Open them in two browsers, or one in a private window:"
printf '  %s  %s\n' "$maren" "$maren_link" "$teo" "$teo_link"
if [ "${2:-}" = --check ]; then
  check_page "$maren_link"
  say "Done: the page shows the conversation"
else
  say "Ctrl-C ends the service"
  wait "${servers[0]}"
fi
