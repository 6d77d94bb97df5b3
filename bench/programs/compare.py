"""Compares two files of one size, holes as the zeros that they are: compare.py A B

Looks only where either has data. Exit status 0: equal. 1: not, and prints the first offset.
"""

import errno
import os
import sys

STEP = 1 << 20


def main():
    a, b = (os.open(path, os.O_RDONLY) for path in sys.argv[1:3])
    sizes = [os.fstat(fd).st_size for fd in (a, b)]
    if sizes[0] != sizes[1]:
        tell(f"one has {sizes[0]} bytes, the other {sizes[1]}")
    at = 0
    while at < sizes[0]:
        (a_from, a_end), (b_from, b_end) = data_at(a, at, sizes[0]), data_at(b, at, sizes[0])
        start = min(a_from, b_from)
        # To where it changes which of the two have data.
        end = min(edge for edge in (a_from, a_end, b_from, b_end, sizes[0]) if edge > start or edge == sizes[0])
        compare(a if a_from <= start else None, b if b_from <= start else None, start, end)
        at = end


def data_at(fd, at, size):
    """The next data from an offset on; at the end if there is none."""
    try:
        start = os.lseek(fd, at, os.SEEK_DATA)
        return start, os.lseek(fd, start, os.SEEK_HOLE)
    except OSError as error:
        if error.errno != errno.ENXIO:
            raise
        return size, size


def compare(a, b, start, end):
    for at in range(start, end, STEP):
        length = min(STEP, end - at)
        left, right = (bytes(length) if fd is None else os.pread(fd, length, at) for fd in (a, b))
        if left != right:
            tell(f"first at offset {at + next(i for i in range(length) if left[i] != right[i])}")


def tell(difference):
    print(difference)
    sys.exit(1)


main()
