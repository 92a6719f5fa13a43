/* deserialize_seeds.c: writes serialized sketches of many kinds into a directory, to begin fuzzing with.
 *
 *     deserialize_seeds DIRECTORY
 */
#include "sketches.h"

int main(int argc, char **argv) {
    static float x[6000];
    static unsigned char bytes[1 << 20];
    const size_t counts[] = {0, 1, 5, 40, 300, 6000};
    int written = 0;
    for (int i = 0; i < 6 && argc > 1; i++) {
        for (int kind = 0; kind < 4; kind++) {
            for (size_t k = 0; k < counts[i]; k++) x[k] = kind == 3 ? 1 : 0;
            if (kind < 3) fill_mixture(x, counts[i], kind * 4, (uint64_t)i);
            if (kind == 2 && counts[i] > 2) x[0] = NAN, x[1] = INFINITY, x[2] = 1e-40f;
            furca_sketch *sketch = sketch_of(x, counts[i], kind == 1 ? 0 : 4096);
            size_t length = 0;
            CHECK_OK(furca_sketch_serialize(sketch, bytes, sizeof bytes, &length));
            CHECK_OK(furca_sketch_close(sketch));
            char path[512];
            snprintf(path, sizeof path, "%s/%d-%d", argv[1], i, kind);
            FILE *file = fopen(path, "wb");
            written += CHECK(file != NULL) && fwrite(bytes, 1, length, file) == length;
            if (file != NULL) fclose(file);
        }
    }
    return written == 24 && checks_failed == 0 ? 0 : 1;
}
