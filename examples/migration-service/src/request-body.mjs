// @ts-check
import { HttpError } from './http-error.mjs';

/**
 * The JSON of a request. Its type has to be said: a page of another site cannot send it without asking first.
 *
 * @param {import('node:http').IncomingMessage} request
 * @returns {Promise<unknown>}
 */
export async function readJson(request) {
  if (!/^application\/json\s*(;|$)/i.test(request.headers['content-type'] ?? '')) {
    throw new HttpError(415, 'UNSUPPORTED_MEDIA_TYPE', 'Send JSON, with "content-type: application/json".');
  }
  const chunks = [];
  let length = 0;
  for await (const chunk of request) {
    length += chunk.length;
    if (length > MAX_BYTES)
      throw new HttpError(413, 'TOO_LARGE', `A request has at most ${MAX_BYTES} bytes.`);
    chunks.push(chunk);
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString('utf8'));
  } catch (error) {
    throw new HttpError(400, 'INVALID_JSON', `The body is no JSON: ${/** @type {Error} */ (error).message}.`);
  }
}

const MAX_BYTES = 64 * 1024;
