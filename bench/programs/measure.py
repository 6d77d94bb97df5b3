"""Runs a program and tells what it took: measure.py [SERVER_PID,...] PROGRAM [ARGUMENT...]

Prints one JSON object: wall and CPU nanoseconds and peak bytes of the program, CPU nanoseconds of the servers
meanwhile, its exit status, the end of its output.

A small process of its own: what the kernel counts as a child's peak memory begins at that of whoever starts it, and the
result of wait4(2) has the child's whole CPU time. A server's clock has that of threads that have ended, too.
"""

import json
import os
import signal
import sys
import time

OUTPUT = 1 << 20
ENDING = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


def main():
    servers = [int(pid) for pid in sys.argv[1].split(",") if pid]
    command = sys.argv[2:]
    output = os.memfd_create("output")
    actions = [
        (os.POSIX_SPAWN_OPEN, 0, "/dev/null", os.O_RDONLY, 0),
        (os.POSIX_SPAWN_DUP2, output, 1),
        (os.POSIX_SPAWN_DUP2, output, 2),
    ]
    # Who is told to end before it knows the child could not end that.
    signal.pthread_sigmask(signal.SIG_BLOCK, ENDING)
    before = clocks(servers)
    began = time.perf_counter_ns()
    # A group of its own, to be ended with all that it may start. Python ignores SIGPIPE; the program shall not.
    child = os.posix_spawnp(
        command[0],
        command,
        os.environ,
        file_actions=actions,
        setpgroup=0,
        setsigmask=[],
        setsigdef=[signal.SIGPIPE],
    )
    for each in ENDING:
        signal.signal(each, lambda *_: os.killpg(child, signal.SIGKILL))
    signal.pthread_sigmask(signal.SIG_UNBLOCK, ENDING)
    _, status, usage = os.wait4(child, 0)
    wall = time.perf_counter_ns() - began
    after = clocks(servers)
    size = os.lseek(output, 0, os.SEEK_END)
    text = os.pread(output, OUTPUT, max(0, size - OUTPUT)).decode(errors="replace")
    print(json.dumps({
        "wallNs": wall,
        "cpuNs": round((usage.ru_utime + usage.ru_stime) * 1e9),
        "serverCpuNs": after - before,
        "peakBytes": usage.ru_maxrss * 1024,
        "status": os.waitstatus_to_exitcode(status),
        "output": text,
    }))


def clocks(pids):
    """CPU nanoseconds of processes, by their CPU-time clocks: clock_getcpuclockid(3)."""
    return sum(time.clock_gettime_ns((~pid << 3) | 2) for pid in pids)


main()
