/*
 * deserialize_fuzz.c: any bytes as a serialized sketch, for libFuzzer. What is taken for a sketch answers every question, and
 * comes back from its own bytes as the same sketch.
 */
#include <furca/furca.h>

#include "seal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void expect(int holds, const char *what) {
    if (holds) return;
    fprintf(stderr, "deserialize_fuzz: %s: %s\n", what, furca_last_error());
    abort();
}

static void examine(const unsigned char *data, size_t size) {
    furca_sketch *sketch = NULL, *back = NULL;
    furca_status status = furca_sketch_deserialize(data, size, &sketch);
    if (status != FURCA_OK) {
        expect((status == FURCA_ERROR_FORMAT || status == FURCA_ERROR_VERSION) && sketch == NULL, "an error of another kind");
        return;
    }
    furca_stats stats = FURCA_STATS_INIT, again = FURCA_STATS_INIT;
    furca_modes modes = FURCA_MODES_INIT;
    furca_branch branches[4];
    furca_atom atoms[4];
    const double q[] = {0, 0.25, 0.5, 1};
    double values[4], shares[4];
    expect(furca_sketch_stats(sketch, &stats) == FURCA_OK, "stats");
    expect(furca_sketch_quantiles(sketch, q, 4, values) == FURCA_OK, "quantiles");
    expect(furca_sketch_cdf(sketch, values, 4, shares) == FURCA_OK, "cdf");
    for (int i = 1; i < 4; i++) expect(!(values[i] < values[i - 1]) && !(shares[i] < shares[i - 1]), "order");
    expect(furca_sketch_modes(sketch, 1e-4, &modes, branches, 4, atoms, 4) == FURCA_OK, "modes");

    size_t length = 0, length_again = 0;
    expect(furca_sketch_serialize(sketch, NULL, 0, &length) == FURCA_OK, "length");
    unsigned char *bytes = malloc(length), *bytes_again = malloc(length);
    expect(bytes != NULL && bytes_again != NULL, "no memory");
    expect(furca_sketch_serialize(sketch, bytes, length, &length) == FURCA_OK, "serialize");
    expect(furca_sketch_deserialize(bytes, length, &back) == FURCA_OK, "its own bytes");
    expect(furca_sketch_stats(back, &again) == FURCA_OK && again.count == stats.count, "its own count");
    expect(furca_sketch_serialize(back, bytes_again, length, &length_again) == FURCA_OK && length_again == length
               && memcmp(bytes, bytes_again, length) == 0, "the same bytes");
    expect(furca_sketch_merge(back, sketch) == FURCA_OK, "merge");
    expect(furca_sketch_update(back, q, 4, FURCA_FLOAT64) == FURCA_OK, "update");
    expect(furca_sketch_close(sketch) == FURCA_OK && furca_sketch_close(back) == FURCA_OK, "close");
    free(bytes);
    free(bytes_again);
}

/* As they are, and with the checksum made right. */
int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size) {
    examine(data, size);
    unsigned char *sealed = malloc(size + 1);
    expect(sealed != NULL, "no memory");
    if (size > 0) memcpy(sealed, data, size);
    seal_sketch(sealed, size);
    examine(sealed, size);
    free(sealed);
    return 0;
}
