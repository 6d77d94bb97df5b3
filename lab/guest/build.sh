#!/usr/bin/env bash
# build.sh OUTDIR - builds the lab's guest: OUTDIR/{kernel,initrd.gz,writer}. The writer runs in the guest
# and, static as it is, on the host. Does nothing when OUTDIR is up to date; two at once are safe.
# build.sh --check - says what is missing to build it, if anything is, and fails then.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
PATH=$PATH:/usr/sbin:/sbin

missing() {
  echo "build.sh: $1" >&2
  exit 1
}

# The newest installed kernel that brings virtio_blk.
kernel_version() {
  local modules version
  for modules in /lib/modules/*; do
    version=${modules##*/}
    if [[ -r /boot/vmlinuz-$version ]]; then
      find "$modules" -name 'virtio_blk.ko*' -printf "$version\n"
    fi
  done | sort -V | tail -n 1
}

for program in gcc busybox modprobe cpio gzip xz flock sha256sum; do
  command -v "$program" >/dev/null || missing "there is no $program"
done
version=$(kernel_version)
[[ -n $version ]] || missing "there is no readable kernel in /boot with a virtio_blk module"
! ldd "$(command -v busybox)" >/dev/null 2>&1 || missing "busybox is not a static one"
echo 'int main(void) { return 0; }' | gcc -static -x c - -o /dev/null 2>/dev/null ||
  missing "gcc cannot link a static program"
[[ ${1:?usage: build.sh OUTDIR | --check} != --check ]] || exit 0

out=$1
mkdir -p "$out"
exec {lock}>"$out/.lock"
flock "$lock"

stamp=$(
  echo "$version"
  sha256sum "$here/build.sh" "$here/init" "$here"/writer/*.[ch] "$(command -v busybox)" | cut -d ' ' -f 1
)
if [[ -f $out/stamp && $(<"$out/stamp") == "$stamp" ]]; then
  exit 0
fi

work=$(mktemp -d "$out/build.XXXXXX")
trap 'rm -rf "$work"' EXIT
root=$work/root
mkdir -p "$root"/{bin,dev,proc,sys,lib}

gcc -std=gnu11 -D_GNU_SOURCE -O2 -Wall -Wextra -Wconversion -static -o "$work/writer" "$here"/writer/*.c
cp "$work/writer" "$root/bin/writer"
cp "$(command -v busybox)" "$root/bin/busybox"
install -m 755 "$here/init" "$root/init"

# Modules, named so that they sort in load order, uncompressed. Built-in ones are not listed.
number=0
for module in virtio_pci virtio_blk virtio_scsi sd_mod; do
  while read -r kind path _; do
    [[ $kind == insmod ]] || continue
    name=${path##*/}
    name=${name%%.ko*}
    compgen -G "$root/lib/*-$name.ko" >/dev/null && continue
    file=$(printf '%s/lib/%02d-%s.ko' "$root" "$number" "$name")
    case $path in
      *.xz) xz -dc "$path" >"$file" ;;
      *.gz) gzip -dc "$path" >"$file" ;;
      *.zst) zstd -qdc "$path" >"$file" ;;
      *) cp "$path" "$file" ;;
    esac
    number=$((number + 1))
  done < <(modprobe -S "$version" --show-depends "$module")
done

(cd "$root" && find . | cpio --quiet -o -H newc | gzip -6) >"$work/initrd.gz"
cp "/boot/vmlinuz-$version" "$work/kernel"
rm -f "$out/stamp"
mv "$work"/{kernel,initrd.gz,writer} "$out/"
echo "$stamp" >"$out/stamp"
