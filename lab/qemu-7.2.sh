#!/usr/bin/env bash
# qemu-7.2.sh - bookworm's own QEMU, beside the installed one and without installing it: downloaded from the
# machine's own sources and unpacked into lab/.cache/qemu-7.2. Does nothing when it is there; two at once are safe.
# qemu-7.2.sh --check - says what is missing, if anything is, and fails then.
set -euo pipefail

out=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)/.cache/qemu-7.2
binaries=("$out/usr/bin/qemu-system-x86_64" "$out/usr/bin/qemu-nbd")

is_there() {
  local binary
  for binary in "${binaries[@]}"; do [[ -x $binary ]] || return 1; done
}

if [[ ${1:-} == --check ]]; then
  is_there || { echo "qemu-7.2.sh: not all is there: ${binaries[*]}" >&2; exit 1; }
  exit 0
fi

mkdir -p "${out%/*}"
exec {lock}>"$out.lock"
flock "$lock"
! is_there || exit 0

# Bookworm's newest version of a package, which is no backport; empty where apt knows none.
version() {
  apt-cache madison "$1" | awk '$3 !~ /~bpo/ { print $3; exit }'
}

work=$(mktemp -d "$out.XXXXXX")
trap 'rm -rf "$work"' EXIT
chmod 755 "$work"
mkdir "$work/debs" "$work/root"

download() {
  local package found
  for package in qemu-system-x86 qemu-system-common qemu-system-data seabios qemu-utils; do
    found=$(version "$package")
    [[ -n $found ]] || return 1
    # As root apt warns that its sandbox user cannot write here, and downloads all the same.
    (cd "$work/debs" && apt-get download -qq "$package=$found" 2>/dev/null) || return 1
  done
}

# Lists that are missing or old: new ones, and once more.
if ! download; then
  [[ $EUID == 0 ]] || { echo "qemu-7.2.sh: apt cannot download QEMU 7.2; run apt-get update as root" >&2; exit 1; }
  apt-get update -qq
  download || { echo "qemu-7.2.sh: apt has no QEMU 7.2; this is for Debian 12" >&2; exit 1; }
fi

for deb in "$work"/debs/*.deb; do dpkg-deb -x "$deb" "$work/root"; done
"$work/root/usr/bin/qemu-system-x86_64" --version | head -n 1
rm -rf "$out"
mv "$work/root" "$out"
