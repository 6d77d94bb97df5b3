#include "block.h"
#include "commands.h"

#include <fcntl.h>
#include <sys/types.h>
#include <unistd.h>

int fill(const char *path, const char *disk, uint64_t size, uint64_t fill_mib) {
    struct block *b = block_alloc();
    int fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0644);

    if (fd < 0 || ftruncate(fd, (off_t)size))
        die(path);
    block_make(b, SUPER_MAGIC, disk, 0, 0);
    b->blocks = size / BLOCK_BYTES;
    b->filled = fill_mib * BLOCKS_PER_MIB;
    b->tail = size % BLOCK_BYTES;
    for (uint64_t number = 0; !number || number < fill_mib * BLOCKS_PER_MIB; number++) {
        if (number)
            block_make(b, BLOCK_MAGIC, disk, number, 0);
        block_seal(b);
        if (pwrite(fd, b, BLOCK_BYTES, (off_t)(number * BLOCK_BYTES)) != BLOCK_BYTES)
            die(path);
    }
    block_make_tail(b, disk, size / BLOCK_BYTES);
    if (pwrite(fd, b, size % BLOCK_BYTES, (off_t)(size - size % BLOCK_BYTES)) !=
        (ssize_t)(size % BLOCK_BYTES))
        die(path);
    if (close(fd))
        die(path);
    return 0;
}
