/* What a sketch refuses, and that it says why. */
#include "sketches.h"

static void wrong_arguments_get_a_sentence(void) {
    const float x[] = {1, 2, 3};
    furca_sketch *sketch = sketch_of(x, 3, 4096);
    furca_sketch_options options = FURCA_SKETCH_OPTIONS_INIT;
    furca_sketch *made = NULL;

    options.exact_limit = 20001;
    CHECK_SAYS(furca_sketch_create(&options, &made), FURCA_ERROR_ARGUMENT, "20001");
    options.exact_limit = 10;
    options.struct_size = 0;
    CHECK_SAYS(furca_sketch_create(&options, &made), FURCA_ERROR_ARGUMENT, "struct_size");
    options.struct_size = 4;
    CHECK_SAYS(furca_sketch_create(&options, &made), FURCA_ERROR_ARGUMENT, "struct_size");
    CHECK_ERROR(furca_sketch_create(NULL, NULL), FURCA_ERROR_ARGUMENT);
    CHECK(made == NULL);

    CHECK_ERROR(furca_sketch_update(sketch, NULL, 3, FURCA_FLOAT32), FURCA_ERROR_ARGUMENT);
    CHECK_SAYS(furca_sketch_update(sketch, x, 3, 99), FURCA_ERROR_DTYPE, "99");
    CHECK_ERROR(furca_sketch_update(sketch, x, 3, 0), FURCA_ERROR_DTYPE);
    CHECK_ERROR(furca_sketch_update(sketch, x, UINT64_MAX, FURCA_FLOAT32), FURCA_ERROR_ARGUMENT);
    CHECK_ERROR(furca_sketch_update(sketch, x, (uint64_t)1 << 62, FURCA_FLOAT64), FURCA_ERROR_ARGUMENT);

    double q[] = {0.5, 1.5}, values[] = {7, 7};
    CHECK_SAYS(furca_sketch_quantiles(sketch, q, 2, values), FURCA_ERROR_ARGUMENT, "1.5");
    q[1] = -0.1;
    CHECK_ERROR(furca_sketch_quantiles(sketch, q, 2, values), FURCA_ERROR_ARGUMENT);
    q[1] = NAN;
    CHECK_ERROR(furca_sketch_quantiles(sketch, q, 2, values), FURCA_ERROR_ARGUMENT);
    CHECK_ERROR(furca_sketch_quantiles(sketch, NULL, 2, values), FURCA_ERROR_ARGUMENT);
    CHECK_ERROR(furca_sketch_quantiles(sketch, q, 2, NULL), FURCA_ERROR_ARGUMENT);
    CHECK_ERROR(furca_sketch_cdf(sketch, NULL, 2, values), FURCA_ERROR_ARGUMENT);
    CHECK_ERROR(furca_sketch_cdf(sketch, q, 1, NULL), FURCA_ERROR_ARGUMENT);
    CHECK(values[0] == 7 && values[1] == 7);

    furca_stats stats = FURCA_STATS_INIT;
    stats.struct_size = 0;
    CHECK_SAYS(furca_sketch_stats(sketch, &stats), FURCA_ERROR_ARGUMENT, "struct_size");
    stats.struct_size = sizeof stats - 1;
    CHECK_SAYS(furca_sketch_stats(sketch, &stats), FURCA_ERROR_ARGUMENT, "struct_size");
    CHECK_ERROR(furca_sketch_stats(sketch, NULL), FURCA_ERROR_ARGUMENT);
    CHECK(stats.count == 0);

    furca_modes modes = FURCA_MODES_INIT;
    CHECK_ERROR(furca_sketch_modes(sketch, -0.01, &modes, NULL, 0, NULL, 0), FURCA_ERROR_ARGUMENT);
    CHECK_ERROR(furca_sketch_modes(sketch, 1.01, &modes, NULL, 0, NULL, 0), FURCA_ERROR_ARGUMENT);
    CHECK_ERROR(furca_sketch_modes(sketch, NAN, &modes, NULL, 0, NULL, 0), FURCA_ERROR_ARGUMENT);
    CHECK_ERROR(furca_sketch_modes(sketch, 0.01, NULL, NULL, 0, NULL, 0), FURCA_ERROR_ARGUMENT);
    CHECK_ERROR(furca_sketch_modes(sketch, 0.01, &modes, NULL, 1, NULL, 0), FURCA_ERROR_ARGUMENT);
    CHECK_ERROR(furca_sketch_modes(sketch, 0.01, &modes, NULL, 0, NULL, 1), FURCA_ERROR_ARGUMENT);
    modes.struct_size = 8;
    CHECK_SAYS(furca_sketch_modes(sketch, 0.01, &modes, NULL, 0, NULL, 0), FURCA_ERROR_ARGUMENT, "struct_size");

    CHECK_ERROR(furca_sketch_serialize(sketch, NULL, 0, NULL), FURCA_ERROR_ARGUMENT);
    CHECK_ERROR(furca_sketch_deserialize(x, 12, NULL), FURCA_ERROR_ARGUMENT);
    CHECK_OK(furca_sketch_close(sketch));
}

/* A caller built against a later header hands in a larger struct: what this library does not know stays as it was. */
static void a_larger_struct_keeps_its_tail(void) {
    struct {
        furca_stats known;
        uint64_t later;
    } stats = {FURCA_STATS_INIT, 0xA5A5};
    stats.known.struct_size = sizeof stats;
    const float x[] = {1, 2, 3};
    furca_sketch *sketch = sketch_of(x, 3, 4096);
    CHECK_OK(furca_sketch_stats(sketch, &stats.known));
    CHECK(stats.known.count == 3 && stats.known.struct_size == sizeof stats && stats.later == 0xA5A5);
    CHECK_OK(furca_sketch_close(sketch));
}

int main(void) {
    RUN(wrong_arguments_get_a_sentence);
    RUN(a_larger_struct_keeps_its_tail);
    return report();
}
