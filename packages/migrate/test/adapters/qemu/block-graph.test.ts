import type { QmpClient } from '@blockferry/qmp';
import { describe, expect, it } from 'vitest';
import { BlockGraph } from '../../../src/adapters/qemu/block-graph.js';

/** A graph of nodes, each `NAME: [driver, child]`. */
function graph(nodes: Record<string, readonly [string, string?]>): Promise<BlockGraph> {
  const replies: Record<string, unknown> = {
    'query-named-block-nodes': Object.entries(nodes).map(([name, [drv]]) => ({ 'node-name': name, drv })),
    'query-blockstats': Object.entries(nodes).map(([name, [, child]]) => ({
      'node-name': name,
      ...(child === undefined ? {} : { parent: { 'node-name': child } }),
    })),
  };
  return BlockGraph.query({ execute: async (command: string) => replies[command] } as unknown as QmpClient);
}

describe('below filters', () => {
  it('is the first node that is none, and not what that one stands on', async () => {
    const nodes = await graph({
      top: ['copy-on-read', 'slow'],
      slow: ['throttle', 'image'],
      image: ['qcow2', 'file'],
      file: ['file'],
    });
    expect(nodes.belowFilters('top')).toBe('image');
    expect(nodes.belowFilters('image')).toBe('image');
  });

  it('is the root itself where nothing is known of it', async () => {
    expect((await graph({})).belowFilters('gone')).toBe('gone');
    expect((await graph({ slow: ['throttle'] })).belowFilters('slow')).toBe('slow');
  });

  it('is found even in a graph that goes round in circles', async () => {
    const nodes = await graph({ a: ['throttle', 'b'], b: ['throttle', 'a'] });
    expect(nodes.belowFilters('a')).toBe('a');
  });
});
