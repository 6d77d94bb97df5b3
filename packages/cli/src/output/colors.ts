import picocolors from 'picocolors';

export type Colors = ReturnType<typeof picocolors.createColors>;

/**
 * Colours where they help: on a terminal, or when FORCE_COLOR asks for them; never against NO_COLOR.
 *
 * Source: no-color.org, force-color.org.
 */
export function colorsFor(isTerminal: boolean, env: Readonly<Record<string, string | undefined>>): Colors {
  const forced = (env['FORCE_COLOR'] ?? '') !== '' && env['FORCE_COLOR'] !== '0';
  const refused = (env['NO_COLOR'] ?? '') !== '' || env['FORCE_COLOR'] === '0';
  return picocolors.createColors(!refused && (forced || (isTerminal && env['TERM'] !== 'dumb')));
}
