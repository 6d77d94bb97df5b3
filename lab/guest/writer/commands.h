/* The writer's three commands; each returns or ends with the exit status. */
#ifndef WRITER_COMMANDS_H
#define WRITER_COMMANDS_H

#include <stdint.h>

/* Creates a raw image of `size` bytes whose first fill_mib hold generation 0, and the end beyond the last
 * whole block as well. */
int fill(const char *path, const char *disk, uint64_t size, uint64_t fill_mib);

/* In the guest: writes to the disks of "vda:RATE_KIB,vdb:RATE_KIB" for ever, one beat a second on stdout. */
_Noreturn void workload(char *spec);

/* Checks a raw image that holds at least generation `min`; one JSON line. 0 ok, 1 damaged, 2 blank. */
int verify(const char *path, uint64_t min);

#endif
