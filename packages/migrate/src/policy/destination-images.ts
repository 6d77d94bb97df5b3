import type { DelegateDisk, ImagePlace, ImageSighting } from '../delegate-ports.js';
import type { Problem } from '../problem.js';

/** An image that a disk is copied to, and what the destination shows of it. */
export interface DestinationImage {
  /** By the name the user gave. */
  readonly disk: string;
  readonly source: DelegateDisk;
  readonly place: ImagePlace;
  /** As the destination's definition has it. */
  readonly format: string;
  readonly sighting: ImageSighting;
}

export interface ImageRequest {
  readonly allowShared: boolean;
  readonly allowLarger: boolean;
  readonly createImages: boolean;
  /** The top images alone are copied (NON_SHARED_INC). */
  readonly topOnly: boolean;
}

/** What stands against copying there, and what is not known. */
export function imageProblems(
  images: readonly DestinationImage[],
  request: ImageRequest,
): { problems: Problem[]; warnings: string[] } {
  const problems: Problem[] = [];
  const warnings: string[] = [];
  for (const image of images) {
    const { sighting } = image;
    if (image.place.kind === 'network') problems.push(...networkProblems(image, request));
    else if (sighting.state === 'present') problems.push(...mismatches(image, sighting, request));
    else if (sighting.state === 'missing') problems.push(...missingProblems(image, sighting, request));
    else if (request.createImages) problems.push(noPool(image, sighting.folder));
    else warnings.push(unknownImage(image));
  }
  return { problems, warnings };
}

/** Where an image is, in a word or two. */
export function placeText(place: ImagePlace): string {
  switch (place.kind) {
    case 'volume':
      return `${place.pool}/${place.volume}`;
    case 'network':
      return place.location;
    case 'other':
      return place.type;
    default:
      return place.path;
  }
}

/** What both hosts reach over the network is one image. */
function networkProblems(
  { disk, source, place }: DestinationImage,
  { allowShared }: ImageRequest,
): Problem[] {
  if (allowShared || source.place === undefined || placeText(source.place) !== placeText(place)) return [];
  return [
    {
      code: 'DISK_SHARED',
      disk,
      message:
        `${disk} is ${placeText(place)} on both hosts: copying it onto itself would destroy it. Leave it out ` +
        `(--assume-shared ${disk}), give the destination another place in destination_xml, or say that it is ` +
        'another image there (--allow-shared).',
    },
  ];
}

function mismatches(
  { disk, source, place, format }: DestinationImage,
  there: ImageSighting & { state: 'present' },
  { allowLarger }: ImageRequest,
): Problem[] {
  const problems: Problem[] = [];
  if (there.format !== undefined && there.format !== format) {
    problems.push({
      code: 'DESTINATION_FORMAT',
      disk,
      message: `${disk} is to be ${format} on the destination, and ${placeText(place)} is ${there.format} there: make it anew, or remove it.`,
    });
  } else if (source.size > 0 && there.size !== source.size) {
    // QEMU's mirror wants equal sizes; of a larger block device libvirt gives it a part.
    const fits = place.kind === 'block' && format === 'raw' && there.size > source.size;
    if (!(fits && allowLarger)) {
      problems.push({
        code: 'DESTINATION_SIZE',
        disk,
        message:
          `${disk} has ${source.size} bytes, the destination's ${placeText(place)} has ${there.size}: make them equal` +
          `${fits ? ', or allow it (--allow-larger)' : ''}.`,
      });
    }
  }
  return problems;
}

function missingProblems(
  { disk, source, place }: DestinationImage,
  { creatable, reason }: ImageSighting & { state: 'missing' },
  { createImages, topOnly }: ImageRequest,
): Problem[] {
  const missing = `The destination has no ${placeText(place)} for ${disk} (${source.size} bytes): ${reason}.`;
  if (!createImages) {
    const hint =
      creatable && !topOnly ? 'Make it there, or have it made (--create-images).' : 'Make it there.';
    return [{ code: 'DESTINATION_MISSING', disk, message: `${missing} ${hint}` }];
  }
  if (topOnly) {
    const message = `${missing} Images with a backing chain (NON_SHARED_INC) are not made: make it there, on the same backing image.`;
    return [{ code: 'DESTINATION_MISSING', disk, message }];
  }
  if (creatable) return [];
  return [
    { code: 'DESTINATION_MISSING', disk, message: `${missing} It cannot be made from here: make it there.` },
  ];
}

function noPool({ disk, place }: DestinationImage, folder: string | undefined): Problem {
  const pool =
    folder === undefined
      ? 'images are made in storage pools, and none can have that place'
      : `no storage pool of the destination that runs has ${folder} as its target; define one by ` +
        `virsh --connect DESTINATION pool-create-as NAME dir --target '${folder}'`;
  return {
    code: 'DESTINATION_MISSING',
    disk,
    message: `${placeText(place)} cannot be looked for or made: ${pool}.`,
  };
}

function unknownImage({ disk, place }: DestinationImage): string {
  return (
    `Whether the destination has ${placeText(place)} for ${disk}, of the right size, is not known: ` +
    'no storage pool there shows it.'
  );
}
