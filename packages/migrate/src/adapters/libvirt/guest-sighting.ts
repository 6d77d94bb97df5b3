import type { DomainStatus } from '@blockferry/libvirt';
import type { GuestSighting } from '../../delegate-ports.js';
import type { Side } from '../../error-code.js';
import { unless } from './asked.js';
import type { Daemon } from './daemon.js';
import { activeJob } from './job.js';

/** What a side's daemon says of a domain. Never rejects: a daemon that does not answer is an answer. */
export async function sightGuest(
  daemon: Daemon | undefined,
  uuid: string,
  side: Side,
): Promise<GuestSighting> {
  if (daemon === undefined) return { answers: false, reason: 'there is no connection to it' };
  try {
    const connection = await daemon.renewed();
    await using domain = await unless(['NO_DOMAIN'], connection.domainByUuid(uuid));
    if (domain === undefined) return ABSENT;
    const [status, job] = await Promise.all([domain.state(), activeJob(domain)]);
    return { answers: true, guest: guestOf(status, job, side), state: `${status.state} (${status.reason})` };
  } catch (error) {
    return { answers: false, reason: error instanceof Error ? error.message : String(error) };
  }
}

type Answer = GuestSighting & { readonly answers: true };

/** The guest as the state, its reason and the job that works on it tell. */
export function guestOf(
  { state, reason }: DomainStatus,
  job: string | undefined,
  side: Side,
): Answer['guest'] {
  if (state === 'shutoff' || state === 'crashed') return 'absent';
  const isBetween = state === 'paused' && (BETWEEN as readonly string[]).includes(reason);
  if (side === 'destination') return isBetween ? 'incoming' : state === 'paused' ? 'paused' : 'running';
  if (isBetween || job === 'migration-out') return 'migrating';
  return state === 'paused' ? 'paused' : 'running';
}

const ABSENT: Answer = { answers: true, guest: 'absent', state: 'no such domain' };
/** Why a guest stands still that is on its way. */
const BETWEEN = ['migration', 'starting-up', 'postcopy', 'postcopy-failed'] as const;
