// @ts-check
import { HttpError } from './http-error.mjs';

/**
 * What a client may ask for: the library's options, as far as JSON can say them.
 *
 * @typedef {{ demo: false, options: import('@blockferry/migrate').MigrateOptions }} RealRequest
 * @typedef {{ demo: true, options: Omit<import('@blockferry/migrate').MigrateOptions, 'from' | 'to'> }} DemoRequest
 */

/**
 * Makes a request of a JSON body, or tells everything that is wrong with it.
 *
 * @param {unknown} body
 * @returns {RealRequest | DemoRequest}
 */
export function migrationRequest(body) {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    throw new HttpError(400, 'INVALID_REQUEST', 'The body has to be a JSON object.');
  }
  const { demo = false, ...fields } = /** @type {Record<string, unknown>} */ (body);
  const problems = Object.entries(fields).flatMap(([name, value]) => fault(name, value));
  if (typeof demo !== 'boolean') problems.push('"demo" has to be true or false.');
  for (const end of ['from', 'to']) {
    if (demo === true && end in fields) problems.push(`A demo has its own hosts: leave "${end}" out.`);
    if (demo !== true && !(end in fields)) problems.push(`"${end}" is missing: ${HOST}.`);
  }
  if (problems.length > 0) throw new HttpError(400, 'INVALID_REQUEST', problems.join(' '), { problems });
  // Every field has been checked by now.
  return /** @type {RealRequest | DemoRequest} */ ({ demo, options: fields });
}

/**
 * @param {string} name
 * @param {unknown} value
 * @returns {string[]}
 */
function fault(name, value) {
  const field = Object.hasOwn(FIELDS, name) ? FIELDS[name] : undefined;
  if (field === undefined)
    return [`There is no "${name}"; there are ${Object.keys(FIELDS).join(', ')}, demo.`];
  return field.takes(value) ? [] : [`"${name}" has to be ${field.what}.`];
}

/**
 * @typedef {object} Field
 * @property {string} what Ends the sentence that refuses another value.
 * @property {(value: unknown) => boolean} takes
 */

/** @type {Field['takes']} */
const isText = (value) => typeof value === 'string' && value !== '';
/** @type {Field['takes']} */
const isList = (value) => Array.isArray(value) && value.length > 0 && value.every(isText);
/** @type {Field['takes']} */
const isMap = (value) =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && Object.values(value).every(isText);

const HOST =
  'a QEMU monitor, "qmp+unix:///path" or "qmp+tcp://host:port", or a libvirt URI, "qemu:///system"';

/** @type {Field} */
const host = {
  what: HOST,
  takes: (value) => typeof value === 'string' && /^(qmp|qemu|ch|xen)(\+\w+)?:\/\//.test(value),
};
/** @type {Field} */
const text = { what: 'a string that is not empty', takes: isText };
/** @type {Field} */
const flag = { what: 'true or false', takes: (value) => typeof value === 'boolean' };

/**
 * @param {string} unit
 * @param {number} max
 * @returns {Field}
 */
function whole(unit, max) {
  return {
    what: `a whole number of ${unit}, from 1 to ${max}`,
    takes: (value) => Number.isSafeInteger(value) && Number(value) >= 1 && Number(value) <= max,
  };
}

/** @type {Record<string, Field>} */
const FIELDS = {
  from: host,
  to: host,
  domain: text,
  disks: {
    what: '"default", "none" or a list of disk names',
    takes: (value) => value === 'default' || value === 'none' || isList(value),
  },
  diskMap: { what: 'an object of source disk to destination disk', takes: isMap },
  assumeShared: { what: 'a list of disk names', takes: isList },
  allowShared: flag,
  allowLarger: flag,
  unsafe: flag,
  p2p: flag,
  createImages: flag,
  bandwidth: whole('bytes per second', Number.MAX_SAFE_INTEGER),
  maxDowntimeMs: whole('milliseconds', 2_000_000),
  timeoutMs: whole('milliseconds', 2 ** 31 - 1),
  sourceNbd: text,
  destinationNbd: text,
  stateUri: text,
  verify: flag,
};
