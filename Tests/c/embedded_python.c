/* A C program that embeds Python: Python trains and looks, threads of C ask about the same session by way of furca.h. */
#include <Python.h>

#include "check.h"

#include <pthread.h>
#include <stdatomic.h>

enum { THREADS = 4, LEAST_QUERIES = 200 };
static furca_session *session;
static atomic_int finished, trouble;
static atomic_long queries;

#define EXPECT(condition) ((condition) ? (void)0 : (void)(printf("    %s\n", #condition), trouble++))

/* A regression with two solutions for each weight, w² = target: the weights fork into +1 and -1. */
static const char *const training =
    "import threading\n"
    "import numpy as np\n"
    "import furca\n"
    "random = np.random.default_rng(1)\n"
    "w = random.normal(0, 0.1, 4000).astype(np.float32)\n"
    "session = furca.Session('embedded.furca', budget=0)\n"
    "session.look(0, {'w': w})\n"
    "def train(asked):\n"
    "    step = 0\n"
    "    while step < 400 or not asked():\n"
    "        step += 1\n"
    "        w[:] -= 0.02 * w * (w * w - 1)\n"
    "        session.look(step, {'w': w})\n"
    "    return step\n";

/* An expression's value as a number. */
static long long number(PyObject *names, const char *expression) {
    PyObject *value = PyRun_String(expression, Py_eval_input, names, names);
    if (value == NULL) PyErr_Print();
    if (!CHECK(value != NULL)) return -1;
    long long result = (long long)PyLong_AsUnsignedLongLongMask(value);
    Py_DECREF(value);
    return result;
}

static void *ask(void *unused) {
    (void)unused;
    int64_t step = 0;
    while (!finished) {
        furca_stats stats = FURCA_STATS_INIT;
        furca_branch branches[4];
        double q[] = {0.1, 0.9}, values[2];
        size_t count = 0;
        EXPECT(furca_tensor_stats(session, 0, &stats) == FURCA_OK && stats.count == 4000);
        EXPECT(stats.step >= step && stats.min <= stats.mean && stats.mean <= stats.max);
        step = stats.step;
        EXPECT(furca_tensor_quantiles(session, 0, q, 2, values) == FURCA_OK && values[0] < values[1]);
        EXPECT(furca_tensor_branches(session, 0, branches, 4, &count) == FURCA_OK && count >= 1);
        queries++;
    }
    return NULL;
}

static PyObject *asked(PyObject *self, PyObject *unused) {
    (void)self, (void)unused;
    return PyBool_FromLong(queries >= LEAST_QUERIES);
}
static PyMethodDef asked_method = {"asked", asked, METH_NOARGS, NULL};

static void python_trains_while_c_asks(void) {
    PyObject *names = PyDict_New();
    PyDict_SetItemString(names, "__builtins__", PyEval_GetBuiltins());
    PyObject *began = PyRun_String(training, Py_file_input, names, names);
    if (began == NULL) PyErr_Print();
    if (!CHECK(began != NULL)) return;

    /* One library: the function has one address, and the session's handle works here. */
    CHECK(number(names, "furca._abi.ctypes.cast(furca._abi.library.furca_version, furca._abi.ctypes.c_void_p).value")
          == (long long)(uintptr_t)(const char *(*)(void))furca_version);
    session = (furca_session *)(uintptr_t)number(names, "session.handle");
    pthread_t threads[THREADS];
    for (int i = 0; i < THREADS; i++) CHECK(pthread_create(&threads[i], NULL, ask, NULL) == 0);
    PyObject *function = PyCFunction_New(&asked_method, NULL);
    PyDict_SetItemString(names, "asked", function);
    long long steps = number(names, "train(asked)");
    finished = 1;
    for (int i = 0; i < THREADS; i++) CHECK(pthread_join(threads[i], NULL) == 0);
    CHECK(trouble == 0 && queries >= LEAST_QUERIES && steps >= 400);

    /* Both doors see the same session. */
    furca_summary summary = FURCA_SUMMARY_INIT;
    furca_stats stats = FURCA_STATS_INIT;
    CHECK_OK(furca_session_summary(session, &summary));
    CHECK_OK(furca_tensor_stats(session, 0, &stats));
    CHECK((long long)summary.looks == steps + 1 && stats.step == steps);
    CHECK(number(names, "int(session.summary()['looks'])") == steps + 1);
    CHECK(number(names, "int(session.stats(0).mean * 1e9)") == (long long)(stats.mean * 1e9));
    CHECK_OK(furca_session_log(session, steps, "from C", 1));
    furca_branch branches[4];
    size_t count = 0;
    CHECK_OK(furca_tensor_branches(session, 0, branches, 4, &count));
    CHECK(count == 2 && branches[0].position < -0.5 && branches[1].position > 0.5);

    /* Closed by C, it is closed for Python. */
    CHECK_OK(furca_session_close(session));
    PyObject *refused = PyRun_String("session.summary()", Py_eval_input, names, names);
    CHECK(refused == NULL && PyErr_Occurred() != NULL);
    PyErr_Clear();
    Py_XDECREF(refused);
    Py_DECREF(function);
    Py_DECREF(began);
    Py_DECREF(names);
}

int main(void) {
    Py_InitializeEx(0);
    RUN(python_trains_while_c_asks);
    CHECK(Py_FinalizeEx() == 0);
    return report();
}
