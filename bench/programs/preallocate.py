"""Gives a file its size and memory for ranges of it, which still read as holes: preallocate.py FILE SIZE RANGES

RANGES is a file with a line `OFFSET LENGTH` for each. What the file held before is gone.
"""

import os
import sys

path, size, ranges = sys.argv[1:4]
fd = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
os.ftruncate(fd, 0)
os.ftruncate(fd, int(size))
with open(ranges, encoding="ascii") as lines:
    for line in lines:
        offset, length = map(int, line.split())
        os.posix_fallocate(fd, offset, length)
