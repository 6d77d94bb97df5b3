/** Which description of a domain: the bit of each flag, from 0. Source: libvirt, virDomainXMLFlags. */
export const domainXmlFlags = {
  SECURE: 0,
  INACTIVE: 1,
  UPDATE_CPU: 2,
  MIGRATABLE: 3,
} as const;

/** Which description of a domain: SECURE with secrets, INACTIVE as for its next start, MIGRATABLE for another host. */
export type DomainXmlFlag = keyof typeof domainXmlFlags;

/** How a domain is defined: the bit of each flag, from 0. Source: libvirt, virDomainDefineFlags. */
export const domainDefineFlags = {
  VALIDATE: 0,
} as const;

/** How a domain is defined: VALIDATE holds its XML against the schema first. */
export type DomainDefineFlag = keyof typeof domainDefineFlags;

/** How a domain is started: the bit of each flag, from 0. Source: libvirt, virDomainCreateFlags. */
export const domainCreateFlags = {
  PAUSED: 0,
  AUTODESTROY: 1,
  BYPASS_CACHE: 2,
  FORCE_BOOT: 3,
  VALIDATE: 4,
  RESET_NVRAM: 5,
} as const;

/** How a domain is started. */
export type DomainCreateFlag = keyof typeof domainCreateFlags;

/** How a domain is ended by force: the bit of each flag, from 0. Source: libvirt, virDomainDestroyFlagsValues. */
export const domainDestroyFlags = {
  GRACEFUL: 0,
  REMOVE_LOGS: 1,
} as const;

/** How a domain is ended by force: GRACEFUL rather fails than uses SIGKILL. */
export type DomainDestroyFlag = keyof typeof domainDestroyFlags;

/** How a guest is asked to shut down: the bit of each flag, from 0. Source: libvirt, virDomainShutdownFlagValues. */
export const domainShutdownFlags = {
  ACPI_POWER_BTN: 0,
  GUEST_AGENT: 1,
  INITCTL: 2,
  SIGNAL: 3,
  PARAVIRT: 4,
} as const;

/** How a guest is asked to shut down; without any, libvirt chooses. */
export type DomainShutdownFlag = keyof typeof domainShutdownFlags;

/** What goes with a definition: the bit of each flag, from 0. Source: libvirt, virDomainUndefineFlagsValues. */
export const domainUndefineFlags = {
  MANAGED_SAVE: 0,
  SNAPSHOTS_METADATA: 1,
  NVRAM: 2,
  KEEP_NVRAM: 3,
  CHECKPOINTS_METADATA: 4,
  TPM: 5,
  KEEP_TPM: 6,
} as const;

/** What goes with a domain's definition, or stays. */
export type DomainUndefineFlag = keyof typeof domainUndefineFlags;

/** Which state of a domain is meant: the bit of each flag, from 0. Source: libvirt, virDomainModificationImpact. */
export const modificationFlags = {
  LIVE: 0,
  CONFIG: 1,
} as const;

/** Which state of a domain is read or changed: LIVE the running one, CONFIG the one of its next start; without any, the
 * one that counts now. */
export type ModificationFlag = keyof typeof modificationFlags;

/** In which language QEMU's monitor is spoken to: the bit of each flag, from 0. Source: libvirt, virDomainQemuMonitorCommandFlags. */
export const qemuMonitorFlags = {
  HMP: 0,
} as const;

/** In which language QEMU's monitor is spoken to: HMP, the one for humans, instead of QMP. */
export type QemuMonitorFlag = keyof typeof qemuMonitorFlags;
