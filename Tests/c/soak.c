/*
 * soak.c: observes for a long time and looks at what the process takes: memory and file handles.
 *
 *     soak [STEPS]
 *
 * Each step observes two tensors, logs a metric and asks; the tensors fork and merge now and then. Memory at the end must be
 * within 1 MiB of that after 1,000 steps, and open files as many as then. The disk is waited for every 100 steps, as a
 * trainer's own work would let it catch up.
 */
#include "check.h"

#include <dirent.h>
#include <time.h>

enum { N = 256 };

static long resident_kib(void) {
    long total = 0, resident = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    if (file == NULL || fscanf(file, "%ld %ld", &total, &resident) != 2) resident = -1;
    if (file != NULL) fclose(file);
    return resident * (sysconf(_SC_PAGESIZE) / 1024);
}

static int open_files(void) {
    int count = 0;
    DIR *directory = opendir("/proc/self/fd");
    while (directory != NULL && readdir(directory) != NULL) count++;
    if (directory != NULL) closedir(directory);
    return count;
}

int main(int argc, char **argv) {
    const int64_t steps = argc > 1 ? atoll(argv[1]) : 20000, mark = 1000;
    static float shapes[8][N], weights[N];
    for (int i = 0; i < 8; i++) fill_mixture(shapes[i], N, 0, (uint64_t)i);
    furca_session *session = open_session("soak.furca");
    uint32_t w = add_tensor(session, "w", N), v = add_tensor(session, "v", N);
    long memory = 0, most = 0;
    int files = 0;
    struct timespec begin, end;
    clock_gettime(CLOCK_MONOTONIC, &begin);
    for (int64_t step = 0; step < steps && checks_failed == 0; step++) {
        for (int i = 0; i < N; i++) weights[i] = shapes[step % 8][i] + (step / 5000 % 2 ? (i % 2 ? 3.f : -3.f) : 0);
        furca_buffer batch[] = {{weights, N, w, FURCA_FLOAT32}, {shapes[(step + 1) % 8], N, v, FURCA_FLOAT32}};
        furca_stats stats = FURCA_STATS_INIT;
        double q = 0.5, median = 0;
        furca_sketch *sketch = NULL;
        CHECK_OK(furca_session_observe(session, step, batch, 2));
        CHECK_OK(furca_session_log(session, step, "loss", 1. / (double)(step + 1)));
        CHECK_OK(furca_tensor_stats(session, w, &stats));
        CHECK_OK(furca_tensor_quantiles(session, v, &q, 1, &median));
        CHECK_OK(furca_tensor_sketch(session, w, &sketch));
        CHECK_OK(furca_sketch_close(sketch));
        CHECK(stats.step == step && stats.count == N);
        if (step % 100 == 0) CHECK_OK(furca_session_flush(session));
        if (step == mark) memory = resident_kib(), files = open_files();
        if (step > mark && step % 1000 == 0 && resident_kib() > most) most = resident_kib();
        if (steps >= 100000 && step % (steps / 20) == 0) printf("step %lld: %ld KiB, %d files\n", (long long)step, resident_kib(), open_files());
        fflush(stdout);
    }
    CHECK_OK(furca_session_flush(session));
    const long memory_at_end = resident_kib();
    const int files_at_end = open_files();
    furca_summary summary = FURCA_SUMMARY_INIT;
    CHECK_OK(furca_session_summary(session, &summary));
    clock_gettime(CLOCK_MONOTONIC, &end);
    printf("%lld steps in %.0f s, %llu events: %ld KiB at step %lld, %ld KiB at the end (most %ld), open files %d and %d, lost %llu\n",
           (long long)steps, (double)(end.tv_sec - begin.tv_sec), (unsigned long long)summary.events, memory, (long long)mark,
           memory_at_end, most, files, files_at_end, (unsigned long long)summary.records_lost);
    CHECK(summary.records_lost == 0 && files_at_end == files);
    CHECK(SANITIZED || memory_at_end - memory <= 1024);
    CHECK_OK(furca_session_close(session));
    tests_passed = checks_failed == 0, tests_failed = checks_failed != 0;
    return report();
}
