/* writer - a disk workload for a guest, and the judge of what became of its disks. */
#include "commands.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int main(int argc, char **argv) {
    if (argc == 6 && !strcmp(argv[1], "fill"))
        return fill(argv[2], argv[3], strtoull(argv[4], NULL, 10), strtoull(argv[5], NULL, 10));
    if (argc == 3 && !strcmp(argv[1], "guest"))
        workload(argv[2]);
    if ((argc == 3 || argc == 4) && !strcmp(argv[1], "verify"))
        return verify(argv[2], argc == 4 ? strtoull(argv[3], NULL, 10) : 0);
    fprintf(stderr, "usage: writer fill IMAGE DISK SIZE FILL_MIB\n"
                    "       writer guest DISK:RATE_KIB[,DISK:RATE_KIB...]\n"
                    "       writer verify IMAGE [MIN_GENERATION]\n");
    return 64;
}
