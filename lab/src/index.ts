export type { Beat } from './beats.js';
export type { LinkOptions } from './delay-line.js';
export { DelayProxy, type DelayProxyOptions, type Route } from './delay-proxy.js';
export type { DiskKind, DiskShape, VmDisk } from './disk-arguments.js';
export { buildGuest, type GuestFiles } from './guest.js';
export type { GuestDisk } from './guest-disks.js';
export type { ImageFormat, ImageLayout } from './image-format.js';
export {
  allocatedBytes,
  blankImage,
  fillImage,
  randomImage,
  sha256,
  type Verification,
  verifyImage,
} from './images.js';
export { type Leftovers, leftovers } from './leftovers.js';
export { LibvirtHost, type LibvirtHostOptions, uriOf } from './libvirt-host.js';
export { LibvirtPair, type LibvirtPairOptions } from './libvirt-pair.js';
export {
  type Asked,
  type CallParam,
  type MigrationCall,
  MigrationCalls,
  type Refusal,
} from './migration-calls.js';
export { Monitor, type QmpEvent, QmpRefusal } from './monitor.js';
export { type NetworkHost, TwoHosts } from './namespaces.js';
export { NbdServerPeer, type NbdServerPeerOptions } from './nbd-server-peer.js';
export { MIGRATION_PARAMS_FEATURE, OlderLibvirt } from './older-libvirt.js';
export {
  type Listen,
  type NbdPeer,
  nbdkit,
  nbdkitOn,
  type QemuNbdOptions,
  qemuNbd,
  type StorageDaemonOptions,
  storageDaemon,
} from './peers.js';
export { type LabPki, makePki } from './pki.js';
export { migratePlainly } from './plain-migration.js';
export { Daemon, type RunResult, run } from './process.js';
export { LabVm, type LabVmOptions } from './qemu.js';
export type { QemuRelease } from './qemu-binary.js';
export { retriesFrom } from './qemu-binary.js';
export { type PairDisk, type PairOptions, QemuPair, type Side } from './qemu-pair.js';
export { type Recording, RecordingProxy } from './recording-proxy.js';
export { type Availability, isInstalled, requires } from './requires.js';
export { parseMessage, type RpcMessage, splitMessages } from './rpc-message.js';
export { type CarriedParams, carriedParams } from './rpc-params.js';
export { Scratch } from './scratch.js';
export { nbdcopy, nbdinfo, python, qemuImg, qemuIo, SYSTEM_PYTHON } from './tools.js';
