/* SPDX-License-Identifier: Apache-2.0 */
/* table: rows under headings, as kubectl prints them: each column is as wide as its widest cell, with three blanks
 * between columns and none at the end of a line. Foreign text is escaped (escape.h). Wide and combining characters keep
 * columns aligned.
 * Threads: belongs to one thread. */
#ifndef RR_APP_TABLE_H
#define RR_APP_TABLE_H

#include "color.h"

enum { RR_TABLE_COLUMNS_MAX = 12, RR_TABLE_CELL_MAX_BYTES = 4096, RR_TABLE_MAX_BYTES = 64 << 20 };

struct rr_table_cell {
    size_t start, len;
    enum rr_color color;
};

struct rr_table {
    const char *headings[RR_TABLE_COLUMNS_MAX]; /* literals */
    size_t column_count;
    struct rr_buf text;
    struct rr_table_cell *cells; /* owns; row after row */
    size_t cell_count, cell_cap;
};

/* `headings` ends with NULL. */
void rr_table_init(struct rr_table *table, const char *const *headings);
void rr_table_done(struct rr_table *table);
void rr_table_add(struct rr_table *table, enum rr_color color, struct rr_slice text);
/* Adds an age as kubectl writes it: 45s, 5m10s, 3h, 2d4h. Empty if `has_time` is false. */
void rr_table_add_age(struct rr_table *table, bool has_time, int64_t unix_ms, int64_t now_unix_ms);
size_t rr_table_row_count(const struct rr_table *table);
/* Appends the table, whose last row must be complete. Fails with RR_E_TOO_BIG. */
RR_MUST_USE bool rr_table_print(const struct rr_table *table, bool has_colors, struct rr_buf *out_text,
                                struct rr_error *err);

/* Appends only an age. */
void rr_table_age(struct rr_buf *buf, int64_t age_ms);

#endif
