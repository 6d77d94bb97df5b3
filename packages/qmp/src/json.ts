/**
 * An integer of QMP: a `number` up to 2^53-1, past it a `bigint`, so that no digit is lost. QEMU has 64-bit integers,
 * and some are set to their maximum on purpose.
 */
export type QmpInteger = number | bigint;

/**
 * JSON.parse, but integers outside +-(2^53-1) become a `bigint`.
 *
 * Node 20's revivers do not see the source text. So these integers are turned into strings that start with a NUL before
 * parsing, and back afterwards; strings that started with one already are marked too, so that none is mistaken.
 */
export function parseJson(text: string): unknown {
  if (!/\d{16}/.test(text)) return JSON.parse(text);
  // The untouched text goes first: what is not JSON must not become JSON by the change.
  const plain: unknown = JSON.parse(text);
  let found = false;
  const marked = text.replace(
    stringsAndNumbers,
    (token, string: string | undefined, colon: string | undefined) => {
      if (string !== undefined) return colon === undefined ? token.replace(/^"\\u0000/, '"\\u0000s') : token;
      if (!/^-?\d+$/.test(token) || Number.isSafeInteger(Number(token))) return token;
      found = true;
      return `"\\u0000n${token}"`;
    },
  );
  return found ? JSON.parse(marked, (_key, value: unknown) => unmark(value)) : plain;
}

/** JSON.stringify, but a `bigint` is written as the integer that it is. The value must not be undefined. */
export function stringifyJson(value: unknown): string {
  let found = false;
  const marked = JSON.stringify(value, (_key, item: unknown) => {
    if (typeof item === 'string') return item.startsWith('\0') ? `\0s${item.slice(1)}` : item;
    if (typeof item !== 'bigint') return item;
    found = true;
    return `\0n${item}`;
  });
  if (!found) return JSON.stringify(value);
  return marked.replace(stringsAndNumbers, (token, string: string | undefined, colon: string | undefined) => {
    if (string === undefined || colon !== undefined) return token;
    return token.replace(/^"\\u0000n(-?\d+)"$/, '$1').replace(/^"\\u0000s/, '"\\u0000');
  });
}

function unmark(value: unknown): unknown {
  if (typeof value !== 'string' || !value.startsWith('\0')) return value;
  return value[1] === 'n' ? BigInt(value.slice(2)) : `\0${value.slice(2)}`;
}

// A string, with the colon that makes it a key; or a number. Keys are left alone.
const stringsAndNumbers = /("[^"\\]*(?:\\.[^"\\]*)*")(\s*:)?|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;
