import { type DelegateOptions, normalizeDelegateOptions } from '../delegate-options.js';
import type {
  DelegateCall,
  DelegateDisk,
  DelegateHost,
  DelegateSource,
  DiskDefinition,
} from '../delegate-ports.js';
import { matchEnds } from '../ends.js';
import { MigrationError } from '../error.js';
import type { MigrationPlan, PlannedDisk } from '../migration-plan.js';
import type { MigrateOptions } from '../options.js';
import { delegateProblems } from '../policy/delegate-preflight.js';
import { type DelegateRequest, delegateRequest } from '../policy/delegate-request.js';
import { type DestinationImage, imageProblems, placeText } from '../policy/destination-images.js';
import { type Decision, leftBehindWarnings, select } from '../policy/selection.js';
import type { Problem } from '../problem.js';
import { DelegateStrategy } from './delegate.js';
import { plannedDisk } from './planned-disk.js';
import type { PlannedMigration, Planner } from './strategy.js';

/** Plans what the daemons move by themselves. */
export function delegatePlanner(options: MigrateOptions): Planner {
  const normalized = normalizeDelegateOptions(options);
  const { bandwidth, timeoutMs } = normalized;
  return {
    bandwidth,
    timeoutMs,
    async plan(domain, host) {
      const ends = matchEnds(domain, host);
      if (ends.strategy !== 'delegate') throw new RangeError('These are ends of another strategy.');
      return planBetween({ ...ends, from: domain.uri, to: host.uri }, normalized);
    },
  };
}

interface DelegateEnds {
  readonly source: DelegateSource;
  readonly host: DelegateHost;
  readonly from: string;
  readonly to: string;
}

async function planBetween(ends: DelegateEnds, options: DelegateOptions): Promise<PlannedMigration> {
  const { source, host } = ends;
  const [disks, survey] = await Promise.all([source.disks(), source.survey()]);
  const selection = select(disks, options);
  const { decisions } = selection;
  const request = delegateRequest(decisions, options);
  const nameThere = request.params.getString('destination_name') ?? survey.name;
  const problems: Problem[] = [];
  const [hostSurvey, images] = await Promise.all([
    host.survey({ name: nameThere, uuid: survey.uuid }),
    destinationImages(ends, decisions, request, problems),
  ]);
  const imaged = imageProblems(images, {
    ...options,
    topOnly: request.flags.includes('NON_SHARED_INC'),
  });
  const planned = decisions.map((decision) => {
    const image = images.find(({ source }) => source === decision.info);
    return plannedDisk(decision, image && destinationOf(image, options.createImages));
  });
  problems.unshift(
    ...options.problems,
    ...delegateProblems(survey, hostSurvey, disks, request),
    ...selection.problems,
    ...request.problems,
    ...imaged.problems,
  );
  const plan: MigrationPlan = {
    ok: problems.length === 0,
    from: ends.from,
    to: ends.to,
    strategy: 'delegate',
    disks: planned,
    problems,
    warnings: [
      ...(options.unsafe ? leftBehindWarnings(decisions) : []),
      ...request.warnings,
      ...imaged.warnings,
    ],
    call: {
      name: options.p2p ? 'migrateToURI3' : 'migrate3',
      flags: request.flags,
      migrateDisks: request.params.getAll('migrate_disks').map(String),
    },
    estimateBytes: planned.reduce((sum, { estimateBytes }) => sum + estimateBytes, 0),
  };
  return {
    plan,
    start: (context) =>
      new DelegateStrategy({
        source,
        host,
        call: callOf(
          ends,
          delegateRequest(decisions, { ...options, bandwidth: context.bandwidth || undefined }),
        ),
        disks: decisions.filter(({ action }) => action === 'move').map(({ info, disk }) => ({ info, disk })),
        newImages: images.filter(({ sighting }) => sighting.state === 'missing'),
        maxDowntimeMs: options.maxDowntimeMs,
        context,
      }),
  };
}

function callOf({ host, to }: DelegateEnds, { params, flags }: DelegateRequest): DelegateCall {
  return flags.includes('PEER2PEER')
    ? { call: 'migrateToURI3', dconnuri: to, params, flags }
    : { call: 'migrate3', dest: host, params, flags };
}

/** The images that are written to, as the definition for the destination has them, and what is there. */
async function destinationImages(
  { source, host }: DelegateEnds,
  decisions: readonly Decision<DelegateDisk>[],
  { params }: DelegateRequest,
  problems: Problem[],
): Promise<DestinationImage[]> {
  const xml = params.getString('destination_xml');
  const there = xml === undefined ? undefined : definitions(source, xml, problems);
  const images = decisions.map(async ({ info, disk, action }): Promise<DestinationImage | undefined> => {
    const { place, format } = there?.find(({ target }) => target === info.target) ?? info;
    if (action !== 'move' || place === undefined) return undefined;
    const sighting = await host.image(place, { size: info.size, format });
    return { disk, source: info, place, format, sighting };
  });
  return (await Promise.all(images)).filter((image) => image !== undefined);
}

function definitions(source: DelegateSource, xml: string, problems: Problem[]): DiskDefinition[] {
  try {
    return source.disksOf(xml);
  } catch (error) {
    if (!MigrationError.is(error) || error.code !== 'INVALID_ARGUMENT') throw error;
    problems.push({ code: 'INVALID_ARGUMENT', message: `destination_xml: ${error.message}` });
    return [];
  }
}

function destinationOf(
  { place, sighting }: DestinationImage,
  createImages: boolean,
): NonNullable<PlannedDisk['destination']> {
  return {
    disk: placeText(place),
    ...(sighting.state === 'present' ? { size: sighting.size } : {}),
    ...(createImages && sighting.state === 'missing' && sighting.creatable ? { isMade: true } : {}),
  };
}
