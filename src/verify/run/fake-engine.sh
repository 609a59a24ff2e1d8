#!/bin/sh
# An engine for tests. It starts nothing: what it says of the container of an image is in files beside it that a test
# wrote, `IMAGE.state`, `IMAGE.log`, `IMAGE.diff` and `IMAGE.json`. What it was asked is in `calls`. It has compose where
# `config.yaml` is, and one container in each project.
here=$(dirname "$0")
echo "$*" >> "$here/calls"
verb=$1
for last; do :; done
case $verb in
  create)
    while [ $# -gt 0 ]; do
      case $1 in
        --name) name=$2; shift ;;
        image-*) image=$1; break ;;
      esac
      shift
    done
    echo "$image" > "$here/$name"
    exit ;;
  compose)
    [ -e "$here/config.yaml" ] || exit 1
    case $* in
      *version) ;;
      *config) cat "$here/config.yaml" ;;
      *) sed -n 's/.*"image":"\(image-[a-z]*\)".*/\1/p' "$3" > "$here/$5" ;;
    esac
    exit ;;
  ps) echo "$*" | sed 's/.*project=\([^ ]*\).*/\1/'; exit ;;
  image) cat "$here/$last.json"; exit ;;
  rm) rm -f "$here/$last"; exit ;;
esac
image=$(cat "$here/$last")
case $verb in
  start) [ ! -e "$here/$image.refusal" ] || { cat "$here/$image.refusal" >&2; exit 1; } ;;
  inspect) cat "$here/$image.state" ;;
  logs) cat "$here/$image.log" ;;
  diff) cat "$here/$image.diff" ;;
esac
