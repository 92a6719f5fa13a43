/* Sketches to test with. */
#ifndef SKETCHES_H
#define SKETCHES_H

#include "check.h"

static inline furca_sketch *sketch_of(const float *x, size_t count, uint32_t exact_limit) {
    furca_sketch_options options = FURCA_SKETCH_OPTIONS_INIT;
    options.exact_limit = exact_limit;
    furca_sketch *sketch = NULL;
    CHECK_OK(furca_sketch_create(&options, &sketch));
    CHECK_OK(furca_sketch_update(sketch, x, count, FURCA_FLOAT32));
    return sketch;
}

static inline double quantile(const furca_sketch *sketch, double q) {
    double value = -1;
    CHECK_OK(furca_sketch_quantiles(sketch, &q, 1, &value));
    return value;
}

#endif
