/* SPDX-License-Identifier: Apache-2.0 */
/* aof_internal: what the files of the AOF parser share. */
#ifndef RR_REDIS_AOF_INTERNAL_H
#define RR_REDIS_AOF_INTERNAL_H

#include <redisrestore/redis/aof.h>

/* An argument of the command at hand, as far as it is kept; borrows. */
struct rr_slice rr_aof_word(const struct rr_aof *aof, size_t number);
/* aof_tail.c: looks at bytes of a command that is not whole yet for another one inside it. */
void rr_aof_tail_begin(struct rr_aof *aof);
void rr_aof_tail_look(struct rr_aof *aof, struct rr_slice bytes);
void rr_aof_tail_end(struct rr_aof *aof); /* no more bytes come */
/* The number of a line "*3" or "$12" without its end; false: none, or out of its limits. */
RR_MUST_USE bool rr_aof_line_number(struct rr_slice line, uint64_t *out_number);
/* aof_recovery.c: the stream can be cut at the end of what was read. */
void rr_aof_note_safe_end(struct rr_aof *aof);
/* An annotation, before it counts in the facts. */
void rr_aof_note_second(struct rr_aof *aof, int64_t unix_s);
/* A command of this name, before it counts in safe_end. */
void rr_aof_note_mistakes(struct rr_aof *aof, struct rr_slice name, enum rr_aof_kind kind);
void rr_aof_note_end(struct rr_aof *aof); /* no more commands come */
/* aof_commands.c: the kind of that command, and the smallest number of its arguments, its name included; 1: unknown. */
enum rr_aof_kind rr_aof_find(struct rr_slice name, unsigned *out_arguments_min);
RR_MUST_USE bool rr_aof_is_name(struct rr_slice name);

#endif
