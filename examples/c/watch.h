/* watch.h: the calls of furca, apart from the trainer. */
#ifndef WATCH_H
#define WATCH_H

#include <furca/furca.h>

#include "model.h"

/* Prints what went wrong and ends the program. */
void fail(const char *what, const char *why);

/* Every call of furca can fail, and says in a sentence how. */
void check(furca_status status);

/* Opens a run and makes every parameter known to it. */
furca_session *watch_open(const char *path, const model *m);

/* Looks at all parameters after `step` updates, if that is within the budget, and prints what has happened. */
void watch_step(furca_session *session, const model *m, int64_t step);

/* Prints the branches that the parameters have at the end and the report, and closes the run. */
void watch_close(furca_session *session, const model *m);

#endif
