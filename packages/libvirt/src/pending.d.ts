// Goes when the addon has these.
import type {} from '@blockferry/libvirt-native';

declare module '@blockferry/libvirt-native' {
  export interface BindingDomainEvent {
    domain: { name: string; uuid: string; id: number };
    [more: string]: unknown;
  }
  export interface BindingConnection {
    stats(statsTypes: number, flags: number): Promise<{ domain: BindingDomain; params: Uint8Array }[]>;
    pools(flags: number): Promise<BindingPool[]>;
    poolByName(t: string): Promise<BindingPool>;
    poolByUuid(t: string): Promise<BindingPool>;
    poolByTargetPath(t: string): Promise<BindingPool>;
    definePool(xml: string, flags: number): Promise<BindingPool>;
    createPool(xml: string, flags: number): Promise<BindingPool>;
    volumeByPath(t: string): Promise<BindingVolume>;
    volumeByKey(t: string): Promise<BindingVolume>;
    onDomainEvent(
      event: number,
      domain: BindingDomain | null,
      callback: (event: BindingDomainEvent) => void,
    ): Promise<number>;
    offDomainEvent(id: number): Promise<void>;
  }
  export interface BindingDomain {
    blockInfo(
      disk: string,
      flags: number,
    ): Promise<{ capacity: bigint; allocation: bigint; physical: bigint }>;
    blockJobInfo(
      disk: string,
      flags: number,
    ): Promise<{ type: number; bandwidth: bigint; current: bigint; end: bigint } | null>;
    blockJobAbort(disk: string, flags: number): Promise<void>;
    blockJobSetSpeed(disk: string, bandwidth: bigint, flags: number): Promise<void>;
    backupBegin(backupXml: string, checkpointXml: string | null, flags: number): Promise<void>;
    backupXml(flags: number): Promise<string>;
    checkpointCreate(xml: string, flags: number): Promise<BindingCheckpoint>;
    checkpoints(flags: number): Promise<BindingCheckpoint[]>;
    checkpointByName(name: string, flags: number): Promise<BindingCheckpoint>;
    memoryParameters(flags: number): Promise<Uint8Array>;
    setMemoryParameters(params: Uint8Array, flags: number): Promise<void>;
    schedulerParameters(flags: number): Promise<Uint8Array>;
    setSchedulerParameters(params: Uint8Array, flags: number): Promise<void>;
    blkioParameters(flags: number): Promise<Uint8Array>;
    setBlkioParameters(params: Uint8Array, flags: number): Promise<void>;
    numaParameters(flags: number): Promise<Uint8Array>;
    setNumaParameters(params: Uint8Array, flags: number): Promise<void>;
    blockIoTune(disk: string, flags: number): Promise<Uint8Array>;
    setBlockIoTune(disk: string, params: Uint8Array, flags: number): Promise<void>;
    qemuMonitorCommand(command: string, flags: number): Promise<string>;
  }
  export interface BindingCheckpoint {
    readonly name: string;
    readonly isClosed: boolean;
    close(): void;
    xml(flags: number): Promise<string>;
    delete(flags: number): Promise<void>;
  }
  export interface BindingPool {
    readonly name: string;
    readonly uuid: string;
    readonly isClosed: boolean;
    close(): void;
    xml(flags: number): Promise<string>;
    info(): Promise<{ state: number; capacity: bigint; allocation: bigint; available: bigint }>;
    isActive(): Promise<boolean>;
    create(flags: number): Promise<void>;
    destroy(): Promise<void>;
    undefine(): Promise<void>;
    delete(flags: number): Promise<void>;
    build(flags: number): Promise<void>;
    refresh(flags: number): Promise<void>;
    volumes(flags: number): Promise<BindingVolume[]>;
    volumeByName(name: string): Promise<BindingVolume>;
    createVolume(xml: string, flags: number): Promise<BindingVolume>;
  }
  export interface BindingVolume {
    readonly name: string;
    readonly key: string;
    readonly isClosed: boolean;
    close(): void;
    path(): Promise<string>;
    xml(flags: number): Promise<string>;
    info(flags: number): Promise<{ type: number; capacity: bigint; allocation: bigint }>;
    delete(flags: number): Promise<void>;
    pool(): Promise<BindingPool>;
  }
}
