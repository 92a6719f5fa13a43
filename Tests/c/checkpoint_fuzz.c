/*
 * checkpoint_fuzz.c: any bytes as a checkpoint, for libFuzzer: a safetensors file, its header alone (the length before it and the data
 * behind it are made to fit), or the index of a sharded one. What is taken for a checkpoint is observed. It works in the current
 * directory, which had better be one in memory.
 */
#include <furca/furca.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { DATA = 4096 };
static unsigned char data[DATA];

static void expect(int holds, const char *what) {
    if (holds) return;
    fprintf(stderr, "checkpoint_fuzz: %s: %s\n", what, furca_last_error());
    abort();
}

/* Writes a safetensors file: `header` with its length before it and DATA bytes behind it, or as it is. */
static void write_file(const char *path, const unsigned char *header, size_t size, int is_framed) {
    const int file = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    unsigned char length[8];
    for (int i = 0; i < 8; i++) length[i] = (unsigned char)((uint64_t)size >> 8 * i);
    expect(file >= 0, "open");
    if (is_framed) expect(write(file, length, 8) == 8, "write");
    expect(size == 0 || write(file, header, size) == (ssize_t)size, "write");
    if (is_framed) expect(write(file, data, DATA) == DATA, "write");
    close(file);
}

static void shards(void) {
    static const char first[] = "{\"w\":{\"dtype\":\"F32\",\"shape\":[16,64],\"data_offsets\":[0,4096]}}",
                      second[] = "{\"h.1\":{\"dtype\":\"BF16\",\"shape\":[2048],\"data_offsets\":[0,4096]}}";
    for (int i = 0; i < DATA; i++) data[i] = (unsigned char)(i * 7 >> 2);
    write_file("a.safetensors", (const unsigned char *)first, sizeof first - 1, 1);
    write_file("b.safetensors", (const unsigned char *)second, sizeof second - 1, 1);
}

int LLVMFuzzerTestOneInput(const unsigned char *input, size_t size) {
    static int is_ready;
    if (!is_ready) shards();
    is_ready = 1;
    if (size < 1) return 0;
    const int kind = input[0] % 4;
    const char *path = kind == 3 ? "model.safetensors.index.json" : "one.safetensors";
    write_file(path, input + 1, size - 1, kind == 1 || kind == 2);

    furca_session_options options = FURCA_SESSION_OPTIONS_INIT;
    furca_session *session = NULL;
    options.threads = 1, options.budget = 0;
    expect(furca_session_open(&options, &session) == FURCA_OK, "session");
    furca_checkpoints *found = NULL;
    const int64_t step = 7;
    furca_status status = furca_checkpoints_find(&path, 1, &step, 1, &found);
    expect(status == FURCA_OK || status == FURCA_ERROR_ARGUMENT || status == FURCA_ERROR_IO || status == FURCA_ERROR_FORMAT, "find");
    if (status == FURCA_OK) {
        char location[128];
        size_t length = 0;
        int64_t at = 0;
        uint32_t format = 0;
        (void)furca_checkpoints_get(found, 0, &at, &format, location, sizeof location, &length);
        expect(furca_session_note_checkpoints(session, found) == FURCA_OK, "note");
        expect(furca_checkpoints_close(found) == FURCA_OK, "close");
    }
    status = furca_session_observe_checkpoint(session, 7, path);
    expect(status == FURCA_OK || status == FURCA_ERROR_ARGUMENT || status == FURCA_ERROR_IO || status == FURCA_ERROR_FORMAT, "observe");
    if (status != FURCA_OK) expect(strlen(furca_last_error()) > 12, "a sentence");
    uint32_t count = 0;
    furca_summary summary = FURCA_SUMMARY_INIT;
    furca_stats stats = FURCA_STATS_INIT;
    expect(furca_tensor_count(session, &count) == FURCA_OK && furca_session_summary(session, &summary) == FURCA_OK, "summary");
    expect(status == FURCA_OK || summary.looks == 0, "nothing is observed after an error");
    for (uint32_t i = 0; i < count && status == FURCA_OK; i++)
        expect(furca_tensor_stats(session, i, &stats) == FURCA_OK && stats.count <= DATA + size, "stats");
    expect(furca_session_close(session) == FURCA_OK, "close");
    return 0;
}
