export type ImageFormat = 'raw' | 'qcow2';

/** How a disk's contents are laid out: `qcow2-backed` is an overlay over a raw image that holds them. */
export type ImageLayout = ImageFormat | 'qcow2-backed';
