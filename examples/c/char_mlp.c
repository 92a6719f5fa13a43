/*
 * char_mlp.c: trains a small language model on files of text, and watches its parameters with furca.
 *
 *     char_mlp RUN.furca TEXT [TEXT ...]
 *
 * The calls of furca are in watch.c; without the functions that begin with watch_ this is an ordinary trainer.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "model.h"
#include "text.h"
#include "watch.h"

#ifndef STEPS
#define STEPS 6000
#endif
static const int64_t steps = STEPS;
static const int batch = 64;
static const float learning_rate = 1e-3f;

/* The learning rate falls to a tenth on half a cosine. */
static float learning_rate_at(int64_t step) {
    return learning_rate * (float)(0.55 + 0.45 * cos(3.141592653589793 * (double)step / (double)steps));
}

int main(int argc, char **argv) {
    if (argc < 3) fail("usage", "char_mlp RUN.furca TEXT [TEXT ...]");
    size_t length = 0;
    unsigned char *text = read_text(argc - 2, argv + 2, &length);
    if (length < 10000) fail("text", "too short: 10,000 bytes or more, please");
    setvbuf(stdout, NULL, _IOLBF, 0);

    model m;
    if (model_create(&m, 1) != 0) fail("model", "no memory");
    printf("Training on %zu bytes; a line for each fork as it happens.\n\n", length);

    furca_session *session = watch_open(argv[1], &m);
    watch_step(session, &m, 0);
    double average = log(BYTES);
    for (int64_t step = 1; step <= steps; step++) {
        double loss = 0;
        for (int i = 0; i < batch; i++)
            loss += model_backward(&m, text + model_random(&m, length - CONTEXT), 1 / (float)batch) / batch;
        model_update(&m, step, learning_rate_at(step));
        watch_step(session, &m, step);
        check(furca_session_log(session, step, "loss", loss));
        average += 0.02 * (loss - average);
        if (step % 500 == 0) printf("step %5lld  loss %.3f\n", (long long)step, average);
    }
    watch_close(session, &m);
    model_free(&m);
    free(text);
    return 0;
}
