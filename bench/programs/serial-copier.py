"""Copies ranges from one NBD export to another, one request at a time: serial-copier.py SOURCE DESTINATION RANGES

RANGES is a file with a line `OFFSET LENGTH` for each. Prints the seconds between the first request and the answer to the
last, a flush.
"""

import sys
import time

import nbd

source, destination = nbd.NBD(), nbd.NBD()
source.connect_uri(sys.argv[1])
destination.connect_uri(sys.argv[2])
with open(sys.argv[3], encoding="ascii") as lines:
    ranges = [tuple(map(int, line.split())) for line in lines]
began = time.perf_counter()
for offset, length in ranges:
    destination.pwrite(source.pread(length, offset), offset)
destination.flush()
print(time.perf_counter() - began)
source.shutdown()
destination.shutdown()
