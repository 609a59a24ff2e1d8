#!/bin/sh
# An engine for tests. It starts nothing: what it says of the container of an image is in files beside it that a test
# wrote, `IMAGE.state`, `IMAGE.log`, `IMAGE.diff` and `IMAGE.json`. What it was asked is in `calls`. It has compose where
# `config.yaml` is, and one container in each project. It builds empty images, whatever a Dockerfile says, but for what
# comments there ask for: `# takes: SECONDS`, `# fails: MESSAGE`. Images of registries in `.invalid` it does not find.
here=$(dirname "$0")
echo "$*" >> "$here/calls"
verb=$1
for last; do :; done
case $verb in
  version) echo '{"Client": {"Version": "20.10.24"}, "Server": {"Os": "linux"}}'; exit ;;
  buildx) exit 1 ;;
  system) echo '[]'; exit ;;
  run) exit ;;
  build)
    while [ $# -gt 0 ]; do
      case $1 in
        --tag) tag=$2 ;;
        --file) file=$2 ;;
      esac
      shift
    done
    sleep "$(sed -n 's/^# takes: //p' "$file" | grep . || echo 0)"
    said=$(sed -n 's/^# fails: //p' "$file")
    if grep -q '^FROM [^ ]*\.invalid/' "$file"; then
      said='failed to do request: dial tcp: lookup registry.invalid: no such host'
    fi
    echo "done $tag" >> "$here/calls"
    [ -z "$said" ] || { echo "ERROR: $said" >&2; exit 1; }
    touch "$here/$(echo "$tag" | tr / _)"
    exit ;;
  export) tar -cf - -T /dev/null; exit ;;
  create)
    while [ $# -gt 0 ]; do
      case $1 in
        --name) name=$2; shift ;;
        image-* | refit-verify/*) image=$1; break ;;
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
  image)
    if [ -e "$here/$last.json" ]; then cat "$here/$last.json"; exit; fi
    [ -e "$here/$(echo "$last" | tr / _)" ] || exit 1
    echo '[{"Id": "sha256:1", "Size": 1, "RootFS": {"Layers": []}, "Config": {}}]'
    exit ;;
  rm) rm -f "$here/$last"; exit ;;
esac
image=$(cat "$here/$last")
case $verb in
  start) [ ! -e "$here/$image.refusal" ] || { cat "$here/$image.refusal" >&2; exit 1; } ;;
  inspect) cat "$here/$image.state" ;;
  logs) cat "$here/$image.log" ;;
  diff) cat "$here/$image.diff" ;;
esac
