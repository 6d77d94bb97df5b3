#!/usr/bin/env bash
# libvirt-host.sh FOLDER IMAGES NAME - libvirtd as the one daemon of a host of its own, called NAME. Run it as root
# under `unshare --mount --uts --pid --propagation private`. Of FOLDER, `etc` is the host's /etc/libvirt, `run` its
# /run, `lib`, `log` and `cache` are its folders in /var, and `images` is what it has at IMAGES.
# When this program ends, however it ends, the host ends: libvirtd, and the guests, though these are daemons.
set -euo pipefail

if [[ ${1:-} != --init ]]; then
  # The first child is the host's init: with it the kernel ends all else, and has done so when the wait is over.
  setpriv --pdeathsig KILL "$BASH" "$0" --init "$@" &
  init=$!
  trap 'trap "" TERM; kill -KILL $init' TERM
  status=0
  wait $init || status=$?
  wait # after a signal, for the end
  exit $status
fi

folder=$2 images=$3 name=$4
mount -t proc proc /proc
hostname "$name"

# Guests are emulated: KVM is not to be looked for, least of all where it is there and does not work.
if [[ -e /dev/kvm ]]; then
  : >"$folder/no-kvm"
  mount --bind "$folder/no-kvm" /dev/kvm
  mount -o remount,bind,ro /dev/kvm
fi
mount --bind "$folder/images" "$images"
mount --bind "$folder/etc" /etc/libvirt
for part in lib log cache; do mount --bind "$folder/$part" "/var/$part/libvirt"; done
mount --bind "$folder/run" /run

unset DBUS_SYSTEM_BUS_ADDRESS XDG_RUNTIME_DIR NOTIFY_SOCKET
# Not in its place: an init has to reap what others leave.
libvirtd &
wait $!
