/* SPDX-License-Identifier: Apache-2.0 */
#include "s3_trust.h"

#include <redisrestore/base/mem.h>
#include <redisrestore/s3/s3_list.h>

enum {
    PAGES_MIN = 2,        /* a smaller rest is not worth a split */
    PAGES_AT_ONCE = 8,    /* a rest that is worth a split before the second page */
    FOLDERS_AHEAD = 1000, /* stored names of folders; a page has as many */
    FOLDER_IDS_MAX = 2,   /* if the first page has no more folders, they are long */
    SAMPLE_TASKS = 8,     /* tasks that must have ended before their length is estimated */
    LOOKS_BY_PAGE = 2,    /* requests ahead for each received page: a small bucket costs few */
    RESERVE = 4,          /* requests left for the caller, which looks up the AOF */
};

struct rr_s3_ranges {
    struct rr_s3_ranges_options options;
    struct rr_s3_range *ranges; /* owns; options.slots of them, and one for the proof */
    size_t live, turn;
    bool begun;
    size_t page_keys; /* the most that a truncated page held */
    struct rr_s3_letters letters;
    struct rr_buf floor, scratch;
    struct rr_s3_ranges_counts counts;
    struct rr_s3_trust trust;

    /* Folders that were found and have no task yet. */
    struct rr_buf *folders; /* owns */
    size_t folder_first, folder_count, folder_capacity;
    struct rr_buf chain_last; /* the last entry that a page of folders held */
    struct rr_buf tasks_last; /* up to here folders have become tasks */
    uint64_t tasks_measured;
    double task_keys; /* of those, together */
};

struct rr_s3_ranges *rr_s3_ranges_new(const struct rr_s3_ranges_options *options)
{
    rr_assert(options->slots > 0 && options->base <= options->prefix.len);
    struct rr_s3_ranges *ranges = RR_NEW(struct rr_s3_ranges);
    ranges->options = *options;
    ranges->ranges = rr_alloc_array(options->slots + 1, sizeof *ranges->ranges);
    ranges->page_keys = RR_S3_PAGE_KEYS;
    ranges->trust.distrusts = options->distrusts;
    ranges->trust.seams.capacity = 4 * options->slots;
    return ranges;
}

static void forget_folders(struct rr_s3_ranges *ranges)
{
    for (size_t i = ranges->folder_first; i < ranges->folder_count; i++)
        rr_buf_done(&ranges->folders[i]);
    ranges->folder_first = ranges->folder_count = 0;
}

void rr_s3_ranges_free(struct rr_s3_ranges *ranges)
{
    if (ranges == NULL)
        return;
    for (size_t i = 0; i <= ranges->options.slots; i++)
        rr_s3_range_done(&ranges->ranges[i]);
    forget_folders(ranges);
    rr_free(ranges->folders);
    rr_s3_trust_done(&ranges->trust);
    rr_buf_done(&ranges->floor);
    rr_buf_done(&ranges->scratch);
    rr_buf_done(&ranges->chain_last);
    rr_buf_done(&ranges->tasks_last);
    rr_free(ranges->ranges);
    rr_free(ranges);
}

static void add_text(struct rr_buf *buf, struct rr_slice text)
{
    buf->max = buf->len + text.len;
    rr_buf_add(buf, text);
}

static struct rr_s3_range_view view_of(const struct rr_s3_ranges *ranges)
{
    return (struct rr_s3_range_view){
        .base = ranges->options.base,
        .page_keys = ranges->page_keys,
        .pages = ranges->counts.pages,
        .now_unix_s = ranges->options.now_unix_s,
        .letters = &ranges->letters,
    };
}

static struct rr_s3_range *new_range(struct rr_s3_ranges *ranges)
{
    for (size_t i = 0; i < ranges->options.slots; i++) {
        struct rr_s3_range *range = &ranges->ranges[i];
        if (!range->used) {
            range->used = true;
            ranges->live++;
            return range;
        }
    }
    return NULL;
}

/* The number of pages that a sequential listing reads for these keys limits the requests. A page that does not end
 * its range adds one, and so pays for itself and for one more request. */
static bool may_add(const struct rr_s3_ranges *ranges)
{
    uint64_t pages = ranges->counts.keys / ranges->page_keys;
    return ranges->counts.requests + 1 + RESERVE <= 2 * pages + ranges->options.slots;
}

static void end_range(struct rr_s3_ranges *ranges, struct rr_s3_range *range)
{
    if (range->kind == RR_S3_RANGE_TASK) {
        ranges->tasks_measured++;
        ranges->task_keys += (double)range->keys;
    }
    rr_s3_range_done(range);
    ranges->live--;
}

/* Continues behind `key` if it is further. False: the range has ended. */
static bool pass_to(struct rr_s3_ranges *ranges, struct rr_s3_range *range, struct rr_slice key, uint64_t *count)
{
    bool passed, goes_on = rr_s3_trust_pass(&ranges->trust, range, key, &passed);
    *count += passed ? 1 : 0;
    return goes_on;
}

/* Behind an AOF come the other AOFs of the folder, then its dumps: continues at the dumps. */
static bool jump(struct rr_s3_ranges *ranges, struct rr_s3_range *range)
{
    struct rr_s3_place place = rr_s3_place_of(rr_buf_slice(&range->last), ranges->options.base);
    if (!ranges->options.may_pass || place.file != RR_S3_FILE_AOF)
        return true;
    rr_buf_set_whole(&ranges->scratch, place.folder);
    add_text(&ranges->scratch, RR_LIT("dump-"));
    return pass_to(ranges, range, rr_buf_slice(&ranges->scratch), &ranges->counts.jumps);
}

/* Skips the dumps of a folder below the floor, but reads one dump of every folder. */
static bool rise_to_floor(struct rr_s3_ranges *ranges, struct rr_s3_range *range)
{
    struct rr_s3_place place = rr_s3_place_of(rr_buf_slice(&range->last), ranges->options.base);
    if (!ranges->options.may_pass || ranges->floor.len == 0 || place.file != RR_S3_FILE_DUMP || !place.has_time ||
        range->token.len > 0)
        return true;
    rr_buf_set_whole(&ranges->scratch, place.folder);
    add_text(&ranges->scratch, RR_LIT("dump-"));
    add_text(&ranges->scratch, rr_buf_slice(&ranges->floor));
    return pass_to(ranges, range, rr_buf_slice(&ranges->scratch), &ranges->counts.floors);
}

/* --- folders --- */

static size_t folders_waiting(const struct rr_s3_ranges *ranges)
{
    return ranges->folder_count - ranges->folder_first;
}

/* {id}0: above every key of the folder {id}/, because '0' follows '/', and below those of the next folder. */
static void set_behind(struct rr_buf *buf, struct rr_slice folder)
{
    rr_buf_set_whole(buf, rr_slice_first(folder, folder.len - 1));
    add_text(buf, RR_LIT("0"));
}

/* Lists the folder of the first page's last key to its end, and requests all folders behind it by name. Keys that
 * are in no folder come with the names. */
static void divide_by_folders(struct rr_s3_ranges *ranges, struct rr_s3_range *first)
{
    struct rr_s3_place place = rr_s3_place_of(rr_buf_slice(&first->last), ranges->options.base);
    bool may = place.folder.len > 0 && rr_s3_trust_may_invent(&ranges->trust);
    struct rr_s3_range *chain = may ? new_range(ranges) : NULL;
    if (chain == NULL)
        return;
    chain->kind = RR_S3_RANGE_FOLDERS;
    chain->begins_at_cut = true;
    set_behind(&ranges->scratch, place.folder);
    rr_s3_range_move(chain, rr_s3_invented(rr_buf_slice(&ranges->scratch)));
    rr_buf_set_whole(&first->hi, rr_buf_slice(&chain->last));
    rr_buf_set_whole(&ranges->chain_last, rr_buf_slice(&chain->last));
    rr_buf_set_whole(&ranges->tasks_last, rr_buf_slice(&chain->last));
}

static void take_folders(struct rr_s3_ranges *ranges, const struct rr_s3_facts *facts)
{
    ranges->counts.folder_pages++;
    if (ranges->folder_first == ranges->folder_count)
        forget_folders(ranges);
    for (size_t i = 0; i < facts->folder_count; i++) {
        rr_grow(&ranges->folders, &ranges->folder_capacity, ranges->folder_count);
        struct rr_buf *folder = &ranges->folders[ranges->folder_count++];
        *folder = (struct rr_buf){ 0 };
        rr_buf_set_whole(folder, facts->folders[i]);
    }
    struct rr_slice last = facts->last;
    if (facts->folder_count > 0 && rr_slice_compare(facts->folders[facts->folder_count - 1], last) > 0)
        last = facts->folders[facts->folder_count - 1];
    if (rr_slice_compare(last, rr_buf_slice(&ranges->chain_last)) > 0)
        rr_buf_set_whole(&ranges->chain_last, last);
}

static struct rr_s3_range *chain_of(struct rr_s3_ranges *ranges)
{
    for (size_t i = 0; i < ranges->options.slots; i++)
        if (ranges->ranges[i].used && ranges->ranges[i].kind == RR_S3_RANGE_FOLDERS)
            return &ranges->ranges[i];
    return NULL;
}

static struct rr_s3_range *start_task(struct rr_s3_ranges *ranges)
{
    struct rr_s3_range *task = new_range(ranges);
    if (task == NULL)
        return NULL;
    struct rr_buf *folder = &ranges->folders[ranges->folder_first++];
    task->kind = RR_S3_RANGE_TASK;
    rr_buf_set_whole(&task->prefix, rr_buf_slice(folder));
    add_text(&task->prefix, RR_LIT("dump-"));
    set_behind(&ranges->tasks_last, rr_buf_slice(folder));
    rr_buf_done(folder);
    ranges->counts.tasks++;
    return task;
}

/* The folders are short: the remaining ones become one range, which is split by ID. Files in no folder came with the
 * names of folders, up to the last of these. */
static struct rr_s3_range *give_up_tasks(struct rr_s3_ranges *ranges)
{
    struct rr_s3_range *chain = chain_of(ranges), *range = new_range(ranges);
    if (range == NULL)
        return NULL;
    ranges->counts.tasks_given_up += folders_waiting(ranges);
    rr_s3_range_move(range, rr_s3_invented(rr_buf_slice(&ranges->tasks_last)));
    range->must_give = true; /* the waiting folders exist */
    rr_buf_set_whole(&range->files_after, rr_buf_slice(&ranges->chain_last));
    forget_folders(ranges);
    if (chain != NULL)
        end_range(ranges, chain);
    return range;
}

/* Starts a task, waits for one (*out_wait), or gives up tasks. */
static struct rr_s3_range *next_task(struct rr_s3_ranges *ranges, bool *out_wait)
{
    *out_wait = false;
    if (folders_waiting(ranges) == 0)
        return NULL;
    if (may_add(ranges))
        return start_task(ranges);
    const struct rr_s3_range *chain = chain_of(ranges);
    bool short_ones = ranges->tasks_measured >= SAMPLE_TASKS &&
                      2 * ranges->task_keys < (double)ranges->tasks_measured * (double)ranges->page_keys;
    bool others = ranges->live > (chain != NULL ? 1U : 0U);
    *out_wait = (chain != NULL && chain->flying) || (others && !short_ones);
    return *out_wait ? NULL : give_up_tasks(ranges);
}

/* --- cuts --- */

static struct rr_s3_range *largest(struct rr_s3_ranges *ranges)
{
    struct rr_s3_range *best = NULL;
    double most = ranges->counts.pages < 2 ? PAGES_AT_ONCE : PAGES_MIN;
    for (size_t i = 0; i < ranges->options.slots; i++) {
        struct rr_s3_range *range = &ranges->ranges[i];
        double pages = range->id_pages > range->time_pages ? range->id_pages : range->time_pages;
        if (!range->used || range->kind == RR_S3_RANGE_FOLDERS || range->cut_failed || pages < most)
            continue;
        best = range;
        most = pages;
    }
    return best;
}

static struct rr_s3_range *cut_one(struct rr_s3_ranges *ranges)
{
    const struct rr_s3_ranges_options *options = &ranges->options;
    if (ranges->live == options->slots || !may_add(ranges) || !rr_s3_trust_may_invent(&ranges->trust))
        return NULL;
    struct rr_s3_range_view view = view_of(ranges);
    for (struct rr_s3_range *range; (range = largest(ranges)) != NULL; range->cut_failed = true) {
        bool by_time, ahead = rr_s3_range_looks_ahead(range, &view);
        if (ahead && ranges->counts.looks >= LOOKS_BY_PAGE * ranges->counts.pages)
            continue;
        ranges->counts.looks += ahead ? 1 : 0;
        if (!rr_s3_range_cut(range, &view, &ranges->scratch, &by_time))
            continue;
        struct rr_slice cut = rr_buf_slice(&ranges->scratch);
        if (range->flying && !options->narrow(options->context, (size_t)(range - ranges->ranges), cut)) {
            ranges->counts.cuts_refused++;
            continue;
        }
        struct rr_s3_range *half = new_range(ranges);
        rr_s3_range_split(range, half, cut, by_time, &view);
        rr_s3_range_estimate(range, &view, false);
        rr_s3_range_estimate(half, &view, false);
        if (by_time)
            ranges->counts.cuts_by_time++;
        else
            ranges->counts.cuts_by_id++;
        return half;
    }
    return NULL;
}

/* --- requests --- */

/* Returns the next waiting range in turn, not the list of folders while enough names are stored. */
static struct rr_s3_range *waiting_range(struct rr_s3_ranges *ranges)
{
    for (size_t i = 0; i < ranges->options.slots; i++) {
        size_t at = (ranges->turn + i) % ranges->options.slots;
        struct rr_s3_range *range = &ranges->ranges[at];
        if (!range->used || range->flying ||
            (range->kind == RR_S3_RANGE_FOLDERS && folders_waiting(ranges) >= FOLDERS_AHEAD))
            continue;
        if (!rise_to_floor(ranges, range)) {
            end_range(ranges, range);
            continue;
        }
        ranges->turn = at + 1;
        return range;
    }
    return NULL;
}

static struct rr_s3_range *choose(struct rr_s3_ranges *ranges)
{
    if (!ranges->begun) {
        ranges->begun = true;
        return new_range(ranges);
    }
    struct rr_s3_range *proof = &ranges->ranges[ranges->options.slots];
    if (proof->used ? !proof->flying : rr_s3_trust_begin_proof(&ranges->trust, proof))
        return proof;
    bool wait;
    struct rr_s3_range *range = waiting_range(ranges);
    if (range == NULL)
        range = next_task(ranges, &wait);
    else
        return range;
    if (range == NULL && !wait)
        range = cut_one(ranges);
    return range;
}

bool rr_s3_ranges_next(struct rr_s3_ranges *ranges, struct rr_s3_ask *out_ask)
{
    struct rr_s3_range *range = choose(ranges);
    if (range == NULL)
        return false;
    range->flying = true;
    ranges->trust.invents = ranges->trust.invents || range->last_origin == RR_S3_INVENTED;
    ranges->counts.requests++;
    *out_ask = (struct rr_s3_ask){
        .slot = (size_t)(range - ranges->ranges),
        .prefix = range->prefix.len > 0 ? rr_buf_slice(&range->prefix) : ranges->options.prefix,
        .after = rr_s3_range_mark(range),
        .token = rr_buf_slice(&range->token),
        .hi = rr_buf_slice(&range->hi),
        .files_after = rr_buf_slice(&range->files_after),
        .folders = range->kind == RR_S3_RANGE_FOLDERS,
        .is_proof = range->kind == RR_S3_RANGE_PROOF,
    };
    return true;
}

/* --- answers --- */

static struct rr_s3_range *flying_range(struct rr_s3_ranges *ranges, size_t slot)
{
    rr_assert(slot <= ranges->options.slots && ranges->ranges[slot].used && ranges->ranges[slot].flying);
    return &ranges->ranges[slot];
}

/* Checks that a truncated page leads to the next one. */
static bool check_token(struct rr_s3_range *range, const struct rr_s3_facts *facts, struct rr_error *err)
{
    bool is_empty = facts->keys == 0 && facts->folder_count == 0;
    if (is_empty && facts->token.len == 0)
        return rr_fail(err, RR_E_LISTING_LOOP, "a page is truncated but has neither a key nor a token");
    bool follows = is_empty || range->kind == RR_S3_RANGE_FOLDERS;
    return !follows || rr_s3_token_trail_follow(&range->trail, facts->token, err);
}

/* Takes the reply to the proof. */
static bool end_proof(struct rr_s3_ranges *ranges, struct rr_s3_range *proof, const struct rr_s3_facts *facts,
                      struct rr_error *err)
{
    if (facts->keys == 0 && facts->is_truncated) {
        rr_buf_set_whole(&proof->token, facts->token);
        return check_token(proof, facts, err);
    }
    rr_s3_range_done(proof);
    return rr_s3_trust_end_proof(&ranges->trust, facts, err);
}

/* Takes a page of keys that does not end its range. */
static void go_on(struct rr_s3_ranges *ranges, struct rr_s3_range *range, const struct rr_s3_facts *facts)
{
    bool is_first = ranges->counts.pages == 1;
    if (facts->keys > ranges->page_keys)
        ranges->page_keys = facts->keys;
    if (is_first)
        ranges->page_keys = facts->keys;
    if (facts->letters != NULL)
        rr_s3_letters_merge(&ranges->letters, facts->letters);
    struct rr_s3_range_view view = view_of(ranges);
    rr_s3_range_learn(range, facts, &view);
    rr_s3_trust_learn(&ranges->trust, facts);
    rr_s3_range_move(range, rr_s3_named(facts->last));
    rr_buf_clear(&range->passed_from);
    rr_buf_clear(&range->token);
    if (!jump(ranges, range)) {
        end_range(ranges, range);
        return;
    }
    bool folders_are_long = facts->ids <= FOLDER_IDS_MAX && ranges->options.base == ranges->options.prefix.len;
    if (is_first && folders_are_long && ranges->options.may_pass)
        divide_by_folders(ranges, range);
    rr_s3_range_estimate(range, &view, true);
}

bool rr_s3_ranges_answer(struct rr_s3_ranges *ranges, size_t slot, const struct rr_s3_facts *facts,
                         struct rr_error *err)
{
    struct rr_s3_range *range = flying_range(ranges, slot);
    range->flying = false;
    if (range->kind == RR_S3_RANGE_PROOF)
        return end_proof(ranges, range, facts, err);
    range->keys += facts->in_range;
    ranges->counts.pages++;
    ranges->counts.keys += facts->in_range;
    enum rr_s3_judgement judgement = rr_s3_trust_judge(&ranges->trust, range, facts, err);
    if (judgement != RR_S3_COUNTS)
        return judgement == RR_S3_MOVED;
    bool is_chain = range->kind == RR_S3_RANGE_FOLDERS;
    if (is_chain)
        take_folders(ranges, facts);
    if (!facts->is_truncated || facts->reached_hi) {
        end_range(ranges, range);
        return true;
    }
    if (!check_token(range, facts, err))
        return false;
    if (is_chain && facts->keys + facts->folder_count > 0)
        rr_s3_range_move(range, rr_s3_named(rr_buf_slice(&ranges->chain_last)));
    if (is_chain || facts->keys == 0)
        rr_buf_set_whole(&range->token, facts->token);
    else
        go_on(ranges, range, facts);
    return true;
}

void rr_s3_ranges_set_floor(struct rr_s3_ranges *ranges, struct rr_slice timestamp)
{
    if (rr_slice_compare(timestamp, rr_buf_slice(&ranges->floor)) > 0)
        rr_buf_set_whole(&ranges->floor, timestamp);
}

bool rr_s3_ranges_are_done(const struct rr_s3_ranges *ranges)
{
    bool proving = ranges->trust.invents && ranges->trust.distrusts && ranges->trust.proof != RR_S3_PROOF_SHOWN;
    return ranges->begun && ranges->live == 0 && ranges->folder_first == ranges->folder_count && !proving;
}

bool rr_s3_ranges_confirm(const struct rr_s3_ranges *ranges, struct rr_error *err)
{
    return rr_s3_trust_confirm(&ranges->trust, err);
}

const struct rr_s3_ranges_counts *rr_s3_ranges_counts(const struct rr_s3_ranges *ranges)
{
    return &ranges->counts;
}
