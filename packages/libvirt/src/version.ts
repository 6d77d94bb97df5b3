/** A release of libvirt or of a hypervisor. */
export interface Version {
  /** To compare: 11.3.0 is 11003000, a million for each major and a thousand for each minor number. */
  readonly number: number;
  /** To read: `11.3.0`. */
  readonly text: string;
}

export function toVersion(number: number): Version {
  const parts = [number / 1_000_000, (number / 1000) % 1000, number % 1000];
  return { number, text: parts.map(Math.trunc).join('.') };
}
