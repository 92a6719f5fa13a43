/* faults.h: what faults.c and its shim share. */
#ifndef FAULTS_H
#define FAULTS_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

enum { FAULT_NONE, FAULT_ALLOCATION, FAULT_WRITE, FAULT_SYNC, FAULT_OPEN, FAULT_THREAD, FAULTS };

typedef struct faults_state {
    atomic_int kind;
    atomic_long calls, failed;
    long nth;
    int lasting;
    uintptr_t library_start, library_end; /* where the library's code lies */
    uintptr_t site;                       /* which of its calls, as an offset, was the first to fail */
    size_t size;                          /* and how many bytes it asked for */
} faults_state;

void faults_arm(faults_state *shared, int kind, long nth, int lasting);

#endif
