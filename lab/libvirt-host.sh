#!/usr/bin/env bash
# libvirt-host.sh FOLDER IMAGES NAME - libvirtd as the one daemon of a host of its own, called NAME. Run it as root
# under `unshare --mount --uts --pid --propagation private`. Of FOLDER, `etc` is the host's /etc/libvirt, `run` its
# /run, `lib`, `log` and `cache` are its folders in /var, and `images` is what it has at IMAGES.
# When this program ends, however it ends, the host ends: libvirtd, and the guests, though these are daemons. On SIGUSR1
# libvirtd crashes and is started anew, as a service manager does; the guests go on.
set -euo pipefail

# Waits for the end of a child, and returns its status; a signal interrupts nothing but `wait`.
end_of() {
  local status
  while status=0; do
    wait "$1" || status=$?
    kill -0 "$1" 2>/dev/null || return $status
  done
}

if [[ ${1:-} != --init ]]; then
  # The first child is the host's init: with it the kernel ends all else, and has done so when the wait is over.
  setpriv --pdeathsig KILL "$BASH" "$0" --init "$@" &
  init=$!
  trap 'trap "" TERM; kill -KILL $init' TERM
  trap 'kill -USR1 $init' USR1
  status=0
  end_of $init || status=$?
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
trap 'crashes=1; kill -KILL $libvirtd' USR1
while crashes=0; do
  libvirtd &
  libvirtd=$!
  status=0
  end_of $libvirtd || status=$?
  ((crashes)) || exit $status
done
