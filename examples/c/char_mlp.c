/*
 * char_mlp.c: trains a small language model on files of text, and watches its parameters with furca.
 *
 *     char_mlp RUN.furca TEXT [TEXT ...]
 *
 * The calls of furca are in the functions that begin with watch_; without them this is an ordinary trainer.
 */
#include <furca/furca.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model.h"

static const int64_t steps = 2000;
static const int batch = 64;
static const float learning_rate = 1e-3f;

static void fail(const char *what, const char *why) {
    fprintf(stderr, "char_mlp: %s: %s\n", what, why);
    exit(1);
}

/* Every call of furca can fail, and says in a sentence how. */
static void check(furca_status status) {
    if (status != FURCA_OK) fail(furca_status_name(status), furca_last_error());
}

/* ---- Watching ---------------------------------------------------------------------------------------------------- */

/* Opens a run and makes every parameter known to it. */
static furca_session *watch_open(const char *path, const model *m) {
    if (furca_abi_version() != FURCA_ABI_VERSION) fail("furca", "the library is of another version than the header");
    furca_session_options options = FURCA_SESSION_OPTIONS_INIT;
    options.path = path;
    furca_session *session = NULL;
    check(furca_session_open(&options, &session));
    for (uint32_t i = 0; i < PARAMETERS; i++) {
        furca_tensor_spec spec = FURCA_TENSOR_SPEC_INIT;
        spec.name = m->parameters[i].name;
        spec.shape = m->parameters[i].shape;
        spec.rank = m->parameters[i].rank;
        uint32_t id = 0; /* ids count from 0, so the id is the parameter's index */
        check(furca_tensor_register(session, &spec, &id));
    }
    return session;
}

/* Looks at all parameters after `step` updates, if that is within the budget, and prints what has happened. */
static void watch_step(furca_session *session, const model *m, int64_t step) {
    int32_t due = 0;
    check(furca_session_due(session, step, &due));
    if (!due) return;
    furca_buffer buffers[PARAMETERS];
    for (uint32_t i = 0; i < PARAMETERS; i++)
        buffers[i] = (furca_buffer){m->parameters[i].value, m->parameters[i].count, i, FURCA_FLOAT32};
    size_t before = 0, after = 0;
    check(furca_event_count(session, &before));
    check(furca_session_observe(session, step, buffers, PARAMETERS));
    check(furca_event_count(session, &after));
    for (size_t event = before; event < after; event++) {
        char line[512];
        size_t length = 0;
        check(furca_event_text(session, event, line, sizeof line, &length));
        printf("  %s\n", line);
    }
}

/* The branches that the parameters have at the end, the report, and where the run file is. */
static void watch_close(furca_session *session, const model *m) {
    printf("\nForked at the end:\n");
    for (uint32_t i = 0; i < PARAMETERS; i++) {
        furca_branch branches[8];
        size_t count = 0;
        check(furca_tensor_branches(session, i, branches, 8, &count));
        if (count < 2) continue;
        printf("  %-14s", m->parameters[i].name);
        for (size_t k = 0; k < count && k < 8; k++)
            printf("  %.0f %% about %+.3g", 100 * branches[k].mass, branches[k].position);
        printf("\n");
    }
    size_t length = 0;
    check(furca_session_report(session, NULL, 0, &length));
    char *report = malloc(length + 1), path[4096];
    if (report == NULL) fail("report", "no memory");
    check(furca_session_report(session, report, length + 1, &length));
    check(furca_session_path(session, path, sizeof path, &length));
    check(furca_session_close(session));
    printf("\n%s\nrun file: %s\n", report, path);
    free(report);
}

/* ---- Training ---------------------------------------------------------------------------------------------------- */

/* All files, one after the other. */
static unsigned char *read_text(int count, char **paths, size_t *length) {
    unsigned char *text = NULL;
    *length = 0;
    for (int i = 0; i < count; i++) {
        FILE *file = fopen(paths[i], "rb");
        if (file == NULL) fail(paths[i], "cannot be read");
        for (size_t got = 1; got > 0; *length += got) {
            unsigned char *more = realloc(text, *length + 65536);
            if (more == NULL) fail(paths[i], "no memory");
            text = more;
            got = fread(text + *length, 1, 65536, file);
        }
        if (ferror(file)) fail(paths[i], "cannot be read to its end");
        fclose(file);
    }
    return text;
}

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
        if (step % 250 == 0) printf("step %4lld  loss %.3f\n", (long long)step, average);
    }
    watch_close(session, &m);
    model_free(&m);
    free(text);
    return 0;
}
