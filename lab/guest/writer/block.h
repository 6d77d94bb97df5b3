/*
 * Disks whose contents prove themselves.
 *
 * Every 4 KiB block names its disk, its own number, the generation that wrote it, and a checksum. Block 0 is
 * the superblock: it is never rewritten. Generation g (1, 2, ...) goes to place(g), a pure function of the
 * superblock; one in eight zeroes its block, or a run of them, instead of writing data. One writer a disk
 * issues the generations in order, one at a time, so an image has to equal, block for block, the state after
 * some generation T. A single lost, torn, stale or misplaced block is found, and so is a lost zero write.
 */
#ifndef WRITER_BLOCK_H
#define WRITER_BLOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Not BLOCK_SIZE: linux/fs.h defines that otherwise. */
enum { BLOCK_BYTES = 4096, BLOCKS_PER_MIB = (1 << 20) / BLOCK_BYTES, PAYLOAD_WORDS = BLOCK_BYTES / 8 - 8 };

#define SUPER_MAGIC "LABSUPER"
#define BLOCK_MAGIC "LABBLOCK"

struct block {
    char magic[8], disk[8];
    uint64_t number, generation, sum;
    uint64_t blocks, filled, tail; /* superblock only, 0 elsewhere; tail: bytes after the last block */
    uint64_t payload[PAYLOAD_WORDS];
};
_Static_assert(sizeof(struct block) == BLOCK_BYTES, "a block has no padding");

/* A well-mixed pure function of x (splitmix64). */
uint64_t mix(uint64_t x);

/* The first block that generation g writes: 1 to blocks - 1. */
uint64_t place(uint64_t g, uint64_t blocks);

/* How many blocks from place(g) on generation g zeroes: 1 to 64; 0 means that it writes data. */
uint64_t zero_run(uint64_t g, uint64_t blocks);

/* How many blocks from place(g) on generation g changes, data or zeroes. */
uint64_t run_length(uint64_t g, uint64_t blocks);

/* Whether block `number` reads as zeros when g was the last generation there (0: none yet). */
bool reads_as_zeros(uint64_t g, uint64_t number, uint64_t blocks, uint64_t filled);

/* Fills b in, all but the checksum; block_seal adds it. */
void block_make(struct block *b, const char *magic, const char *disk, uint64_t number, uint64_t generation);
void block_seal(struct block *b);

/* Fills b in as what the bytes after the last block are the beginning of: nobody rewrites them. */
void block_make_tail(struct block *b, const char *disk, uint64_t blocks);

/* Whether b is whole and is the block of that disk and number. */
bool block_is_valid(const struct block *b, const char *magic, const char *disk, uint64_t number);

bool is_zero(const void *bytes, size_t length);

/* A zeroed block, aligned for O_DIRECT. */
struct block *block_alloc(void);

/* Prints what failed, with errno's text, and exits with 3. */
_Noreturn void die(const char *what);

#endif
