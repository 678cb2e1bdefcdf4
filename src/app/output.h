/* output: whole texts to a descriptor. Threads: any; texts of different callers do not mix unless they are long. */
#ifndef RR_APP_OUTPUT_H
#define RR_APP_OUTPUT_H

#include <redisrestore/base/buf.h>

/* Writes all of `text`. Fails with RR_E_INTERNAL (pipe closed, disk full). */
RR_MUST_USE bool rr_output_write(int fd, struct rr_slice text, struct rr_error *err);
/* "redisrestore: <message>" and a newline on stderr; what cannot be written is lost. */
void rr_output_complain(const char *message);
/* The same of a failure, and below it what only the log knows otherwise (a name that did not resolve, the store's own
 * words), escaped: whoever typed the command is who reads the log. */
void rr_output_complain_of(const struct rr_error *err);
/* Writes `text`, which must have stayed below its maximum, to stdout. The exit code: 0, or 1 with a complaint. */
int rr_output_print(const struct rr_buf *text);

#endif
