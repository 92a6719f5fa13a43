/*
 * data_parallel.c: the model of examples/c, trained by several processes at once, each on its share of every batch.
 *
 *     mpirun -n 4 data_parallel RUN.furca TEXT [TEXT ...]
 *
 * Process 0 watches the run. At the end each process sketches its own part of every parameter, and MPI adds the sketches up:
 * the sum is the sketch of the whole, which process 0 checks. In a trainer whose parameters are spread over processes, or
 * for gradients and activations, which differ between them, this is the way to see the whole.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "../c/model.h"
#include "../c/text.h"
#include "../c/watch.h"
#include "sketch_reduce.h"

static const int64_t steps = 4000;
static const int batch = 64;
static const float learning_rate = 1e-3f;

/* One step on the share of a batch that is this process's. All processes draw the same batch. Returns the batch's loss. */
static double train_step(model *m, int64_t step, const unsigned char *text, size_t length, int rank, int size) {
    double loss = 0;
    for (int i = 0; i < batch; i++) {
        const unsigned char *example = text + model_random(m, length - CONTEXT);
        if (i % size == rank) loss += model_backward(m, example, 1 / (float)batch) / batch;
    }
    MPI_Allreduce(MPI_IN_PLACE, &loss, 1, MPI_DOUBLE, MPI_SUM, MPI_COMM_WORLD);
    for (parameter *p = m->parameters; p < m->parameters + PARAMETERS; p++)
        MPI_Allreduce(MPI_IN_PLACE, p->gradient, (int)p->count, MPI_FLOAT, MPI_SUM, MPI_COMM_WORLD);
    model_update(m, step, learning_rate);
    return loss;
}

/* A sketch in pieces that it keeps exactly while it reads them, and so sums in double precision. Larger tensors of float32 are
   summed in float32 within each block, which is fast, but then how they are shared out shows in the eighth digit. */
static furca_sketch *sketch_of(const float *values, size_t count) {
    furca_sketch_options exactly = FURCA_SKETCH_OPTIONS_INIT;
    exactly.exact_limit = 20000;
    furca_sketch *sketch = NULL;
    check(furca_sketch_create(NULL, &sketch));
    for (size_t from = 0; from < count; from += exactly.exact_limit) {
        furca_sketch *piece = NULL;
        const size_t left = count - from, length = left < exactly.exact_limit ? left : exactly.exact_limit;
        check(furca_sketch_create(&exactly, &piece));
        check(furca_sketch_update(piece, values + from, length, FURCA_FLOAT32));
        check(furca_sketch_merge(sketch, piece));
        check(furca_sketch_close(piece));
    }
    return sketch;
}

static furca_stats stats_of(const furca_sketch *sketch) {
    furca_stats stats = FURCA_STATS_INIT;
    check(furca_sketch_stats(sketch, &stats));
    return stats;
}

/* The relative difference, of a mean or a skewness in units of the spread. */
static double difference(double a, double b, double unit) { return a == b ? 0 : fabs(a - b) / unit; }

/* Compares the sum of all processes' sketches with the sketch of the whole parameter. Returns the largest difference. */
static double compare(const parameter *p, const furca_sketch *merged) {
    furca_sketch *whole = sketch_of(p->value, p->count);
    const furca_stats a = stats_of(whole), b = stats_of(merged);
    static double quantiles[2][4097], q[4097];
    for (int i = 0; i < 4097; i++) q[i] = i / 4096.;
    check(furca_sketch_quantiles(whole, q, 4097, quantiles[0]));
    check(furca_sketch_quantiles(merged, q, 4097, quantiles[1]));
    int same = a.count == b.count && a.zeros == b.zeros && a.subnormals == b.subnormals && a.nan == b.nan
        && a.min == b.min && a.max == b.max && a.exact == b.exact;
    for (int i = 0; i < 4097; i++) same &= quantiles[0][i] == quantiles[1][i];
    const double moments[] = {
        difference(a.mean, b.mean, a.std), difference(a.std, b.std, a.std), difference(a.skewness, b.skewness, 1),
        difference(a.kurtosis, b.kurtosis, 1 + fabs(a.kurtosis)), difference(a.l1, b.l1, a.l1), difference(a.l2, b.l2, a.l2),
    };
    double largest = same ? 0 : INFINITY;
    for (size_t i = 0; i < sizeof moments / sizeof moments[0]; i++) largest = fmax(largest, moments[i]);
    printf("  %-14s %6llu values  counts %s  moments differ by %.1e\n", p->name, (unsigned long long)b.count,
           same ? "identical" : "DIFFER", largest);
    check(furca_sketch_close(whole));
    return largest;
}

/* Sketches the parts of all processes, adds them up and compares. Returns the largest difference, in process 0. */
static double compare_shards(const model *m, int rank, int size) {
    furca_sketch *parts[PARAMETERS], *merged[PARAMETERS];
    for (int i = 0; i < PARAMETERS; i++) {
        const parameter *p = &m->parameters[i];
        const size_t from = p->count * (size_t)rank / (size_t)size, to = p->count * (size_t)(rank + 1) / (size_t)size;
        parts[i] = sketch_of(p->value + from, to - from);
    }
    sketch_reduce(parts, PARAMETERS, merged, 0, MPI_COMM_WORLD);
    double largest = 0;
    for (int i = 0; i < PARAMETERS; i++) {
        if (rank == 0) largest = fmax(largest, compare(&m->parameters[i], merged[i]));
        check(furca_sketch_close(parts[i]));
        check(furca_sketch_close(merged[i]));
    }
    return largest;
}

int main(int argc, char **argv) {
    int rank = 0, size = 1;
    MPI_Init(&argc, &argv);
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    MPI_Comm_size(MPI_COMM_WORLD, &size);
    if (argc < 3) fail("usage", "data_parallel RUN.furca TEXT [TEXT ...]");
    size_t length = 0;
    unsigned char *text = read_text(argc - 2, argv + 2, &length);
    if (length < 10000) fail("text", "too short: 10,000 bytes or more, please");
    setvbuf(stdout, NULL, _IOLBF, 0);

    model m;
    if (model_create(&m, 1) != 0) fail("model", "no memory");
    furca_session *session = rank == 0 ? watch_open(argv[1], &m) : NULL;
    if (rank == 0) {
        printf("Training on %zu bytes in %d processes; a line for each fork as it happens.\n\n", length, size);
        watch_step(session, &m, 0);
    }
    double average = log(BYTES);
    for (int64_t step = 1; step <= steps; step++) {
        const double loss = train_step(&m, step, text, length, rank, size);
        average += 0.02 * (loss - average);
        if (rank != 0) continue;
        watch_step(session, &m, step);
        check(furca_session_log(session, step, "loss", loss));
        if (step % 250 == 0) printf("step %4lld  loss %.3f\n", (long long)step, average);
    }

    if (rank == 0) printf("\nThe sketches of %d processes, added up, against the sketch of the whole:\n", size);
    const double largest = compare_shards(&m, rank, size);
    if (rank == 0) watch_close(session, &m);
    model_free(&m);
    free(text);
    MPI_Finalize();
    return largest <= 1e-12 ? 0 : 1;
}
