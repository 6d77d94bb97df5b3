import type { Step } from './view-event.js';

/** What happens in a step, for whoever watches. */
export function describeStep(step: Step): string {
  return STEPS[step];
}

const STEPS: Readonly<Record<Step, string>> = {
  copy: 'moving what holds data, keeping holes',
  verify: 'reading the destination back',
  compare: 'reading both sides',
  fill: "writing half of the guest's disks",
  begin: 'looking at both sides',
  prepare: 'recording writes, opening exports',
  bulk: 'copying the chosen disks while the guest runs',
  precopy: 'copying what the guest has written meanwhile',
  state: "moving the guest's memory",
  switchover: 'the guest is stopped, copying the last writes',
  finish: 'handing the guest over',
  confirm: 'cleaning up',
};
