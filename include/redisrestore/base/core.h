/* SPDX-License-Identifier: Apache-2.0 */
/* core: macros that every file uses, and the words that the comments of all headers use.
 *
 * borrows        does not own the memory, which must stay valid and unchanged: for the call, or as long as the comment
 *                says
 * owns, owned    frees the memory: by the _free or _done function of the type, or by rr_free
 * a reference    one count of a reference-counted object: release it with the _unref function
 * literal        a constant string: valid forever, never freed
 * pure           no I/O, no lock and no global state: any thread may call it, with arguments that no other thread
 *                changes meanwhile
 * an assert      a violation is a programming error and ends the process (rr_assert)
 * empty before   an output buffer must have no content when the function is called. Its maximum, which the caller sets,
 *                limits the result (buf.h)
 * zeroed before  an output struct must be zeroed, and own nothing, when the function is called
 * "x"            an example of the text that a function returns, or that a field has
 * S-07           a row of docs/behaviour, which is the contract; the names of its tests begin with s07
 *
 * The unit of a number is the end of its name: _ms, _s, _bytes. A `deadline_ms` is a moment of rr_clock_monotonic_ms
 * (clock.h), never a duration; RR_DEADLINE_NEVER means none. A NULL `stop` never stops (stop.h). Zero and NULL in a
 * struct of options mean the default, where a comment names one.
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

/* Declares a local variable that owns its value. "rr_auto(buf) text = RR_BUF(100);" calls rr_buf_done(&text) at the end
 * of the scope. */
#define rr_auto(type) __attribute__((cleanup(rr_##type##_done))) struct rr_##type
/* The same for a pointer to a heap object. The header of the type defines rr_<type>_freep with RR_DEFINE_FREEP. */
#define rr_auto_ptr(type) __attribute__((cleanup(rr_##type##_freep))) struct rr_##type *
#define RR_DEFINE_FREEP(type)                                                                                          \
    static inline void rr_##type##_freep(struct rr_##type **object)                                                    \
    {                                                                                                                  \
        rr_##type##_free(*object);                                                                                     \
    }

/* Returns the value of a variable and sets the variable to zero, so that ownership moves to the caller. */
#define rr_steal(p)                                                                                                    \
    (__extension__({                                                                                                   \
        __typeof__(p) *at_ = &(p), held_ = *at_;                                                                       \
        memset(at_, 0, sizeof *at_);                                                                                   \
        held_;                                                                                                         \
    }))

/* Writes `words` to stderr with one write(2) and calls _exit(1). It does not call exit() or abort(), because other
 * threads are running. */
_Noreturn void rr_die(const char *words);

/* Ends the process if the condition is false, which is a programming error. Release builds keep the check. */
#define rr_assert(condition)                                                                                           \
    do {                                                                                                               \
        if (!(condition))                                                                                              \
            rr_die("assertion failed: " #condition);                                                                   \
    } while (0)

#endif
