#include "block.h"
#include "commands.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

enum { OK, DAMAGED, BLANK }; /* exit statuses */
enum { COMPLAINTS = 5, LOOK_AHEAD = 64 };
static const uint64_t ZEROS = UINT64_MAX;   /* in place of a generation: the block reads as zeros */
static const uint64_t BAD = UINT64_MAX - 1; /* in place of a generation: neither zeros nor a block of ours */

struct image {
    const char *path;
    char disk[9];
    int fd;
    uint64_t blocks, filled, tail;
    uint64_t *want, *got; /* each block's generation */
    uint64_t newest, bad;
};

/* Whether every byte is zero; reads what is allocated, no more. */
static bool is_blank(int fd, off_t size) {
    static char buffer[1 << 20];

    for (off_t at = 0; at < size;) {
        off_t data = lseek(fd, at, SEEK_DATA), end;

        if (data < 0 && errno == ENXIO)
            return true;
        end = data < 0 ? -1 : lseek(fd, data, SEEK_HOLE);
        if (end < 0) { /* it cannot tell, a block device for one */
            data = at;
            end = size;
        }
        for (at = data; at < end;) {
            size_t n = end - at < (off_t)sizeof buffer ? (size_t)(end - at) : sizeof buffer;
            ssize_t got = pread(fd, buffer, n, at);

            if (got <= 0 || !is_zero(buffer, (size_t)got))
                return false;
            at += got;
        }
    }
    return true;
}

static bool read_superblock(struct image *m, off_t size) {
    struct block *b = block_alloc();

    if (pread(m->fd, b, BLOCK_BYTES, 0) != BLOCK_BYTES)
        return false;
    memcpy(m->disk, b->disk, sizeof b->disk);
    m->blocks = b->blocks;
    m->filled = b->filled;
    m->tail = b->tail;
    return block_is_valid(b, SUPER_MAGIC, m->disk, 0) && (uint64_t)size >= m->blocks * BLOCK_BYTES + m->tail;
}

/* The generation that block b, at `number`, claims and may claim; ZEROS, or BAD. */
static uint64_t generation_of(const struct image *m, const struct block *b, uint64_t number) {
    uint64_t g = b->generation;

    if (is_zero(b, BLOCK_BYTES))
        return ZEROS;
    if (!block_is_valid(b, BLOCK_MAGIC, m->disk, number))
        return BAD;
    return g && (place(g, m->blocks) != number || zero_run(g, m->blocks)) ? BAD : g;
}

static void read_generations(struct image *m) {
    struct block *b = block_alloc();

    for (uint64_t number = 1; number < m->blocks; number++) {
        uint64_t g;

        if (pread(m->fd, b, BLOCK_BYTES, (off_t)(number * BLOCK_BYTES)) != BLOCK_BYTES)
            die(m->path);
        g = m->got[number] = generation_of(m, b, number);
        if (g == BAD && m->bad++ < COMPLAINTS)
            fprintf(stderr, "%s: block %" PRIu64 " is damaged\n", m->path, number);
        else if (g < BAD && g > m->newest)
            m->newest = g;
    }
}

static void check_tail(struct image *m) {
    struct block *want = block_alloc(), *got = block_alloc();

    block_make_tail(want, m->disk, m->blocks);
    if (pread(m->fd, got, m->tail, (off_t)(m->blocks * BLOCK_BYTES)) != (ssize_t)m->tail)
        die(m->path);
    if (memcmp(want, got, m->tail)) {
        m->bad++;
        fprintf(stderr, "%s: the %" PRIu64 " bytes after the last block are damaged\n", m->path, m->tail);
    }
}

/* Whether a block of ours is there, but not the one that `want` says. */
static bool is_lost(const struct image *m, uint64_t number) {
    uint64_t want = m->want[number], got = m->got[number];

    return got != BAD && got != (reads_as_zeros(want, number, m->blocks, m->filled) ? ZEROS : want);
}

/* Sets `want` to the state after generation `upto`; returns how many blocks are lost, measured by it. */
static uint64_t replay(struct image *m, uint64_t upto) {
    uint64_t lost = 0;

    memset(m->want, 0, m->blocks * sizeof *m->want);
    for (uint64_t g = 1; g <= upto; g++)
        for (uint64_t at = place(g, m->blocks), n = 0; n < run_length(g, m->blocks); n++)
            m->want[at + n] = g;
    for (uint64_t number = 1; number < m->blocks; number++)
        lost += is_lost(m, number);
    return lost;
}

/* Zeroes bear no generation, so the image may be a few zero generations, or a part of one, ahead of `upto`:
 * replays on until nothing is lost. Returns the least number of lost blocks; on 0 `want` fits the image. */
static uint64_t replay_ahead(struct image *m, uint64_t upto, uint64_t lost) {
    uint64_t least = lost;

    for (uint64_t g = upto + 1; least && g <= upto + LOOK_AHEAD; g++)
        for (uint64_t at = place(g, m->blocks), n = 0; least && n < run_length(g, m->blocks); n++) {
            lost -= is_lost(m, at + n);
            m->want[at + n] = g;
            lost += is_lost(m, at + n);
            if (lost < least)
                least = lost;
        }
    return least;
}

static void complain(const struct image *m) {
    int told = 0;

    for (uint64_t number = 1; number < m->blocks && told < COMPLAINTS; number++) {
        uint64_t want = m->want[number];

        if (is_lost(m, number)) {
            fprintf(stderr, "%s: block %" PRIu64 " holds generation %" PRId64 ", wants %" PRIu64 "%s\n",
                    m->path, number, (int64_t)m->got[number], want,
                    reads_as_zeros(want, number, m->blocks, m->filled) ? " (zeros)" : "");
            told++;
        }
    }
}

int verify(const char *path, uint64_t min) {
    struct image m = {.path = path, .fd = open(path, O_RDONLY | O_CLOEXEC)};
    off_t size = m.fd < 0 ? -1 : lseek(m.fd, 0, SEEK_END);
    uint64_t upto, lost;
    bool ok;

    if (size < 0)
        die(path);
    if (is_blank(m.fd, size)) {
        puts("{\"status\":\"blank\"}");
        return BLANK;
    }
    if (!read_superblock(&m, size)) {
        fprintf(stderr, "%s: the superblock is damaged\n", path);
        puts("{\"status\":\"damaged\"}");
        return DAMAGED;
    }
    m.want = calloc(m.blocks, sizeof *m.want);
    m.got = calloc(m.blocks, sizeof *m.got);
    if (!m.want || !m.got)
        die("memory");
    read_generations(&m);
    check_tail(&m);
    upto = m.newest > min ? m.newest : min;
    lost = replay_ahead(&m, upto, replay(&m, upto));
    if (lost) {
        replay(&m, upto);
        complain(&m);
    }
    ok = !m.bad && !lost;
    printf("{\"status\":\"%s\",\"disk\":\"%s\",\"newestGeneration\":%" PRIu64 ",\"bad\":%" PRIu64
           ",\"lost\":%" PRIu64 "}\n",
           ok ? "ok" : "damaged", m.disk, m.newest, m.bad, lost);
    return ok ? OK : DAMAGED;
}
