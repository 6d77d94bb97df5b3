/** Whether a URI is one of libvirt's: a driver, and perhaps a way to reach its daemon. */
export function namesLibvirt(uri: string): boolean {
  return /^(qemu|ch|xen|lxc|test|vz|vbox|esx|vpx|gsx|hyperv|bhyve|openvz|vmwareplayer|vmwarews|vmwarefusion)(\+\w+)?:/.test(
    uri,
  );
}
