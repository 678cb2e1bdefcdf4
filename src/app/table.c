/* SPDX-License-Identifier: Apache-2.0 */
#include "table.h"

#include <redisrestore/base/escape.h>
#include <redisrestore/base/mem.h>
#include <redisrestore/text/width.h>

#include <inttypes.h>

enum { GAP = 3, MINUTE_S = 60, HOUR_S = 3600, DAY_S = 24 * HOUR_S, YEAR_S = 365 * DAY_S };

void rr_table_init(struct rr_table *table, const char *const *headings)
{
    *table = (struct rr_table){ .text = RR_BUF(RR_TABLE_MAX_BYTES) };
    for (; headings[table->column_count] != NULL; table->column_count++) {
        rr_assert(table->column_count < RR_TABLE_COLUMNS_MAX);
        table->headings[table->column_count] = headings[table->column_count];
    }
}

void rr_table_done(struct rr_table *table)
{
    rr_buf_done(&table->text);
    rr_free(table->cells);
    table->cells = NULL;
}

void rr_table_add(struct rr_table *table, enum rr_color color, struct rr_slice text)
{
    rr_grow(&table->cells, &table->cell_cap, table->cell_count);
    struct rr_table_cell *cell = &table->cells[table->cell_count++];
    *cell = (struct rr_table_cell){ .start = table->text.len, .color = color };
    rr_escape_text(&table->text, text, RR_TABLE_CELL_MAX_BYTES);
    cell->len = table->text.len - cell->start;
}

/* Prints two units if the second one matters (k8s.io/apimachinery, duration.HumanDuration). */
void rr_table_age(struct rr_buf *buf, int64_t age_ms)
{
    static const struct {
        int64_t below_s, unit_s, rest_s; /* rest_s 0: one unit is sufficient */
        const char *unit, *rest;
    } spans[] = {
        { 2 * MINUTE_S, 1, 0, "s", "" },      { 10 * MINUTE_S, MINUTE_S, 1, "m", "s" },
        { 3 * HOUR_S, MINUTE_S, 0, "m", "" }, { 8 * HOUR_S, HOUR_S, MINUTE_S, "h", "m" },
        { 2 * DAY_S, HOUR_S, 0, "h", "" },    { 8 * DAY_S, DAY_S, HOUR_S, "d", "h" },
        { 2 * YEAR_S, DAY_S, 0, "d", "" },    { 8 * (int64_t)YEAR_S, YEAR_S, DAY_S, "y", "d" },
        { INT64_MAX, YEAR_S, 0, "y", "" },
    };
    int64_t age_s = age_ms > 0 ? age_ms / 1000 : 0;
    size_t i = 0;
    while (age_s >= spans[i].below_s)
        i++;
    rr_buf_addf(buf, "%" PRId64 "%s", age_s / spans[i].unit_s, spans[i].unit);
    if (spans[i].rest_s > 0 && age_s % spans[i].unit_s / spans[i].rest_s > 0)
        rr_buf_addf(buf, "%" PRId64 "%s", age_s % spans[i].unit_s / spans[i].rest_s, spans[i].rest);
}

void rr_table_add_age(struct rr_table *table, bool has_time, int64_t unix_ms, int64_t now_unix_ms)
{
    rr_auto(buf) age = RR_BUF(64);
    if (has_time)
        rr_table_age(&age, now_unix_ms - unix_ms);
    rr_table_add(table, RR_COLOR_NONE, rr_buf_slice(&age));
}

size_t rr_table_row_count(const struct rr_table *table)
{
    return table->cell_count / table->column_count;
}

static struct rr_slice text_of(const struct rr_table *table, const struct rr_table_cell *cell)
{
    return rr_slice_first(rr_slice_from_offset(rr_buf_slice(&table->text), cell->start), cell->len);
}

static void measure(const struct rr_table *table, size_t out_widths[RR_TABLE_COLUMNS_MAX])
{
    for (size_t i = 0; i < table->column_count; i++)
        out_widths[i] = rr_text_width(rr_slice_from(table->headings[i]));
    for (size_t i = 0; i < table->cell_count; i++) {
        size_t width = rr_text_width(text_of(table, &table->cells[i])), *widest = &out_widths[i % table->column_count];
        *widest = width > *widest ? width : *widest;
    }
}

/* Returns whether the rest of the row is empty, so that no line ends with blanks. */
static bool is_last_text(const struct rr_table *table, size_t at)
{
    for (size_t i = at + 1; i % table->column_count != 0; i++)
        if (table->cells[i].len > 0)
            return false;
    return true;
}

static void add_padded(struct rr_buf *out_text, bool has_colors, enum rr_color color, struct rr_slice text,
                       size_t width, bool is_last)
{
    rr_color_add(out_text, has_colors, color, text);
    if (!is_last)
        rr_buf_addf(out_text, "%*s", (int)(width - rr_text_width(text) + GAP), "");
}

bool rr_table_print(const struct rr_table *table, bool has_colors, struct rr_buf *out_text, struct rr_error *err)
{
    size_t widths[RR_TABLE_COLUMNS_MAX], columns = table->column_count;
    rr_assert(table->cell_count % columns == 0);
    if (!rr_buf_ok(&table->text, err))
        return false;
    measure(table, widths);
    for (size_t i = 0; i < columns; i++)
        add_padded(out_text, has_colors, RR_COLOR_TITLE, rr_slice_from(table->headings[i]), widths[i],
                   i + 1 == columns);
    rr_buf_add_byte(out_text, '\n');
    for (size_t i = 0; i < table->cell_count; i++) {
        const struct rr_table_cell *cell = &table->cells[i];
        bool ends_row = (i + 1) % columns == 0, is_last = is_last_text(table, i);
        if (cell->len > 0 || !is_last)
            add_padded(out_text, has_colors, cell->color, text_of(table, cell), widths[i % columns], is_last);
        if (ends_row)
            rr_buf_add_byte(out_text, '\n');
    }
    return rr_buf_ok(out_text, err);
}
