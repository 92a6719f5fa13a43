/* Reading a trainer's memory: in place, no byte beyond its end, at any alignment, without keeping a copy. */
#include "sketches.h"

#include <sys/mman.h>

typedef struct element_type {
    furca_dtype dtype;
    size_t size;
    const char *name;
} element_type;
static const element_type types[] = {
    {FURCA_FLOAT32, 4, "float32"},
    {FURCA_FLOAT64, 8, "float64"},
    {FURCA_FLOAT16, 2, "float16"},
    {FURCA_BFLOAT16, 2, "bfloat16"},
    {FURCA_FLOAT8_E4M3FN, 1, "float8_e4m3fn"},
    {FURCA_FLOAT8_E5M2, 1, "float8_e5m2"},
};
enum { TYPES = sizeof types / sizeof types[0] };

/* Writes 2^(i mod 8), exact in every dtype. */
static void put(unsigned char *to, size_t i, const element_type *type) {
    double value = (double)(1 << (i % 8));
    float single = (float)value;
    uint32_t bits;
    memcpy(&bits, &single, 4);
    uint16_t bfloat = (uint16_t)(bits >> 16), half = (uint16_t)((15 + i % 8) << 10);
    unsigned char e4m3 = (unsigned char)((7 + i % 8) << 3), e5m2 = (unsigned char)((15 + i % 8) << 2);
    const void *from = type->dtype == FURCA_FLOAT32    ? (const void *)&single
                       : type->dtype == FURCA_FLOAT64  ? (const void *)&value
                       : type->dtype == FURCA_BFLOAT16 ? (const void *)&bfloat
                       : type->dtype == FURCA_FLOAT16  ? (const void *)&half
                       : type->dtype == FURCA_FLOAT8_E4M3FN ? (const void *)&e4m3
                                                            : (const void *)&e5m2;
    memcpy(to + i * type->size, from, type->size);
}

static double sum_of(size_t count) {
    double sum = 0;
    for (size_t i = 0; i < count; i++) sum += (double)(1 << (i % 8));
    return sum;
}

/* A sketch of `count` elements at `data` has seen just those. */
static void reads_just(const void *data, size_t count, const element_type *type) {
    furca_sketch *sketch = NULL;
    furca_stats stats = FURCA_STATS_INIT;
    CHECK_OK(furca_sketch_create(NULL, &sketch));
    CHECK_OK(furca_sketch_update(sketch, data, count, type->dtype));
    CHECK_OK(furca_sketch_stats(sketch, &stats));
    if (!CHECK(stats.count == count && stats.l1 == sum_of(count))) printf("      %zu of %s\n", count, type->name);
    CHECK_OK(furca_sketch_close(sketch));
}

static void buffers_end_at_an_unmapped_page(void) {
    const size_t page = (size_t)sysconf(_SC_PAGESIZE);
    unsigned char *map = mmap(NULL, 4 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (!CHECK(map != MAP_FAILED)) return;
    CHECK(mprotect(map, page, PROT_NONE) == 0 && mprotect(map + 3 * page, page, PROT_NONE) == 0);
    unsigned char *first = map + page, *end = map + 3 * page;
    for (int t = 0; t < TYPES; t++) {
        const element_type *type = &types[t];
        for (size_t count = 0; count <= 300; count++) {
            unsigned char *start = end - count * type->size;
            for (size_t i = 0; i < count; i++) put(start, i, type);
            reads_just(start, count, type);
        }
        for (size_t count = 0; count <= 100; count++) {
            for (size_t i = 0; i < count; i++) put(first, i, type);
            reads_just(first, count, type);
        }
    }
    CHECK(munmap(map, 4 * page) == 0);
}

static void any_alignment_is_read(void) {
    static unsigned char bytes[8 * 1100 + 64];
    for (int t = 0; t < TYPES; t++) {
        for (size_t shift = 0; shift < 17; shift++) {
            for (size_t i = 0; i < 1031; i++) put(bytes + shift, i, &types[t]);
            reads_just(bytes + shift, 1031, &types[t]);
        }
    }
}

/* Kilobytes of anonymous memory this process holds, by /proc; -1 where there is no such file. */
static long anonymous_kilobytes(void) {
    FILE *status = fopen("/proc/self/status", "r");
    if (status == NULL) return -1;
    char line[256];
    long kilobytes = -1;
    while (fgets(line, sizeof line, status))
        if (sscanf(line, "RssAnon: %ld", &kilobytes) == 1) break;
    fclose(status);
    return kilobytes;
}

/* One GiB of address space, read-only: a file of 4 MiB of Gaussians, mapped 256 times in a row. */
static void a_gibibyte_is_read_without_a_copy(void) {
    enum { PIECE = 4 << 20, PIECES = 256 };
    if (SANITIZED) return; /* a sanitizer's own shadow memory would be counted */
    if (anonymous_kilobytes() < 0) return;
    FILE *file = tmpfile();
    float *values = malloc(PIECE);
    if (!CHECK(file != NULL && values != NULL)) return;
    fill_mixture(values, PIECE / sizeof(float), 0, 19);
    CHECK(fwrite(values, 1, PIECE, file) == PIECE && fflush(file) == 0);
    free(values);
    unsigned char *map = mmap(NULL, (size_t)PIECE * PIECES, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (!CHECK(map != MAP_FAILED)) return;
    for (size_t i = 0; i < PIECES; i++)
        CHECK(mmap(map + i * PIECE, PIECE, PROT_READ, MAP_SHARED | MAP_FIXED, fileno(file), 0) != MAP_FAILED);

    const uint64_t count = (uint64_t)PIECE * PIECES / sizeof(float);
    long before = anonymous_kilobytes();
    furca_session *session = open_session(NULL);
    uint32_t id = add_tensor(session, "large", (int64_t)count);
    CHECK_OK(observe(session, 0, id, (const float *)(void *)map, count));
    long after = anonymous_kilobytes();
    if (!CHECK(after - before < 8 * 1024)) printf("      RssAnon grew by %ld KiB\n", after - before);
    furca_stats stats = FURCA_STATS_INIT;
    CHECK_OK(furca_tensor_stats(session, id, &stats));
    CHECK(stats.count == count && fabs(stats.std - 1) < 0.01);
    CHECK_OK(furca_session_close(session));
    CHECK(munmap(map, (size_t)PIECE * PIECES) == 0);
    fclose(file);
}

int main(void) {
    RUN(buffers_end_at_an_unmapped_page);
    RUN(any_alignment_is_read);
    RUN(a_gibibyte_is_read_without_a_copy);
    return report();
}
