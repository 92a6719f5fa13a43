#include "watch.h"

#include <stdio.h>
#include <stdlib.h>

void fail(const char *what, const char *why) {
    fprintf(stderr, "%s: %s\n", what, why);
    exit(1);
}

void check(furca_status status) {
    if (status != FURCA_OK) fail(furca_status_name(status), furca_last_error());
}

furca_session *watch_open(const char *path, const model *m) {
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
    char given[4096]; /* the run file's path: a numbered sibling if there was a file already */
    size_t length = 0;
    check(furca_session_path(session, given, sizeof given, &length));
    printf("Watch it from another terminal: furca top %s\n", given);
    return session;
}

void watch_step(furca_session *session, const model *m, int64_t step) {
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

void watch_close(furca_session *session, const model *m) {
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
    char *report = malloc(length + 1);
    if (report == NULL) fail("report", "no memory");
    check(furca_session_report(session, report, length + 1, &length));
    check(furca_session_close(session));
    printf("\n%s\n", report);
    free(report);
}
