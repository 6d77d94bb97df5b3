import { expect, it } from 'vitest';
import { LiveRegion } from '../../src/progress/live-region.js';
import { Screen } from '../support/screen.js';

it('draws over itself, lets lines stay above, and leaves nothing', () => {
  const screen = new Screen();
  const region = new LiveRegion((text) => screen.write(text));
  screen.write('before\n');
  region.show(['bulk', 'vda 10%', 'vdb 20%']);
  expect(screen.lines).toEqual(['before', 'bulk', 'vda 10%', 'vdb 20%']);
  expect(screen.cursorHidden).toBe(true);
  region.above('a warning');
  region.show(['bulk', 'vda 9%']);
  expect(screen.lines).toEqual(['before', 'a warning', 'bulk', 'vda 9%']);
  region.clear();
  region.clear();
  expect(screen.lines).toEqual(['before', 'a warning']);
  expect(screen.cursorHidden).toBe(false);
});

it('writes nothing when nothing has changed', () => {
  const written: string[] = [];
  const region = new LiveRegion((text) => written.push(text));
  region.show(['bulk']);
  region.show(['bulk']);
  expect(written).toHaveLength(1);
});
