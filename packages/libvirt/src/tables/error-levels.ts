/** How grave an error is, by number. Source: libvirt, virErrorLevel. */
export const errorLevels = ['none', 'warning', 'error'] as const;

/** How grave an error is. libvirt raises nothing but errors; `unknown` for a level newer than this package. */
export type LibvirtErrorLevel = (typeof errorLevels)[number] | 'unknown';
