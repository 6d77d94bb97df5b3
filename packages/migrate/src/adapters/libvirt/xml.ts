import { type Document, type Element, parseXmlDocument } from 'slimdom';
import { MigrationError } from '../../error.js';

/**
 * The root of a document of libvirt's.
 *
 * @throws {MigrationError} `INVALID_ARGUMENT` for what is no XML, or has another root.
 */
export function rootOf(xml: string, name: string): Element {
  const root = parse(xml).documentElement;
  if (root?.nodeName === name) return root;
  throw new MigrationError(
    'INVALID_ARGUMENT',
    `This is no <${name}>: its root is <${root?.nodeName ?? ''}>.`,
  );
}

/** The elements of a name along a path of names, in document order. */
export function elementsAt(element: Element, ...path: readonly string[]): Element[] {
  let found = [element];
  for (const name of path) {
    found = found.flatMap(({ children }) => children.filter(({ nodeName }) => nodeName === name));
  }
  return found;
}

/** The first of them. */
export function elementAt(element: Element, ...path: readonly string[]): Element | undefined {
  return elementsAt(element, ...path)[0];
}

/** What is written in it, without the white space around. */
export function textOf(element: Element | undefined): string | undefined {
  return element?.textContent?.trim();
}

/** Text as it stands in XML. */
export function xmlText(text: string): string {
  return text.replace(/[&<>'"]/g, (character) => `&#${character.charCodeAt(0)};`);
}

function parse(xml: string): Document {
  try {
    return parseXmlDocument(xml);
  } catch (cause) {
    const [line] = (cause instanceof Error ? cause.message : String(cause)).split('\n');
    throw new MigrationError('INVALID_ARGUMENT', `This is no XML: ${line}`, { cause });
  }
}
