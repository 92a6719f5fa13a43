/*
 * run_file_fuzz.c: damaged run files. Each is opened, asked, its sketches are read, and some are gone on with.
 *
 *     run_file_fuzz COUNT [SEED [FIRST]]          rounds FIRST ... FIRST + COUNT - 1; each is the same every time
 *
 * Compiled with -DLIBFUZZER it is a target of libFuzzer instead. An input is a list of edits of one of the sound files: of its bytes,
 * of the fields of SQLite's pages (header, cells, pointers to children), of whole pages, of the schema's text, of the sketches (their
 * checksum made right again), of the write-ahead log. No crash, no hang; an error is one of the kinds that the header names, with
 * a sentence. The files lie in the current directory, which had better be one in memory.
 */
#include "check.h"
#include "seal.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <time.h>

enum { SOUND = 3, MOST = 1 << 20, PAGE = 4096, EDIT = 8, EDITS = 24, VIEWS = 14 };
static const char damaged[] = "damaged.furca";
static const char *const views[VIEWS] = {
    "facts", "tensors", "stats", "sketches", "branches", "forks", "fork_branches", "metrics", "cost", "gaps", "left_out", "dropped",
    "rewinds", "superseded_stats",
};

typedef struct bytes {
    unsigned char *data;
    size_t size;
} bytes;
/* The files to damage: one that is closed, one that is being written (with its log), one with a rewind that was resumed. */
static struct {
    bytes file, log;
} sound[SOUND];
static long tally[FURCA_ERROR_BUSY + 1], rows_read, sketches_read, resumed;
static float x[2][3000];

/* ---- Sound files ------------------------------------------------------------------------------------------------- */

static bytes read_file(const char *path) {
    bytes read = {malloc(MOST), 0};
    FILE *file = fopen(path, "rb");
    if (file == NULL || read.data == NULL) return read;
    read.size = fread(read.data, 1, MOST, file);
    fclose(file);
    return read;
}

static void look(furca_session *session, int64_t step) {
    fill_mixture(x[0], 3000, step > 3 ? 8 : 0, (uint64_t)step);
    fill_mixture(x[1], 40, step > 2 ? 30 : 0, (uint64_t)step);
    furca_buffer batch[] = {{x[0], 3000, 0, FURCA_FLOAT32}, {x[1], 40, 1, FURCA_FLOAT32}};
    CHECK_OK(furca_session_observe(session, step, batch, 2));
    CHECK_OK(furca_session_log(session, step, "loss", 1. / (double)(step + 1)));
}

static furca_session *begin(const char *path, uint32_t resume) {
    furca_session_options options = FURCA_SESSION_OPTIONS_INIT;
    furca_session *session = NULL;
    options.path = path, options.resume = resume, options.exact_limit = 1000, options.threads = 1, options.budget = 0;
    if (furca_session_open(&options, &session) != FURCA_OK) return NULL;
    furca_tensor_spec spec = FURCA_TENSOR_SPEC_INIT;
    const int64_t counts[] = {3000, 40};
    uint32_t id;
    for (int i = 0; i < 2; i++) {
        spec.name = i == 0 ? "weights" : "bias", spec.rank = 1, spec.shape = &counts[i];
        (void)furca_tensor_register(session, &spec, &id);
    }
    return session;
}

static void make_sound_files(void) {
    (void)unlink("closed.furca");
    (void)unlink("live.furca");
    furca_session *session = begin("closed.furca", 0);
    for (int64_t step = 0; step < 8; step++) look(session, step);
    CHECK_OK(furca_session_gap(session, "a name", "a reason"));
    CHECK_OK(furca_session_close(session));
    sound[0].file = read_file("closed.furca");

    session = begin("live.furca", 0);
    for (int64_t step = 0; step < 4; step++) look(session, step);
    CHECK_OK(furca_session_flush(session));
    for (int64_t step = 4; step < 6; step++) look(session, step);
    CHECK_OK(furca_session_flush(session));
    sound[1].file = read_file("live.furca");
    sound[1].log = read_file("live.furca-wal");
    CHECK_OK(furca_session_close(session));

    session = begin("closed.furca", 1);
    CHECK_OK(furca_session_rewind(session, 3));
    for (int64_t step = 4; step < 7; step++) look(session, step);
    CHECK_OK(furca_session_close(session));
    sound[2].file = read_file("closed.furca");
    for (int i = 0; i < SOUND; i++) CHECK(sound[i].file.size > 8 * PAGE && sound[i].file.size < MOST);
    CHECK(sound[1].log.size > PAGE);
}

/* ---- Damage ------------------------------------------------------------------------------------------------------ */

static uint32_t number_at(const unsigned char *at, int width) {
    uint32_t value = 0;
    for (int i = 0; i < width; i++) value = value << 8 | at[i];
    return value;
}

static void put_number(bytes *file, size_t at, int width, uint32_t value) {
    for (int i = width; i-- > 0; value >>= 8)
        if (at + (size_t)i < file->size) file->data[at + (size_t)i] = (unsigned char)value;
}

/* Where the nth of the places begins at which `what` stands, from the first again after the last; the size if it stands nowhere. */
static size_t find(const bytes *file, const char *what, uint32_t nth) {
    const size_t length = strlen(what);
    size_t places[64], count = 0;
    for (size_t at = 0; at + length <= file->size && count < 64; at++) {
        const unsigned char *found = memchr(file->data + at, what[0], file->size - at - length + 1);
        if (found == NULL) break;
        at = (size_t)(found - file->data);
        if (memcmp(found, what, length) == 0) places[count++] = at;
    }
    return count == 0 ? file->size : places[nth % count];
}

/* One edit; `bytes of it`: kind, page or place (2 + 2), which (1), value (2). */
static void edit(bytes *file, const unsigned char *how) {
    static const uint32_t odd[] = {0, 1, 2, 0x7F, 0x80, 0xFF, 0x7FFF, 0x8000, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF};
    if (file->size < 2 * PAGE) return;
    const uint32_t place = number_at(how + 1, 4), value = number_at(how + 6, 2);
    const uint8_t which = how[5];
    const size_t pages = file->size / PAGE, number = number_at(how + 1, 2) % pages;
    const size_t page = number * PAGE, header = page + (number == 0 ? 100 : 0);
    const size_t cells = number_at(file->data + header + 3, 2), is_leaf = file->data[header] & 8;
    const size_t pointer = header + (is_leaf ? 8 : 12) + 2 * (cells == 0 ? 0 : which % cells);
    const size_t cell = page + (number_at(file->data + (pointer + 2 <= file->size ? pointer : page), 2)) % PAGE;
    switch (how[0] % 14) {
    case 0: file->data[place % file->size] = (unsigned char)value; break;
    case 1: file->data[place % 100] = (unsigned char)value; break;
    case 2: put_number(file, place % file->size, 1 << which % 3, odd[value % (sizeof odd / sizeof odd[0])]); break;
    case 3: file->data[header + which % 12] = (unsigned char)value; break; /* the page's kind, free block, count of cells, … */
    case 4: put_number(file, pointer, 2, which & 1 ? value % PAGE : value); break;
    case 5: put_number(file, header + 8, 4, value % (uint32_t)(pages + 2)); break; /* the rightmost child */
    case 6: put_number(file, cell, 4, value % (uint32_t)(pages + 2)); break;       /* a child, or a cell's first bytes */
    case 7: memcpy(file->data + page, file->data + value % pages * PAGE, PAGE); break;
    case 8:
        if (which < 64) file->size = which < 16 ? place % file->size : page;
        break;
    case 9: /* lengths and types of a cell */
        if (cell + value % 12 < file->size) file->data[cell + value % 12] = which;
        break;
    case 10: { /* the text of the schema */
        size_t at = find(file, which & 1 ? "create view" : "create table", value) + place % 400;
        static const char words[] = "abcdeiklmnorstuvwy,.()'=*0123456789 ";
        if (at < file->size) file->data[at] = (unsigned char)words[value % (sizeof words - 1)];
        break;
    }
    case 11:   /* a sketch */
    case 12: { /* … its checksum made right where it does not go on elsewhere */
        size_t at = find(file, "FRKS", which), end = at + 16;
        if (at >= file->size) break;
        while (end < file->size && end < at + PAGE && !(end % PAGE == 0) && crc32_of(file->data + at, end - at - 4) !=
               (file->data[end - 4] | file->data[end - 3] << 8 | file->data[end - 2] << 16 | (uint32_t)file->data[end - 1] << 24)) end++;
        file->data[at + place % (end - at)] = (unsigned char)value;
        if (how[0] % 14 == 12) seal_sketch(file->data + at, end - at);
        break;
    }
    default: /* all that follows in the page moves by one */
        if (which & 1) memmove(file->data + page + value % PAGE, file->data + page + value % PAGE + 1, PAGE - 1 - value % PAGE);
        else memmove(file->data + page + value % PAGE + 1, file->data + page + value % PAGE, PAGE - 1 - value % PAGE);
    }
}

static void write_file(const char *path, const bytes *file) {
    const int to = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    CHECK(to >= 0 && (file->size == 0 || write(to, file->data, file->size) == (ssize_t)file->size));
    close(to);
}

/* ---- Use --------------------------------------------------------------------------------------------------------- */

/* Counts a call; false if it failed, which it may in some ways only. */
static int went_well(furca_status status, const char *what) {
    const int known = status == FURCA_OK || status == FURCA_ERROR_IO || status == FURCA_ERROR_FORMAT || status == FURCA_ERROR_VERSION
        || status == FURCA_ERROR_SQL || status == FURCA_ERROR_CAPACITY;
    if (!known || (status != FURCA_OK && strlen(furca_last_error()) < 12)) {
        fprintf(stderr, "run_file_fuzz: %s: %s (%s)\n", what, furca_status_name(status), furca_last_error());
        abort();
    }
    tally[status]++;
    return status == FURCA_OK;
}

static void use_sketch(const furca_value *value) {
    furca_sketch *sketch = NULL;
    const double q[] = {0, 0.5, 1};
    double values[3];
    furca_modes modes = FURCA_MODES_INIT;
    if (value->type != FURCA_BLOB || !went_well(furca_sketch_deserialize(value->bytes, value->length, &sketch), "a sketch")) return;
    sketches_read += went_well(furca_sketch_quantiles(sketch, q, 3, values), "quantiles");
    (void)went_well(furca_sketch_modes(sketch, 1e-3, &modes, NULL, 0, NULL, 0), "modes");
    (void)went_well(furca_sketch_close(sketch), "close");
}

static void ask(furca_run *run, const char *view) {
    char sql[80];
    furca_rows *rows = NULL;
    furca_value values[40];
    size_t columns = 0;
    int32_t has_row = 1;
    static volatile unsigned sum;
    snprintf(sql, sizeof sql, "select * from %s limit 40", view);
    if (!went_well(furca_run_query(run, sql, NULL, 0, &rows), sql)) return;
    if (went_well(furca_rows_columns(rows, &columns), "columns") && columns <= 40) {
        while (went_well(furca_rows_next(rows, values, 40, &has_row), sql) && has_row) {
            rows_read++;
            for (size_t i = 0; i < columns; i++) {
                if (values[i].type != FURCA_TEXT && values[i].type != FURCA_BLOB) continue;
                for (size_t k = 0; k < values[i].length; k++) sum += ((const unsigned char *)values[i].bytes)[k];
            }
            if (columns == 3) use_sketch(&values[2]);
        }
    }
    (void)went_well(furca_rows_close(rows), "close");
}

/* What a trainer does that goes on with the run. */
static void go_on(void) {
    furca_session *session = begin(damaged, 1);
    if (session == NULL) return;
    resumed++;
    furca_buffer buffer = {x[1], 40, 1, FURCA_FLOAT32};
    for (int64_t step = 100; step < 103; step++) (void)furca_session_observe(session, step, &buffer, 1);
    size_t count = 0;
    char text[64];
    for (size_t i = 0; i < 4; i++) (void)furca_event_text(session, i, text, sizeof text, &count);
    (void)went_well(furca_session_flush(session), "flush");
    (void)went_well(furca_session_report(session, text, sizeof text, &count), "report");
    (void)went_well(furca_session_close(session), "close");
}

int LLVMFuzzerTestOneInput(const unsigned char *input, size_t size) {
    static unsigned char *room[2];
    if (room[0] == NULL) {
        make_sound_files();
        for (int i = 0; i < 2; i++) room[i] = malloc(MOST);
        if (checks_failed > 0) abort();
    }
    if (size < 2) return 0;
    const int kind = input[0] % SOUND;
    bytes file = {room[0], sound[kind].file.size}, log = {room[1], sound[kind].log.size};
    memcpy(file.data, sound[kind].file.data, file.size);
    if (log.size > 0) memcpy(log.data, sound[kind].log.data, log.size);
    for (size_t i = 0; i < EDITS && 2 + (i + 1) * EDIT <= size; i++)
        edit(log.size > 0 && input[2 + i * EDIT] >= 0xC0 ? &log : &file, input + 2 + i * EDIT);

    (void)unlink("damaged.furca-shm");
    (void)unlink("damaged.furca-journal");
    write_file(damaged, &file);
    if (log.size > 0) write_file("damaged.furca-wal", &log);
    else (void)unlink("damaged.furca-wal");
    furca_run *run = NULL;
    if (went_well(furca_run_open(damaged, &run), "open")) {
        for (int i = 0; i < 2; i++) ask(run, views[(input[1] + 5 * i) % VIEWS]);
        ask(run, "sketches");
        (void)went_well(furca_run_close(run), "close");
    }
    if (input[1] % 8 == 7) go_on();
    return 0;
}

#ifndef LIBFUZZER
static long now;
static void tell(int signal) {
    char line[80];
    const int length = snprintf(line, sizeof line, "run_file_fuzz: round %ld: signal %d\n", now, signal);
    (void)!write(2, line, (size_t)length);
    _exit(3);
}

int main(int argc, char **argv) {
    const long count = argc > 1 ? atol(argv[1]) : 1000, first = argc > 3 ? atol(argv[3]) : 0;
    const uint64_t seed = argc > 2 ? strtoull(argv[2], NULL, 10) : 1;
    static const int ends[] = {SIGALRM, SIGSEGV, SIGBUS, SIGILL, SIGTRAP, SIGABRT, SIGFPE};
    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) signal(ends[i], tell);
    struct timespec began, before, after;
    clock_gettime(CLOCK_MONOTONIC, &began);
    double slowest = 0;
    for (now = first; now < first + count; now++) {
        unsigned char input[2 + EDIT * EDITS];
        uint64_t random = seed * 1000003 + (uint64_t)now * 0x9E3779B9u;
        const size_t edits = 1 + (size_t)(uniform(&random) * uniform(&random) * uniform(&random) * EDITS);
        for (size_t i = 0; i < 2 + edits * EDIT; i++) input[i] = (unsigned char)(uniform(&random) * 256);
        alarm(60);
        clock_gettime(CLOCK_MONOTONIC, &before);
        LLVMFuzzerTestOneInput(input, 2 + edits * EDIT);
        clock_gettime(CLOCK_MONOTONIC, &after);
        slowest = fmax(slowest, (double)(after.tv_sec - before.tv_sec) + 1e-9 * (double)(after.tv_nsec - before.tv_nsec));
    }
    alarm(0);
    printf("%ld damaged run files, seed %llu, %.0f s:", count, (unsigned long long)seed,
           (double)(after.tv_sec - began.tv_sec) + 1e-9 * (double)(after.tv_nsec - began.tv_nsec));
    for (int status = 0; status <= FURCA_ERROR_BUSY; status++)
        if (tally[status] > 0) printf(" %s %ld", furca_status_name(status), tally[status]);
    printf("; %ld rows and %ld sketches read all the same, %ld runs gone on with; the slowest file took %.2f s\n", rows_read,
           sketches_read, resumed, slowest);
    CHECK(tally[FURCA_ERROR_FORMAT] > count / 50 && rows_read > count && sketches_read > count / 2 && resumed > count / 50);
    tests_passed = checks_failed == 0, tests_failed = checks_failed != 0;
    return report();
}
#endif
