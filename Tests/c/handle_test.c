/* Handles that are closed, foreign, or garbage: an error, never a crash. */
#include "calls.h"

static furca_session *session_with_a_look(const char *path) {
    static const float x[] = {1, 2, 3, 4};
    furca_session *session = open_session(path);
    CHECK_OK(observe(session, 0, add_tensor(session, "w", 4), x, 4));
    return session;
}

static furca_sketch *empty_sketch(void) {
    furca_sketch *sketch = NULL;
    CHECK_OK(furca_sketch_create(NULL, &sketch));
    return sketch;
}

static void null_is_named(void) {
    furca_sketch *sound = empty_sketch();
    call_session(NULL, FURCA_ERROR_ARGUMENT);
    call_sketch(NULL, sound, FURCA_ERROR_ARGUMENT);
    call_run(NULL, FURCA_ERROR_ARGUMENT);
    call_rows(NULL, FURCA_ERROR_ARGUMENT);
    CHECK_SAYS(furca_session_flush(NULL), FURCA_ERROR_ARGUMENT, "NULL");
    CHECK_OK(furca_sketch_close(sound));
}

static void closed_handles_are_known_as_such(void) {
    furca_session *session = session_with_a_look("closed.furca");
    char path[512];
    size_t length = 0;
    CHECK_OK(furca_session_path(session, path, sizeof path, &length));
    CHECK_OK(furca_session_close(session));
    call_session(session, FURCA_ERROR_HANDLE);
    CHECK_SAYS(furca_session_close(session), FURCA_ERROR_HANDLE, "closed");

    furca_sketch *sketch = empty_sketch(), *sound = empty_sketch();
    CHECK_OK(furca_sketch_close(sketch));
    call_sketch(sketch, sound, FURCA_ERROR_HANDLE);
    CHECK_ERROR(furca_sketch_close(sketch), FURCA_ERROR_HANDLE);
    CHECK_OK(furca_sketch_close(sound));

    furca_run *run = NULL;
    furca_rows *rows = NULL;
    CHECK_OK(furca_run_open(path, &run));
    CHECK_OK(furca_run_query(run, "select 1", NULL, 0, &rows));
    CHECK_OK(furca_rows_close(rows));
    call_rows(rows, FURCA_ERROR_HANDLE);
    CHECK_ERROR(furca_rows_close(rows), FURCA_ERROR_HANDLE);
    CHECK_OK(furca_run_close(run));
    call_run(run, FURCA_ERROR_HANDLE);
    CHECK_ERROR(furca_run_close(run), FURCA_ERROR_HANDLE);
}

/* The place of a closed handle is used again, but the old handle does not come back to life. */
static void a_reused_place_is_another_handle(void) {
    furca_sketch *old = empty_sketch(), *sound = empty_sketch();
    CHECK_OK(furca_sketch_close(old));
    for (int i = 0; i < 1000; i++) {
        furca_sketch *fresh = empty_sketch();
        CHECK(fresh != old);
        CHECK_OK(furca_sketch_close(fresh));
    }
    furca_sketch *living = empty_sketch();
    call_sketch(old, sound, FURCA_ERROR_HANDLE);
    CHECK_OK(furca_sketch_close(living));
    CHECK_OK(furca_sketch_close(sound));
}

static void a_handle_of_another_kind_is_foreign(void) {
    furca_session *session = session_with_a_look(NULL);
    furca_sketch *sketch = empty_sketch();
    call_session((furca_session *)(void *)sketch, FURCA_ERROR_HANDLE);
    call_sketch((furca_sketch *)(void *)session, sketch, FURCA_ERROR_HANDLE);
    call_run((furca_run *)(void *)session, FURCA_ERROR_HANDLE);
    call_rows((furca_rows *)(void *)session, FURCA_ERROR_HANDLE);
    CHECK_ERROR(furca_session_close((furca_session *)(void *)sketch), FURCA_ERROR_HANDLE);
    CHECK_ERROR(furca_sketch_close((furca_sketch *)(void *)session), FURCA_ERROR_HANDLE);
    CHECK_ERROR(furca_run_close((furca_run *)(void *)session), FURCA_ERROR_HANDLE);
    CHECK_ERROR(furca_rows_close((furca_rows *)(void *)session), FURCA_ERROR_HANDLE);
    CHECK_OK(furca_session_close(session)); /* both have survived */
    CHECK_OK(furca_sketch_close(sketch));
}

static void garbage_is_refused(void) {
    static int somewhere;
    furca_sketch *sound = empty_sketch();
    const uintptr_t garbage[] = {
        1, 8, 4096, (uintptr_t)&somewhere, UINTPTR_MAX, UINTPTR_MAX / 2, (uintptr_t)1 << 63, (uintptr_t)sound + 1,
        (uintptr_t)sound ^ (uintptr_t)1 << 40, (uintptr_t)sound + ((uintptr_t)1 << 31),
    };
    for (size_t i = 0; i < sizeof garbage / sizeof garbage[0]; i++) {
        call_session((furca_session *)garbage[i], FURCA_ERROR_HANDLE);
        call_sketch((furca_sketch *)garbage[i], sound, FURCA_ERROR_HANDLE);
        call_run((furca_run *)garbage[i], FURCA_ERROR_HANDLE);
        call_rows((furca_rows *)garbage[i], FURCA_ERROR_HANDLE);
        CHECK_ERROR(furca_session_close((furca_session *)garbage[i]), FURCA_ERROR_HANDLE);
    }
    CHECK_OK(furca_sketch_close(sound));
}

int main(void) {
    RUN(null_is_named);
    RUN(closed_handles_are_known_as_such);
    RUN(a_reused_place_is_another_handle);
    RUN(a_handle_of_another_kind_is_foreign);
    RUN(garbage_is_refused);
    return report();
}
