#include "block.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

uint64_t mix(uint64_t x) {
    x += 0x9e3779b97f4a7c15ULL;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
    return x ^ (x >> 31);
}

/* Half of the generations run sequentially, a quarter is random over the whole disk, a quarter is random in
 * its first sixteenth (a hot spot). */
uint64_t place(uint64_t g, uint64_t blocks) {
    uint64_t usable = blocks - 1;

    switch (g & 3) {
    case 0:
        return 1 + mix(g) % usable;
    case 1:
        return 1 + mix(g) % (usable / 16 + 1);
    default:
        return 1 + ((g >> 2) * 2 + (g & 1)) % usable;
    }
}

/* A quarter of the zero generations take up to 64 blocks, the others one. */
uint64_t zero_run(uint64_t g, uint64_t blocks) {
    uint64_t hash = mix(~g);
    uint64_t left = blocks - place(g, blocks);
    uint64_t run = hash & 24 ? 1 : 1 + (hash >> 8) % 64;

    if ((hash & 7) != 3)
        return 0;
    return run < left ? run : left;
}

uint64_t run_length(uint64_t g, uint64_t blocks) {
    uint64_t zeroes = zero_run(g, blocks);

    return zeroes ? zeroes : 1;
}

bool reads_as_zeros(uint64_t g, uint64_t number, uint64_t blocks, uint64_t filled) {
    return g ? zero_run(g, blocks) > 0 : number >= filled;
}

static uint64_t checksum(const struct block *b) {
    uint64_t words[BLOCK_BYTES / 8];
    uint64_t hash = 1469598103934665603ULL;

    memcpy(words, b, sizeof words);
    for (size_t i = 0; i < BLOCK_BYTES / 8; i++)
        if (i != offsetof(struct block, sum) / 8)
            hash = ((hash ^ words[i]) * 1099511628211ULL) ^ (hash >> 29);
    return hash;
}

void block_make(struct block *b, const char *magic, const char *disk, uint64_t number, uint64_t generation) {
    uint64_t x = mix(number ^ generation << 32);

    memset(b, 0, sizeof *b);
    memcpy(b->magic, magic, sizeof b->magic);
    strncpy(b->disk, disk, sizeof b->disk - 1);
    b->number = number;
    b->generation = generation;
    for (size_t i = 0; i < PAYLOAD_WORDS; i++)
        b->payload[i] = x = x * 6364136223846793005ULL + 1442695040888963407ULL;
}

void block_make_tail(struct block *b, const char *disk, uint64_t blocks) {
    block_make(b, BLOCK_MAGIC, disk, blocks, 0);
    block_seal(b);
}

void block_seal(struct block *b) { b->sum = checksum(b); }

bool block_is_valid(const struct block *b, const char *magic, const char *disk, uint64_t number) {
    return !memcmp(b->magic, magic, sizeof b->magic) && !strncmp(b->disk, disk, sizeof b->disk) &&
           b->number == number && b->sum == checksum(b);
}

bool is_zero(const void *bytes, size_t length) {
    const char *at = bytes;

    return !length || (!*at && !memcmp(at, at + 1, length - 1));
}

struct block *block_alloc(void) {
    void *memory = NULL;

    if (posix_memalign(&memory, BLOCK_BYTES, BLOCK_BYTES))
        die("memory");
    return memset(memory, 0, BLOCK_BYTES);
}

void die(const char *what) {
    fprintf(stderr, "writer: %s: %s\n", what, strerror(errno));
    exit(3);
}
