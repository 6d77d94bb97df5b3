import type { LabVm } from '@blockferry/lab';
import { expect } from 'vitest';

/** What two QEMUs have to have in common with `LabVm`: their names and what they told. */
type Told = Pick<LabVm, 'name' | 'events'>;

/**
 * Fails if the guest ever ran in two places: by the order of all RESUME and STOP, where `running` ran at first and the
 * others did not. A QEMU that was killed counts as running on, unless it had stopped.
 */
export function expectRunsOnce(running: Told, ...others: readonly Told[]): void {
  const events = [running, ...others].flatMap((vm) => vm.events.map((event) => ({ vm: vm.name, ...event })));
  const runs = new Set([running.name]);
  const told: string[] = [];
  for (const { vm, event } of events.sort((a, b) => a.at - b.at)) {
    if (event !== 'STOP' && event !== 'RESUME') continue;
    told.push(`${vm} ${event}`);
    if (event === 'STOP') runs.delete(vm);
    else runs.add(vm);
    expect(runs.size, `places where the guest runs after ${told.join(', ')}`).toBeLessThan(2);
  }
}
