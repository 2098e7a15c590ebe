#!/bin/sh
# SPDX-License-Identifier: MIT
# Links an archive into one object, makes its hidden symbols local, and packs the object as an
# archive of its own.
#
#   archive.sh INPUT.a OUTPUT.a FOLDER OBJCOPY AR COMPILER…
set -eu
input=$1 output=$2 folder=$3 objcopy=$4 ar=$5
shift 5
mkdir -p "$folder"
object=$folder/libcruddur.o
link() {
  "$@" -r -nostdlib -Wl,--whole-archive "$input" -Wl,--no-whole-archive -o "$object"
}
# objcopy cannot change the symbols of objects for link-time optimisation, so these are compiled here.
# The first arguments are gcc's, the second ones clang's; both change nothing for other objects.
link "$@" -flto=auto -flinker-output=nolto-rel 2>/dev/null || link "$@" -flto 2>/dev/null || link "$@"
"$objcopy" --localize-hidden "$object"
rm -f "$output"
"$ar" rcs "$output" "$object"
