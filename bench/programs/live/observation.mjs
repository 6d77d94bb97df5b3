// What a move looks like from outside: by the monitors' own event times (one machine, one clock), QEMU's count of
// the guest's writes, and what the guest says of itself.

/** Counts of the guest's own writes so far; block jobs and exports are not in them. */
export async function guestWrites(vm, disks) {
  const stats = await vm.cmd('query-blockstats');
  const at = Date.now();
  let writes = 0;
  for (const { qdev = '', 'node-name': node, stats: s } of stats) {
    const name = disks.find((disk) => node === disk || qdev.includes(`disk-${disk}`));
    if (name !== undefined) writes += s.wr_operations + s.unmap_operations;
  }
  return { at, writes };
}

/** The parts of the standstill, in milliseconds. */
export function downtimeParts({ source, destination }) {
  const of = (vm, name, status) =>
    vm.events.findLast(
      ({ event, data }) => event === name && (status === undefined || data.status === status),
    )?.at;
  const stop = of(source, 'STOP');
  const paused = of(source, 'MIGRATION', 'pre-switchover');
  const goesOn = of(source, 'MIGRATION', 'device');
  const completed = Math.max(of(source, 'MIGRATION', 'completed'), of(destination, 'MIGRATION', 'completed'));
  const resume = of(destination, 'RESUME');
  const ms = (from, to) => Math.round((to - from) / 10) / 100;
  return {
    downtime: ms(stop, resume),
    stop: ms(stop, paused),
    disks: ms(paused, goesOn),
    handOver: ms(goesOn, completed),
    start: ms(completed, resume),
    stopAt: stop / 1000,
    resumeAt: resume / 1000,
  };
}
