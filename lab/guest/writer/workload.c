#include "block.h"
#include "commands.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/fs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

enum { MAX_DISKS = 16, BATCHES_PER_SECOND = 10, READS_PER_BATCH = 4, DEFAULT_RATE_KIB = 256 };

/* What a disk's writer tells the process that beats. */
struct tally {
    volatile uint64_t flushed, bad, errors, slowest_us;
};

struct disk {
    const char *name;
    int fd;
    uint64_t blocks, filled, generation, reads;
    uint32_t *last; /* each block's last generation, as the guest's memory knows it */
    struct block *buffer;
    struct tally *tally;
};

static double now(void) {
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* Half of the zero writes may unmap (a punched hole), the others may not. */
static int write_zeroes(int fd, uint64_t g, uint64_t at, uint64_t run) {
    uint64_t range[2] = {at * BLOCK_BYTES, run * BLOCK_BYTES};

    if (mix(~g) & 32)
        return ioctl(fd, BLKZEROOUT, range);
    return fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, (off_t)range[0], (off_t)range[1]);
}

static void write_generation(struct disk *d) {
    uint64_t g = ++d->generation;
    uint64_t at = place(g, d->blocks);
    uint64_t zeroes = zero_run(g, d->blocks);
    double began;
    bool failed;

    block_make(d->buffer, BLOCK_MAGIC, d->name, at, g);
    block_seal(d->buffer);
    began = now();
    failed = zeroes ? write_zeroes(d->fd, g, at, zeroes) != 0
                    : pwrite(d->fd, d->buffer, BLOCK_BYTES, (off_t)(at * BLOCK_BYTES)) != BLOCK_BYTES;
    if (failed) {
        d->tally->errors++;
        printf("ioerror %s generation=%" PRIu64 ": %s\n", d->name, g, strerror(errno));
    }
    uint64_t us = (uint64_t)((now() - began) * 1e6);
    if (us > d->tally->slowest_us)
        d->tally->slowest_us = us;
    for (uint64_t n = 0; n < run_length(g, d->blocks); n++)
        d->last[at + n] = (uint32_t)g;
}

static void flush(struct disk *d) {
    if (fdatasync(d->fd)) {
        d->tally->errors++;
        printf("ioerror %s flush generation=%" PRIu64 ": %s\n", d->name, d->generation, strerror(errno));
    } else {
        d->tally->flushed = d->generation;
    }
}

/* Reads a block back, every second time one that was written, and compares it with what memory knows: this
 * catches a disk that is older than the RAM that came with it. */
static void read_back(struct disk *d, bool written) {
    uint64_t random = mix(++d->reads + 77);
    uint64_t at = d->generation && written ? place(1 + random % d->generation, d->blocks)
                                           : 1 + random % (d->blocks - 1);
    uint64_t want = d->last[at];
    bool zeros = reads_as_zeros(want, at, d->blocks, d->filled);
    const struct block *b = d->buffer;

    if (pread(d->fd, d->buffer, BLOCK_BYTES, (off_t)(at * BLOCK_BYTES)) == BLOCK_BYTES &&
        (zeros ? is_zero(b, BLOCK_BYTES)
               : block_is_valid(b, BLOCK_MAGIC, d->name, at) && b->generation == want))
        return;
    d->tally->bad++;
    printf("mismatch %s block=%" PRIu64 " want=%" PRIu64 "%s got=%" PRIu64 "\n", d->name, at, want,
           zeros ? " (zeros)" : "", b->generation);
}

static bool open_disk(struct disk *d) {
    char path[32];

    snprintf(path, sizeof path, "/dev/%s", d->name);
    d->buffer = block_alloc();
    d->fd = open(path, O_RDWR | O_DIRECT);
    if (d->fd < 0 || pread(d->fd, d->buffer, BLOCK_BYTES, 0) != BLOCK_BYTES)
        die(path);
    if (!block_is_valid(d->buffer, SUPER_MAGIC, d->name, 0)) {
        printf("ioerror %s: no superblock\n", d->name);
        return false;
    }
    d->blocks = d->buffer->blocks;
    d->filled = d->buffer->filled;
    d->last = calloc(d->blocks, sizeof *d->last);
    if (!d->last)
        die("memory");
    return true;
}

/* Writes rate_kib a second in batches, each ended by a flush, each followed by some reads. */
static void write_for_ever(struct disk *d, uint64_t rate_kib) {
    uint64_t blocks_per_batch = rate_kib / (BATCHES_PER_SECOND * BLOCK_BYTES / 1024);

    if (rate_kib && !blocks_per_batch)
        blocks_per_batch = 1;
    for (double due = now();; due += 1.0 / BATCHES_PER_SECOND) {
        double wait = due - now();

        if (wait > 0)
            usleep((useconds_t)(wait * 1e6));
        else if (wait < -1)
            due = now(); /* no catching up after a pause */
        for (uint64_t i = 0; i < blocks_per_batch; i++)
            write_generation(d);
        flush(d);
        for (int i = 0; i < READS_PER_BATCH; i++)
            read_back(d, i & 1);
    }
}

static _Noreturn void beat(char *const *names, struct tally *tallies, int count) {
    for (uint64_t number = 1;; number++) {
        char line[512];
        int at = snprintf(line, sizeof line, "beat %" PRIu64, number);
        uint64_t bad = 0, errors = 0, slowest_us = 0;

        sleep(1);
        for (int i = 0; i < count; i++) {
            struct tally *t = &tallies[i];

            at += snprintf(line + at, sizeof line - (size_t)at, " %.8s=%" PRIu64, names[i], t->flushed);
            bad += t->bad;
            errors += t->errors;
            if (t->slowest_us > slowest_us)
                slowest_us = t->slowest_us;
            t->slowest_us = 0;
        }
        printf("%s lat=%" PRIu64 " bad=%" PRIu64 " errors=%" PRIu64 "\n", line, (slowest_us + 999) / 1000,
               bad, errors);
    }
}

void workload(char *spec) {
    char *names[MAX_DISKS], *save = NULL;
    int count = 0;
    struct tally *tallies =
        mmap(NULL, MAX_DISKS * sizeof *tallies, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    if (tallies == MAP_FAILED)
        die("mmap");
    setvbuf(stdout, NULL, _IOLBF, 0);
    for (char *name = strtok_r(spec, ",", &save); name && count < MAX_DISKS;
         name = strtok_r(NULL, ",", &save), count++) {
        char *colon = strchr(name, ':');
        uint64_t rate_kib = colon ? strtoull(colon + 1, NULL, 10) : DEFAULT_RATE_KIB;
        pid_t child;

        if (colon)
            *colon = 0;
        names[count] = name;
        child = fork();
        if (child < 0)
            die("fork");
        if (!child) {
            struct disk d = {.name = name, .tally = &tallies[count]};

            if (open_disk(&d))
                write_for_ever(&d, rate_kib);
            exit(0);
        }
    }
    beat(names, tallies, count);
}
