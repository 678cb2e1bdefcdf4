/* SPDX-License-Identifier: Apache-2.0 */
/* core: the few macros that every file uses.
 * Threads: rr_die may be called from any thread. */
#ifndef RR_BASE_CORE_H
#define RR_BASE_CORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define RR_MUST_USE     __attribute__((warn_unused_result))
#define RR_PRINTF(f, a) __attribute__((format(printf, f, a)))

#define RR_COUNT(array) (sizeof(array) / sizeof(array)[0])

/* A local that owns: rr_auto(buf) text = RR_BUF(100); calls rr_buf_done when it goes out of scope. */
#define rr_auto(type) __attribute__((cleanup(rr_##type##_done))) struct rr_##type
/* The same for heap objects; the type's header defines rr_<type>_freep with RR_DEFINE_FREEP. */
#define rr_auto_ptr(type) __attribute__((cleanup(rr_##type##_freep))) struct rr_##type *
#define RR_DEFINE_FREEP(type)                                                                                          \
    static inline void rr_##type##_freep(struct rr_##type **object)                                                    \
    {                                                                                                                  \
        rr_##type##_free(*object);                                                                                     \
    }

/* Hands over what a local owns: yields its value and zeroes it. */
#define rr_steal(p)                                                                                                    \
    (__extension__({                                                                                                   \
        __typeof__(p) *at_ = &(p), held_ = *at_;                                                                       \
        memset(at_, 0, sizeof *at_);                                                                                   \
        held_;                                                                                                         \
    }))

/* Ends the process at once: one write(2) of `words` to stderr, then _exit(1). Never exit() or abort(): other threads
 * run. */
_Noreturn void rr_die(const char *words);

/* A broken promise of the programmer. Kept in release builds. */
#define rr_assert(condition)                                                                                           \
    do {                                                                                                               \
        if (!(condition))                                                                                              \
            rr_die("assertion failed: " #condition);                                                                   \
    } while (0)

#endif
