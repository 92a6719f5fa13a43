/* Two things about the processor that Swift has no words for. */
#ifndef FURCA_PROCESSOR_H
#define FURCA_PROCESSOR_H

/* Whether this processor, and the system it runs under, has all of x86-64-v3: AVX2, FMA, BMI2 and what came before. */
static inline _Bool processor_has_x86_64_v3(void) {
#if defined(__x86_64__)
    __builtin_cpu_init();
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("bmi2")
        && __builtin_cpu_supports("f16c") && __builtin_cpu_supports("lzcnt") && __builtin_cpu_supports("movbe");
#else
    return 0;
#endif
}

/* Begins to load the cache line at an address that will be read soon, and does not wait. Any address is allowed. */
static inline void processor_prefetch(const void *address) { __builtin_prefetch(address, 0, 3); }

#endif
