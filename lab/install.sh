#!/usr/bin/env bash
# install.sh - what the lab needs on a bare Debian 12 machine: QEMU 10 and libvirt
# 11 from bookworm-backports, the rest from bookworm; QEMU 7.2 is unpacked beside it
# (qemu-7.2.sh). As root. Starts no service, and returns at once when all is there.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

backports=(
  qemu-system-x86 qemu-utils
  libvirt-daemon libvirt-daemon-driver-qemu libvirt-daemon-driver-storage libvirt-clients libvirt-dev
)
packages=(
  nbdkit nbd-server libnbd-bin python3-libnbd fio openssl
  systemd iproute2
  busybox-static linux-image-cloud-amd64 kmod cpio gzip xz-utils
  gcc g++ libc6-dev make python3 pkg-config clang-format
)
least_qemu=1:10.0
least_libvirt=11.3

# The packages among the arguments that are not installed.
missing() {
  local have
  have=$(dpkg-query -W -f '${db:Status-Status} ${Package}\n' "$@" 2>/dev/null || true)
  for package in "$@"; do
    grep -qx "installed $package" <<<"$have" || echo "$package"
  done
}

# Whether a package is installed in that version or a later one.
is_recent() {
  local version
  version=$(dpkg-query -W -f '${Version}' "$1" 2>/dev/null) &&
    dpkg --compare-versions "$version" ge "$2"
}

backports_are_recent() {
  is_recent qemu-system-x86 "$least_qemu" && is_recent libvirt-daemon "$least_libvirt" &&
    is_recent libvirt-clients "$least_libvirt"
}

if [[ -z $(missing "${packages[@]}" "${backports[@]}") ]] && backports_are_recent; then
  exec "$here/qemu-7.2.sh"
fi
[[ $EUID == 0 ]] || { echo "install.sh: packages are missing; run it as root" >&2; exit 1; }

# Nothing may start a service while packages unpack.
policy=/usr/sbin/policy-rc.d
if [[ ! -e $policy ]]; then
  trap 'rm -f "$policy"' EXIT
  printf '#!/bin/sh\nexit 101\n' >"$policy"
  chmod 755 "$policy"
fi

export DEBIAN_FRONTEND=noninteractive
apt-get update -qq

# Backports come from the mirror that serves the machine's own bookworm.
if ! apt-get indextargets --format '$(CODENAME)' 'Created-By: Packages' | grep -qx bookworm-backports; then
  mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' \
    'Origin: Debian' 'Codename: bookworm' | head -n 1)
  [[ -n $mirror ]] || { echo "install.sh: apt has no Debian 12 source" >&2; exit 1; }
  keyring=/usr/share/keyrings/debian-archive-keyring.gpg
  echo "deb [signed-by=$keyring] $mirror bookworm-backports main" \
    >/etc/apt/sources.list.d/bookworm-backports.list
  apt-get update -qq
fi

apt-get install -y -qq --no-install-recommends "${packages[@]}"
apt-get install -y -qq --no-install-recommends -t bookworm-backports "${backports[@]}"
qemu-system-x86_64 --version | head -n 1
libvirtd --version
"$here/qemu-7.2.sh"
