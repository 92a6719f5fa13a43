/* Run files: reading one while it is written and afterwards, and queries that are wrong. */
#include "check.h"

#include <sys/wait.h>

static float x[2000];

/* The path of a finished run with two tensors, three looks and a metric. */
static const char *finished_run(void) {
    static char path[512];
    if (path[0] != '\0') return path;
    furca_session *session = open_session("finished.furca");
    size_t length = 0;
    CHECK_OK(furca_session_path(session, path, sizeof path, &length));
    uint32_t a = add_tensor(session, "a", 2000), b = add_tensor(session, "b", 10);
    fill_mixture(x, 2000, 6, 37);
    furca_buffer batch[] = {{x, 2000, a, FURCA_FLOAT32}, {x, 10, b, FURCA_FLOAT32}};
    for (int64_t step = 0; step < 3; step++) {
        CHECK_OK(furca_session_observe(session, step, batch, 2));
        CHECK_OK(furca_session_log(session, step, "loss", 2.5 - (double)step));
    }
    CHECK_OK(furca_session_gap(session, "c", "on another device"));
    CHECK_OK(furca_session_close(session));
    return path;
}

/* The single number that a query gives. */
static int64_t number(furca_run *run, const char *sql) {
    furca_rows *rows = NULL;
    furca_value value = {FURCA_NULL, 0, -1, 0, NULL, 0};
    int32_t has_row = 0;
    if (!CHECK_OK(furca_run_query(run, sql, NULL, 0, &rows))) return -1;
    CHECK_OK(furca_rows_next(rows, &value, 1, &has_row));
    CHECK(has_row == 1 && value.type == FURCA_INTEGER);
    CHECK_OK(furca_rows_close(rows));
    return value.integer;
}

static void a_finished_run_is_read(void) {
    furca_run *run = NULL;
    CHECK_OK(furca_run_open(finished_run(), &run));
    CHECK(number(run, "select count(*) from tensors") == 2);
    CHECK(number(run, "select count(*) from stats") == 6);
    CHECK(number(run, "select count(*) from metrics where name = 'loss'") == 3);
    CHECK(number(run, "select count(*) from gaps where reason like '%device%'") == 1);

    furca_rows *rows = NULL;
    furca_value parameters[] = {{FURCA_TEXT, 0, 0, 0, "a", 1}, {FURCA_INTEGER, 0, 1, 0, NULL, 0}};
    furca_value row[3];
    size_t columns = 0;
    const char *name = NULL;
    int32_t has_row = 0;
    CHECK_OK(furca_run_query(run, "select step, std, tensor from stats where tensor = ? and step >= ? order by step",
                             parameters, 2, &rows));
    CHECK_OK(furca_rows_columns(rows, &columns));
    CHECK_OK(furca_rows_column_name(rows, 1, &name));
    CHECK(columns == 3 && strcmp(name, "std") == 0);
    for (int64_t step = 1; step < 3; step++) {
        CHECK_OK(furca_rows_next(rows, row, 3, &has_row));
        CHECK(has_row == 1 && row[0].type == FURCA_INTEGER && row[0].integer == step);
        CHECK(row[1].type == FURCA_REAL && fabs(row[1].real - sqrt(10)) < 0.1);
        CHECK(row[2].type == FURCA_TEXT && row[2].length == 1 && memcmp(row[2].bytes, "a", 1) == 0);
    }
    for (int again = 0; again < 2; again++) {
        CHECK_OK(furca_rows_next(rows, row, 3, &has_row));
        CHECK(has_row == 0);
    }
    CHECK_OK(furca_rows_close(rows));
    CHECK_OK(furca_run_close(run));
}

static void all_types_go_in_and_come_out(void) {
    furca_run *run = NULL;
    furca_rows *rows = NULL;
    furca_value in[] = {
        {FURCA_NULL, 0, 0, 0, NULL, 0},
        {FURCA_INTEGER, 0, INT64_MIN, 0, NULL, 0},
        {FURCA_REAL, 0, 0, -0.1, NULL, 0},
        {FURCA_TEXT, 0, 0, 0, "größer", 8},
        {FURCA_BLOB, 0, 0, 0, "\0\1\2", 3},
        {FURCA_TEXT, 0, 0, 0, NULL, 0},
    };
    furca_value out[6];
    int32_t has_row = 0;
    CHECK_OK(furca_run_open(finished_run(), &run));
    CHECK_OK(furca_run_query(run, "select ?, ?, ?, ?, ?, ?", in, 6, &rows));
    CHECK_OK(furca_rows_next(rows, out, 6, &has_row));
    CHECK(has_row == 1 && out[0].type == FURCA_NULL);
    CHECK(out[1].type == FURCA_INTEGER && out[1].integer == INT64_MIN);
    CHECK(out[2].type == FURCA_REAL && out[2].real == -0.1);
    CHECK(out[3].type == FURCA_TEXT && out[3].length == 8 && memcmp(out[3].bytes, "größer", 8) == 0);
    CHECK(out[4].type == FURCA_BLOB && out[4].length == 3 && memcmp(out[4].bytes, "\0\1\2", 3) == 0);
    CHECK(out[5].type == FURCA_TEXT && out[5].length == 0);
    CHECK_OK(furca_rows_close(rows));
    CHECK_OK(furca_run_close(run));
}

static void wrong_queries_get_sqlites_words(void) {
    furca_run *run = NULL;
    furca_rows *rows = NULL;
    CHECK_OK(furca_run_open(finished_run(), &run));
    CHECK_SAYS(furca_run_query(run, "selekt 1", NULL, 0, &rows), FURCA_ERROR_SQL, "selekt");
    CHECK_SAYS(furca_run_query(run, "select * from nowhere", NULL, 0, &rows), FURCA_ERROR_SQL, "nowhere");
    const char *writes[] = {
        "delete from tensor",        "drop view stats",         "create table t(x)", "insert into fact values (1, 2)",
        "update fact set value = 0", "pragma user_version = 9", "vacuum",
    };
    for (size_t i = 0; i < sizeof writes / sizeof writes[0]; i++) {
        furca_status status = furca_run_query(run, writes[i], NULL, 0, &rows);
        if (status == FURCA_OK) { /* if not refused at once, then by the read-only file */
            int32_t has_row = 0;
            status = furca_rows_next(rows, NULL, 0, &has_row);
            CHECK_OK(furca_rows_close(rows));
            rows = NULL;
        }
        if (!CHECK(status == FURCA_ERROR_SQL)) printf("      %s\n", writes[i]);
    }
    CHECK(number(run, "select count(*) from tensors") == 2);

    furca_value bad = {17, 0, 0, 0, NULL, 0}, null_text = {FURCA_TEXT, 0, 0, 0, NULL, 3};
    CHECK_ERROR(furca_run_query(run, "select ?", NULL, 0, &rows), FURCA_ERROR_ARGUMENT);
    CHECK_ERROR(furca_run_query(run, "select 1", &null_text, 1, &rows), FURCA_ERROR_ARGUMENT);
    CHECK_SAYS(furca_run_query(run, "select ?", &bad, 1, &rows), FURCA_ERROR_ARGUMENT, "17");
    CHECK_ERROR(furca_run_query(run, "select ?", &null_text, 1, &rows), FURCA_ERROR_ARGUMENT);
    CHECK_ERROR(furca_run_query(run, "select ?", NULL, 1, &rows), FURCA_ERROR_ARGUMENT);
    CHECK_ERROR(furca_run_query(run, NULL, NULL, 0, &rows), FURCA_ERROR_ARGUMENT);
    CHECK_ERROR(furca_run_query(run, "select 1", NULL, 0, NULL), FURCA_ERROR_ARGUMENT);
    CHECK_ERROR(furca_run_query(run, "", NULL, 0, &rows), FURCA_ERROR_ARGUMENT);
    CHECK_ERROR(furca_run_query(run, "select 1; select 2", NULL, 0, &rows), FURCA_ERROR_ARGUMENT);
    CHECK(rows == NULL);

    const char *name = NULL;
    furca_value value;
    size_t columns = 0;
    int32_t has_row = 0;
    CHECK_OK(furca_run_query(run, "select 1, 2", NULL, 0, &rows));
    CHECK_ERROR(furca_rows_next(rows, &value, 1, &has_row), FURCA_ERROR_ARGUMENT);
    CHECK_ERROR(furca_rows_next(rows, NULL, 2, &has_row), FURCA_ERROR_ARGUMENT);
    CHECK_ERROR(furca_rows_next(rows, &value, 2, NULL), FURCA_ERROR_ARGUMENT);
    CHECK_SAYS(furca_rows_column_name(rows, 2, &name), FURCA_ERROR_ARGUMENT, "2");
    CHECK_ERROR(furca_rows_column_name(rows, 0, NULL), FURCA_ERROR_ARGUMENT);
    CHECK_ERROR(furca_rows_columns(rows, NULL), FURCA_ERROR_ARGUMENT);
    CHECK_OK(furca_run_close(run)); /* ends its queries */
    CHECK(furca_rows_next(rows, &value, 2, &has_row) != FURCA_OK);
    CHECK(furca_rows_columns(rows, &columns) == FURCA_OK || columns == 0);
    furca_rows_close(rows);
}

static void files_that_are_no_run_are_refused(void) {
    furca_run *run = NULL;
    CHECK_SAYS(furca_run_open("nowhere.furca", &run), FURCA_ERROR_IO, "nowhere.furca");
    CHECK_ERROR(furca_run_open(".", &run), FURCA_ERROR_IO);
    CHECK_ERROR(furca_run_open(NULL, &run), FURCA_ERROR_ARGUMENT);
    CHECK_ERROR(furca_run_open(finished_run(), NULL), FURCA_ERROR_ARGUMENT);
    FILE *text = fopen("text.txt", "w");
    if (!CHECK(text != NULL)) return;
    for (int i = 0; i < 1000; i++) fputs("This is a text and no run. ", text);
    fclose(text);
    CHECK_SAYS(furca_run_open("text.txt", &run), FURCA_ERROR_FORMAT, "text.txt");
    FILE *empty = fopen("empty.furca", "w");
    if (!CHECK(empty != NULL)) return;
    fclose(empty);
    CHECK_ERROR(furca_run_open("empty.furca", &run), FURCA_ERROR_FORMAT);
    CHECK(run == NULL && access("nowhere.furca", F_OK) != 0);
}

/* What a reader in another process sees: its exit status is 0 if it saw the run grow. */
static void read_while_it_is_written(const char *path) {
    int64_t first = -1, last = -1;
    alarm(30);
    for (int tries = 0; tries < 1500 && (first < 0 || last < first + 50); tries++) {
        usleep(10000);
        furca_run *run = NULL;
        if (furca_run_open(path, &run) != FURCA_OK) continue;
        last = number(run, "select count(*) from stats where tensor = 'w' and std > 0");
        if (first < 0 && last > 0) first = last;
        if (furca_run_close(run) != FURCA_OK) _exit(2);
    }
    _exit(first >= 0 && last >= first + 50 ? 0 : 1);
}

static void another_process_reads_the_run_as_it_grows(void) {
    fflush(stdout);
    pid_t child = fork(); /* before this process has a session */
    if (child == 0) read_while_it_is_written("growing.furca");
    furca_session *session = open_session("growing.furca");
    uint32_t id = add_tensor(session, "w", 2000);
    int status = 0;
    int64_t step = 0;
    fill_mixture(x, 2000, 0, 3);
    for (; step < 6000 && waitpid(child, &status, WNOHANG) == 0; step++) {
        CHECK_OK(observe(session, step, id, x, 2000));
        usleep(2000);
    }
    if (step == 6000) CHECK(waitpid(child, &status, 0) == child);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    CHECK_OK(furca_session_close(session));
}

int main(void) {
    RUN(another_process_reads_the_run_as_it_grows);
    RUN(a_finished_run_is_read);
    RUN(all_types_go_in_and_come_out);
    RUN(wrong_queries_get_sqlites_words);
    RUN(files_that_are_no_run_are_refused);
    return report();
}
