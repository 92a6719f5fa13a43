/* A sketch with no session: what it says of known values. */
#include "sketches.h"

static void stats_of_known_values(void) {
    const float x[] = {-2, -1, 0, -0.f, 1e-40f, 3, NAN, INFINITY, -INFINITY, INFINITY};
    furca_sketch *sketch = sketch_of(x, 10, 4096);
    furca_stats s = FURCA_STATS_INIT;
    CHECK_OK(furca_sketch_stats(sketch, &s));
    CHECK(s.count == 10 && s.nan == 1 && s.pos_inf == 2 && s.neg_inf == 1 && s.zeros == 2 && s.subnormals == 1);
    CHECK(s.min == -2 && s.max == 3 && s.exact == 1 && s.step == 0);
    CHECK(fabs(s.mean) < 1e-15 && fabs(s.std - sqrt(14. / 6)) < 1e-15);
    CHECK(fabs(s.l1 - 6) < 1e-15 && fabs(s.l2 - sqrt(14)) < 1e-15);
    /* m3 = 18/6, m4 = 98/6, m2 = 14/6 */
    CHECK(fabs(s.skewness - 3 / pow(14. / 6, 1.5)) < 1e-14);
    CHECK(fabs(s.kurtosis - (98. / 6 / pow(14. / 6, 2) - 3)) < 1e-14);
    CHECK_OK(furca_sketch_close(sketch));
}

static void nothing_and_constants_are_nan_not_a_crash(void) {
    furca_sketch *sketch = NULL;
    CHECK_OK(furca_sketch_create(NULL, &sketch));
    CHECK_OK(furca_sketch_update(sketch, NULL, 0, FURCA_FLOAT32));
    furca_stats s = FURCA_STATS_INIT;
    CHECK_OK(furca_sketch_stats(sketch, &s));
    CHECK(s.count == 0 && isnan(s.mean) && isnan(s.std) && isnan(s.min) && isnan(s.max) && isnan(s.kurtosis));
    CHECK(isnan(quantile(sketch, 0.5)));
    furca_modes modes = FURCA_MODES_INIT;
    CHECK_OK(furca_sketch_modes(sketch, 0.01, &modes, NULL, 0, NULL, 0));
    CHECK(modes.count <= 1);
    const float ones[] = {1, 1, 1};
    CHECK_OK(furca_sketch_update(sketch, ones, 3, FURCA_FLOAT32));
    CHECK_OK(furca_sketch_stats(sketch, &s));
    CHECK(s.mean == 1 && s.std == 0 && isnan(s.skewness) && isnan(s.kurtosis));
    CHECK_OK(furca_sketch_modes(sketch, 0.01, &modes, NULL, 0, NULL, 0));
    CHECK(modes.count == 1);
    CHECK_OK(furca_sketch_close(sketch));
}

static void exact_quantiles_and_cdf(void) {
    float x[100];
    for (int i = 0; i < 100; i++) x[i] = (float)((i * 37) % 100); /* 0...99, shuffled */
    furca_sketch *sketch = sketch_of(x, 100, 4096);
    const double q[] = {0, 0.005, 0.01, 0.011, 0.5, 0.99, 1};
    const double expected[] = {0, 0, 0, 1, 49, 98, 99}; /* np.quantile(range(100), q, method="inverted_cdf") */
    double values[7];
    CHECK_OK(furca_sketch_quantiles(sketch, q, 7, values));
    for (int i = 0; i < 7; i++) CHECK(values[i] == expected[i]);
    const double at[] = {-1, 0, 49.5, 50, 1000, -INFINITY, INFINITY};
    const double below[] = {0, 0.01, 0.5, 0.51, 1, 0, 1};
    double shares[7];
    CHECK_OK(furca_sketch_cdf(sketch, at, 7, shares));
    for (int i = 0; i < 7; i++) CHECK(fabs(shares[i] - below[i]) < 1e-15);
    CHECK_OK(furca_sketch_quantiles(sketch, NULL, 0, NULL));
    CHECK_OK(furca_sketch_cdf(sketch, NULL, 0, NULL));
    CHECK_OK(furca_sketch_close(sketch));
}

static void what_was_counted_elsewhere(void) {
    static const float x[] = {1.5f, -2, 0, -0.f, 1e-40f, 3.25f, NAN, INFINITY};
    static uint64_t counts[1 << 16];
    furca_counted counted = FURCA_COUNTED_INIT;
    double mean = 0;
    for (int i = 0; i < 8; i++) {
        uint32_t bits;
        memcpy(&bits, &x[i], 4);
        counts[bits >> 16]++;
        if (i < 6) mean += x[i] / 6.;
        if (i < 6) counted.l1 += fabs((double)x[i]);
    }
    for (int i = 0; i < 6; i++) {
        double d = x[i] - mean;
        counted.m2 += d * d, counted.m3 += d * d * d, counted.m4 += d * d * d * d;
    }
    counted.counts = counts, counted.mean = mean, counted.min = -2, counted.max = 3.25;
    counted.zeros = 2, counted.pos_inf = 1;
    furca_sketch *made = NULL, *direct = sketch_of(x, 8, 0);
    CHECK_OK(furca_sketch_assemble(&counted, &made));
    furca_stats a = FURCA_STATS_INIT, b = FURCA_STATS_INIT;
    CHECK_OK(furca_sketch_stats(made, &a));
    CHECK_OK(furca_sketch_stats(direct, &b));
    CHECK(a.count == 8 && a.nan == b.nan && a.pos_inf == b.pos_inf && a.zeros == b.zeros && a.subnormals == b.subnormals);
    CHECK(a.min == b.min && a.max == b.max && fabs(a.mean - b.mean) < 1e-15 && fabs(a.kurtosis - b.kurtosis) < 1e-13);
    CHECK(quantile(made, 0.5) == quantile(direct, 0.5));
    CHECK_OK(furca_sketch_merge(direct, made));
    counted.mean = 9;
    CHECK_SAYS(furca_sketch_assemble(&counted, &made), FURCA_ERROR_ARGUMENT, "the mean 9.0 is not one of values in these bins");
    counted.dtype = FURCA_FLOAT64;
    CHECK_ERROR(furca_sketch_assemble(&counted, &made), FURCA_ERROR_DTYPE);
    CHECK_OK(furca_sketch_close(made));
    CHECK_OK(furca_sketch_close(direct));
}

static int ascending(const void *a, const void *b) {
    float x = *(const float *)a, y = *(const float *)b;
    return (x > y) - (x < y);
}

static void counted_quantiles_are_within_the_bound(void) {
    enum { N = 50000 };
    static float x[N];
    fill_mixture(x, N, 3, 7);
    furca_sketch *sketch = sketch_of(x, N, 4096);
    furca_stats s = FURCA_STATS_INIT;
    CHECK_OK(furca_sketch_stats(sketch, &s));
    CHECK(s.exact == 0);
    qsort(x, N, sizeof x[0], ascending);
    for (int i = 1; i < 1000; i++) {
        double truth = x[(int)ceil(i / 1000. * N) - 1];
        if (!CHECK(fabs(quantile(sketch, i / 1000.) - truth) <= fabs(truth) / 257 + 0x1p-126)) break;
    }
    CHECK_OK(furca_sketch_close(sketch));
}

static void two_modes_are_found_and_one_is_not(void) {
    static float x[8000];
    fill_mixture(x, 8000, 6, 3);
    furca_sketch *two = sketch_of(x, 8000, 4096);
    furca_modes modes = FURCA_MODES_INIT;
    furca_branch branches[4];
    CHECK_OK(furca_sketch_modes(two, 1e-6, &modes, branches, 4, NULL, 0));
    CHECK(modes.count == 2 && modes.p_value <= 1e-6 && modes.dip > 0.05);
    CHECK(fabs(branches[0].position + 3) < 0.1 && fabs(branches[1].position - 3) < 0.1);
    CHECK(fabs(branches[0].mass + branches[1].mass - 1) < 1e-9 && fabs(branches[0].mass - 0.5) < 0.02);
    CHECK(branches[0].upper == branches[1].lower && fabs(branches[0].upper) < 1.5);
    branches[1].position = 42;
    CHECK_OK(furca_sketch_modes(two, 1e-6, &modes, branches, 1, NULL, 0));
    CHECK(modes.count == 2 && branches[1].position == 42);

    fill_mixture(x, 8000, 0, 4);
    furca_sketch *one = sketch_of(x, 8000, 4096);
    CHECK_OK(furca_sketch_modes(one, 1e-6, &modes, branches, 4, NULL, 0));
    CHECK(modes.count == 1 && modes.p_value > 1e-6);
    CHECK_OK(furca_sketch_close(one));
    CHECK_OK(furca_sketch_close(two));
}

static void exact_zeros_are_an_atom(void) {
    static float x[20000];
    fill_mixture(x, 20000, 0, 5);
    for (int i = 0; i < 20000; i += 2) x[i] = 0;
    furca_sketch *sketch = sketch_of(x, 20000, 4096);
    furca_modes modes = FURCA_MODES_INIT;
    furca_atom atoms[2];
    CHECK_OK(furca_sketch_modes(sketch, 1e-6, &modes, NULL, 0, atoms, 2));
    CHECK(modes.count == 1 && modes.atoms == 1);
    CHECK(atoms[0].value == 0 && fabs(atoms[0].mass - 0.5) < 0.01);
    CHECK_OK(furca_sketch_close(sketch));
}

int main(void) {
    RUN(stats_of_known_values);
    RUN(nothing_and_constants_are_nan_not_a_crash);
    RUN(exact_quantiles_and_cdf);
    RUN(what_was_counted_elsewhere);
    RUN(counted_quantiles_are_within_the_bound);
    RUN(two_modes_are_found_and_one_is_not);
    RUN(exact_zeros_are_an_atom);
    return report();
}
