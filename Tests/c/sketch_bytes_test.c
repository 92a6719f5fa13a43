/* What merging and serializing a sketch keep, and what bytes are refused. */
#include "sketches.h"

/* Both sketches answer alike: counts, quantiles and CDF to the last bit, moments to the rounding of float32 sums of blocks. */
static void same(const furca_sketch *a, const furca_sketch *b) {
    furca_stats s = FURCA_STATS_INIT, t = FURCA_STATS_INIT;
    CHECK_OK(furca_sketch_stats(a, &s));
    CHECK_OK(furca_sketch_stats(b, &t));
    CHECK(s.count == t.count && s.nan == t.nan && s.pos_inf == t.pos_inf && s.neg_inf == t.neg_inf);
    CHECK(s.zeros == t.zeros && s.subnormals == t.subnormals && s.exact == t.exact);
    CHECK(s.min == t.min && s.max == t.max);
    CHECK(fabs(s.mean - t.mean) <= 1e-6 * s.std && fabs(s.std - t.std) <= 1e-6 * s.std);
    CHECK(fabs(s.skewness - t.skewness) <= 1e-5 && fabs(s.kurtosis - t.kurtosis) <= 1e-5);
    CHECK(fabs(s.l1 - t.l1) <= 1e-6 * s.l1 && fabs(s.l2 - t.l2) <= 1e-6 * s.l2);
    for (int i = 0; i <= 100; i++) {
        double value = -4 + 0.08 * i, in_a = -1, in_b = -2;
        CHECK(quantile(a, i / 100.) == quantile(b, i / 100.));
        CHECK_OK(furca_sketch_cdf(a, &value, 1, &in_a));
        CHECK_OK(furca_sketch_cdf(b, &value, 1, &in_b));
        CHECK(in_a == in_b);
    }
}

static void merging_is_seeing_both(void) {
    static float x[9000];
    const size_t sizes[] = {100, 4097, 9000};
    for (int k = 0; k < 3; k++) {
        size_t n = sizes[k], cut = n / 3;
        fill_mixture(x, n, 2, 11);
        x[5] = NAN;
        x[n - 5] = INFINITY;
        furca_sketch *whole = sketch_of(x, n, 4096);
        furca_sketch *left = sketch_of(x, cut, 4096), *right = sketch_of(x + cut, n - cut, 4096);
        furca_sketch *mirrored = sketch_of(x + cut, n - cut, 4096);
        CHECK_OK(furca_sketch_merge(mirrored, left));
        CHECK_OK(furca_sketch_merge(left, right));
        same(left, whole);
        same(mirrored, whole);
        furca_stats right_alone = FURCA_STATS_INIT;
        CHECK_OK(furca_sketch_stats(right, &right_alone));
        CHECK(right_alone.count == n - cut);
        CHECK_OK(furca_sketch_close(whole));
        CHECK_OK(furca_sketch_close(left));
        CHECK_OK(furca_sketch_close(right));
        CHECK_OK(furca_sketch_close(mirrored));
    }
}

static void merging_with_itself_doubles(void) {
    const float x[] = {1, 2, 3};
    furca_sketch *sketch = sketch_of(x, 3, 4096);
    CHECK_OK(furca_sketch_merge(sketch, sketch));
    furca_stats s = FURCA_STATS_INIT;
    CHECK_OK(furca_sketch_stats(sketch, &s));
    CHECK(s.count == 6 && s.mean == 2);
    CHECK_OK(furca_sketch_close(sketch));
}

static void bytes_come_back_as_the_same_sketch(void) {
    static float x[9000];
    const size_t sizes[] = {0, 1, 100, 9000};
    for (int k = 0; k < 4; k++) {
        fill_mixture(x, sizes[k], 2, 13);
        furca_sketch *sketch = sketch_of(x, sizes[k], 4096), *back = NULL;
        size_t length = 0, again = 0;
        CHECK_OK(furca_sketch_serialize(sketch, NULL, 0, &length));
        unsigned char *bytes = malloc(length + 1), *copy = malloc(length);
        bytes[length] = 0xA5;
        CHECK_OK(furca_sketch_serialize(sketch, bytes, length, &again));
        CHECK(again == length && bytes[length] == 0xA5);
        CHECK_OK(furca_sketch_deserialize(bytes, length, &back));
        if (sizes[k] > 1) same(sketch, back);
        CHECK_OK(furca_sketch_serialize(back, copy, length, &again));
        CHECK(again == length && memcmp(bytes, copy, length) == 0);
        free(bytes);
        free(copy);
        CHECK_OK(furca_sketch_close(sketch));
        CHECK_OK(furca_sketch_close(back));
    }
}

static void a_short_buffer_gets_nothing(void) {
    const float x[] = {1, 2, 3};
    furca_sketch *sketch = sketch_of(x, 3, 4096);
    size_t length = 0;
    CHECK_OK(furca_sketch_serialize(sketch, NULL, 0, &length));
    unsigned char *bytes = malloc(length);
    memset(bytes, 0xA5, length);
    CHECK_ERROR(furca_sketch_serialize(sketch, bytes, length - 1, &length), FURCA_ERROR_ARGUMENT);
    for (size_t i = 0; i < length; i++) CHECK(bytes[i] == 0xA5);
    free(bytes);
    CHECK_OK(furca_sketch_close(sketch));
}

/* No bytes, however damaged, are more than an error: every truncation, and every byte changed. */
static void damaged_bytes_are_an_error(void) {
    static float x[5000];
    fill_mixture(x, 5000, 2, 17);
    const size_t sizes[] = {20, 5000};
    for (int k = 0; k < 2; k++) {
        furca_sketch *sketch = sketch_of(x, sizes[k], 4096), *back = NULL;
        size_t length = 0;
        CHECK_OK(furca_sketch_serialize(sketch, NULL, 0, &length));
        unsigned char *bytes = malloc(length + 1);
        CHECK_OK(furca_sketch_serialize(sketch, bytes, length, &length));
        bytes[length] = 0;
        size_t stride = length > 2000 ? 97 : 1;
        for (size_t n = 0; n < length; n += stride)
            CHECK_ERROR(furca_sketch_deserialize(bytes, n, &back), FURCA_ERROR_FORMAT);
        CHECK_ERROR(furca_sketch_deserialize(bytes, length + 1, &back), FURCA_ERROR_FORMAT);
        CHECK(back == NULL);
        for (size_t i = 0; i < length; i += i < 64 ? 1 : stride) {
            const unsigned char was = bytes[i];
            for (int bit = 0; bit < 8; bit++) {
                bytes[i] = (unsigned char)(was ^ (1 << bit));
                furca_status status = furca_sketch_deserialize(bytes, length, &back);
                CHECK(status == FURCA_OK || status == FURCA_ERROR_FORMAT || status == FURCA_ERROR_VERSION);
                if (status != FURCA_OK) continue;
                furca_modes modes = FURCA_MODES_INIT; /* what was accepted must be safe to use */
                furca_stats stats = FURCA_STATS_INIT;
                CHECK_OK(furca_sketch_stats(back, &stats));
                CHECK_OK(furca_sketch_modes(back, 0.01, &modes, NULL, 0, NULL, 0));
                quantile(back, 0.3);
                CHECK_OK(furca_sketch_close(back));
                back = NULL;
            }
            bytes[i] = was;
        }
        free(bytes);
        CHECK_OK(furca_sketch_close(sketch));
    }
    furca_sketch *none = NULL;
    CHECK_ERROR(furca_sketch_deserialize("this is no sketch at all", 24, &none), FURCA_ERROR_FORMAT);
    CHECK_ERROR(furca_sketch_deserialize("", 0, &none), FURCA_ERROR_FORMAT);
    CHECK_ERROR(furca_sketch_deserialize(NULL, 24, &none), FURCA_ERROR_ARGUMENT);
    CHECK(none == NULL);
}

int main(void) {
    RUN(merging_is_seeing_both);
    RUN(merging_with_itself_doubles);
    RUN(bytes_come_back_as_the_same_sketch);
    RUN(a_short_buffer_gets_nothing);
    RUN(damaged_bytes_are_an_error);
    return report();
}
