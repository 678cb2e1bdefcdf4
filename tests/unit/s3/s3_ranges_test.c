/* SPDX-License-Identifier: Apache-2.0 */
#include "s3_ranges.h"
#include "s3_sift.h"

#include "fakes/made_bucket.h"
#include "support/test.h"

#include <redisrestore/base/mem.h>

#include <stdlib.h>

enum { SLOTS_MAX = 65, NOW_S = 1800000000 };

/* How the store answers a start-after that is no key of its. */
enum text_rule {
    ANY_TEXT,         /* with what comes behind it, as S3 does */
    NAMED_KEYS,       /* with an empty page */
    MOODY,            /* one time in four with an empty page */
    NO_JUMPS,         /* with an empty page where it is the beginning of a name */
    NO_FOLDER_ENDS,   /* with an empty page where it is behind a folder, {folder}0 */
    ONE_KEY_TOO_LATE, /* the first key behind it is left out */
};

/* A machine and the bucket that it lists: requests are answered in any order, without sockets. */
struct world {
    struct made_bucket *bucket;
    struct rr_s3_ranges *ranges;
    struct rr_s3_sift sifts[SLOTS_MAX];
    struct rr_s3_ask asks[SLOTS_MAX];
    size_t flying[SLOTS_MAX], flying_count;
    size_t slots, page_max;
    bool may_pass, by_floor, changes, ignores_after, calm, odd;
    enum text_rule texts;
    bool by_folder; /* the store orders keys by their parts, as a walk through directories does */
    struct rr_buf floor;
    struct rr_buf folder_texts[1001];
    uint64_t empty_answers, refused_narrowings, doubled;
};

static bool on_narrow(void *context, size_t slot, struct rr_slice hi)
{
    struct world *world = context;
    if (!world->calm && made_below(world->bucket, 16) == 0) {
        world->refused_narrowings++;
        return false;
    }
    return rr_s3_sift_narrow(&world->sifts[slot], hi);
}

static struct rr_slice prefix_of(const struct world *world)
{
    return rr_slice_from(world->bucket->prefix);
}

static void see(struct world *world, struct made_object *object)
{
    world->doubled += object->seen++ > 0 ? 1 : 0;
    struct rr_slice key = made_key(object), rest = rr_slice_from_offset(key, prefix_of(world).len);
    struct rr_slice id = rr_slice_cut(&rest, '/');
    if (!world->by_floor || id.len == 0 || !rr_slice_starts_with(rest, RR_LIT("dump-")) || rest.len < 20)
        return;
    struct rr_slice stamp = rr_slice_first(rr_slice_from_offset(rest, 5), 15);
    if (rr_slice_compare(stamp, rr_buf_slice(&world->floor)) > 0) {
        world->floor.max = stamp.len;
        rr_buf_clear(&world->floor);
        rr_buf_add(&world->floor, stamp);
    }
}

/* The length of the folder that a key of a listing with delimiter is rolled up into; 0: none. */
static size_t folder_of(const struct rr_s3_ask *ask, struct rr_slice key)
{
    size_t at = rr_slice_find(rr_slice_from_offset(key, ask->prefix.len), '/');
    return ask->folders && ask->prefix.len + at < key.len ? ask->prefix.len + at + 1 : 0;
}

/* The first object behind those of a folder, of which `at` is one. */
static size_t behind_folder(const struct made_bucket *bucket, size_t at, struct rr_slice folder)
{
    size_t low = at, high = bucket->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (rr_slice_starts_with(made_key(&bucket->objects[middle]), folder))
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* The order of a walk through directories: '/' before every other byte. */
static int compare_by_folder(struct rr_slice a, struct rr_slice b)
{
    size_t at = 0;
    while (at < a.len && at < b.len && a.ptr[at] == b.ptr[at])
        at++;
    if (at == a.len || at == b.len)
        return (a.len > b.len) - (a.len < b.len);
    int left = a.ptr[at] == '/' ? -1 : (unsigned char)a.ptr[at];
    int right = b.ptr[at] == '/' ? -1 : (unsigned char)b.ptr[at];
    return left - right;
}

/* As the store orders keys. */
static int compare(const struct world *world, struct rr_slice a, struct rr_slice b)
{
    return world->by_folder ? compare_by_folder(a, b) : rr_slice_compare(a, b);
}

static int compare_objects_by_folder(const void *a, const void *b)
{
    return compare_by_folder(made_key(a), made_key(b));
}

/* Where the store begins its answer to a start-after of this text; `at` is where S3 would. */
static size_t begin_of(const struct world *world, struct rr_slice text, size_t at)
{
    struct made_bucket *bucket = world->bucket;
    if (text.len == 0 || (at > 0 && rr_slice_equals(made_key(&bucket->objects[at - 1]), text)))
        return at;
    switch (world->texts) {
    case ANY_TEXT:
        return at;
    case NAMED_KEYS:
        return bucket->count;
    case MOODY:
        return made_below(bucket, 4) > 0 ? at : bucket->count;
    case NO_JUMPS:
        return rr_slice_ends_with(text, RR_LIT("/dump-")) ? bucket->count : at;
    case NO_FOLDER_ENDS:
        return rr_slice_ends_with(text, RR_LIT("0")) && at > 0 &&
                       rr_slice_starts_with(made_key(&bucket->objects[at - 1]), rr_slice_first(text, text.len - 1))
                   ? bucket->count
                   : at;
    case ONE_KEY_TOO_LATE:
        return at < bucket->count ? at + 1 : at;
    }
    return at;
}

static void answer(struct world *world, size_t slot)
{
    const struct rr_s3_ask *ask = &world->asks[slot];
    struct rr_s3_sift *sift = &world->sifts[slot];
    struct made_bucket *bucket = world->bucket;
    struct rr_slice from = ask->token.len > 0 ? ask->token : ask->after.text, folders[1001], last = { 0 };
    if (world->ignores_after && ask->token.len == 0)
        from = (struct rr_slice){ 0 };
    size_t given = 0, folder_count = 0, at = world->by_folder ? 0 : made_bucket_above(bucket, from);
    size_t limit = ask->is_proof ? 1 : world->page_max;
    if (ask->token.len == 0)
        at = begin_of(world, from, at);
    if (!world->calm && ask->token.len == 0 && made_below(bucket, 100) == 0) {
        /* An empty page that is truncated, as stores with many deleted versions give. */
        given = limit;
        last = from.len > 0 ? from : ask->prefix.len > 0 ? ask->prefix : RR_LIT("\x01");
        world->empty_answers++;
    }
    bool truncated = false;
    for (; at < bucket->count; at++) {
        struct made_object *object = &bucket->objects[at];
        struct rr_slice key = made_key(object);
        size_t folder_len = folder_of(ask, key);
        bool rolled = folder_len > 0 && folder_count > 0 &&
                      rr_slice_equals(rr_slice_first(key, folder_len), folders[folder_count - 1]);
        bool behind = (folder_len > 0 && compare(world, rr_slice_first(key, folder_len), from) <= 0) ||
                      (world->by_folder && compare(world, key, from) <= 0);
        if (!object->is_there || !rr_slice_starts_with(key, ask->prefix) || rolled || behind)
            continue;
        truncated = given == limit;
        if (truncated)
            break;
        given++;
        last = folder_len > 0 ? rr_slice_first(key, folder_len) : key;
        if (folder_len > 0) {
            folders[folder_count++] = last;
            world->odd = world->odd || !rr_s3_sift_folder(sift, last);
            at = behind_folder(bucket, at, last) - 1;
            continue;
        }
        bool in_range;
        if (!rr_s3_sift_key(sift, key, &in_range))
            world->odd = true;
        else if (in_range)
            see(world, object);
        if (world->odd)
            return;
    }
    struct rr_s3_facts facts = rr_s3_sift_facts(sift);
    facts.is_truncated = truncated;
    facts.token = truncated ? last : (struct rr_slice){ 0 };
    facts.folders = folders;
    facts.folder_count = folder_count;
    struct rr_error err;
    bool good = rr_s3_ranges_answer(world->ranges, slot, &facts, &err);
    world->odd = world->odd || (!good && err.code == RR_E_BAD_REPLY && (world->by_folder || world->texts != ANY_TEXT));
    if (world->odd)
        return;
    assert_ok(good, err);
    if (world->by_floor)
        rr_s3_ranges_set_floor(world->ranges, rr_buf_slice(&world->floor));
}

static void change(struct world *world)
{
    struct made_object *object = &world->bucket->objects[made_below(world->bucket, world->bucket->count)];
    if (object->is_passing)
        object->is_there = !object->is_there;
}

static void send_all(struct world *world, size_t width)
{
    while (world->flying_count < width) {
        struct rr_s3_ask ask;
        if (!rr_s3_ranges_next(world->ranges, &ask))
            return;
        world->asks[ask.slot] = ask;
        rr_s3_sift_begin(&world->sifts[ask.slot], &ask, prefix_of(world).len);
        world->flying[world->flying_count++] = ask.slot;
    }
}

static void start(struct world *world)
{
    struct rr_s3_ranges_options options = {
        .prefix = prefix_of(world),
        .base = prefix_of(world).len,
        .slots = world->slots,
        .may_pass = world->may_pass,
        .distrusts = !world->changes,
        .now_unix_s = NOW_S,
        .narrow = on_narrow,
        .context = world,
    };
    world->ranges = rr_s3_ranges_new(&options);
    for (size_t i = 0; i <= world->slots; i++)
        rr_s3_sift_init(&world->sifts[i]);
}

static void finish(struct world *world)
{
    for (size_t i = 0; i <= world->slots; i++)
        rr_s3_sift_done(&world->sifts[i]);
    rr_s3_ranges_free(world->ranges);
    rr_buf_done(&world->floor);
}

/* Whether the listing may end; a store that lies may not have been noticed before. */
static bool is_over(struct world *world)
{
    struct rr_error err;
    if (!rr_s3_ranges_are_done(world->ranges))
        return false;
    bool confirmed = rr_s3_ranges_confirm(world->ranges, &err);
    world->odd = world->odd || (!confirmed && (world->by_folder || world->texts != ANY_TEXT));
    assert_true(confirmed || world->odd);
    return true;
}

/* To the end, or until a page is odd. */
static void run(struct world *world)
{
    for (size_t steps = 0; !world->odd && !is_over(world); steps++) {
        assert_in_range(steps, 0, 100 * 1000);
        send_all(world, 1 + made_below(world->bucket, world->slots));
        if (world->flying_count == 0) {
            assert_true(is_over(world));
            return;
        }
        size_t which = made_below(world->bucket, world->flying_count), slot = world->flying[which];
        world->flying[which] = world->flying[--world->flying_count];
        if (world->changes)
            change(world);
        answer(world, slot);
    }
}

/* Keys that a listing may skip. */
static bool may_miss(const struct world *world, struct rr_slice key)
{
    struct rr_slice rest = rr_slice_from_offset(key, prefix_of(world).len);
    if (!world->may_pass || !rr_slice_contains_byte(rest, '/'))
        return false;
    (void)rr_slice_cut(&rest, '/');
    if (!rr_slice_starts_with(rest, RR_LIT("dump-")) || rest.len == 5)
        return true;
    return world->by_floor && rr_slice_compare(rr_slice_from_offset(rest, 5), rr_buf_slice(&world->floor)) <= 0;
}

static size_t check_seen(const struct world *world)
{
    size_t in_prefix = 0;
    assert_int_equal(world->doubled, 0);
    for (size_t i = 0; i < world->bucket->count; i++) {
        const struct made_object *object = &world->bucket->objects[i];
        struct rr_slice key = made_key(object);
        bool inside = rr_slice_starts_with(key, prefix_of(world));
        in_prefix += inside ? 1 : 0;
        if (object->is_passing)
            continue;
        if (!inside)
            assert_int_equal(object->seen, 0);
        else if (object->seen != 1 && !may_miss(world, key)) {
            print_error("missed %.*s\n", RR_ARG(key));
            fail();
        }
    }
    return in_prefix;
}

/* Events of a series; each must happen often enough for the series to prove anything. */
struct tally {
    struct rr_s3_ranges_counts counts;
    uint64_t empty_answers, refused, several_pages;
};

static void add_up(struct tally *tally, const struct world *world)
{
    const struct rr_s3_ranges_counts *counts = rr_s3_ranges_counts(world->ranges);
    tally->counts.cuts_by_id += counts->cuts_by_id;
    tally->counts.cuts_by_time += counts->cuts_by_time;
    tally->counts.jumps += counts->jumps;
    tally->counts.floors += counts->floors;
    tally->counts.tasks += counts->tasks;
    tally->counts.tasks_given_up += counts->tasks_given_up;
    tally->counts.folder_pages += counts->folder_pages;
    tally->empty_answers += world->empty_answers;
    tally->refused += world->refused_narrowings;
    tally->several_pages += counts->pages > 1 ? 1 : 0;
}

static void list_random(uint64_t seed, bool may_pass, bool by_floor, bool changes, struct tally *tally)
{
    static const size_t page_sizes[] = { 1, 3, 10, 40, 150, 400 }, slot_counts[] = { 1, 2, 7, 64 };
    struct made_bucket bucket;
    made_bucket_random(&bucket, seed, 20 + seed % 5 * 400);
    struct world world = { .bucket = &bucket, .may_pass = may_pass, .by_floor = by_floor, .changes = changes };
    world.page_max = page_sizes[made_below(&bucket, RR_COUNT(page_sizes))];
    world.slots = slot_counts[made_below(&bucket, RR_COUNT(slot_counts))];
    for (size_t i = 0; changes && i < bucket.count; i++)
        bucket.objects[i].is_passing = made_below(&bucket, 5) == 0;
    start(&world);

    run(&world);

    assert_false(world.odd);
    size_t in_prefix = check_seen(&world), pages = (in_prefix + world.page_max - 1) / world.page_max;
    const struct rr_s3_ranges_counts *counts = rr_s3_ranges_counts(world.ranges);
    if (!changes && counts->requests > 2 * (pages > 0 ? pages : 1) + world.slots + world.empty_answers) {
        print_error("seed %llu: %llu requests for %zu pages of %zu, %zu slots\n", (unsigned long long)seed,
                    (unsigned long long)counts->requests, pages, world.page_max, world.slots);
        fail();
    }
    add_up(tally, &world);
    finish(&world);
    made_bucket_done(&bucket);
}

static void report(const struct tally *tally)
{
    const struct rr_s3_ranges_counts *counts = &tally->counts;
    const unsigned long long numbers[] = { counts->cuts_by_id,  counts->cuts_by_time, counts->jumps,
                                           counts->floors,      counts->tasks,        counts->tasks_given_up,
                                           counts->folder_pages };
    static const char *const names[] = { "cuts by id", "cuts by time",     "jumps",           "floors",
                                         "tasks",      "folders given up", "pages of folders" };
    for (size_t i = 0; i < RR_COUNT(numbers); i++)
        print_message("%s %llu  ", names[i], numbers[i]);
    print_message("empty %llu refused %llu\n", (unsigned long long)tally->empty_answers,
                  (unsigned long long)tally->refused);
}

enum { SERIES = 600 };

static void s26_every_key_is_given_once_whatever_the_bucket(void **state)
{
    (void)state;
    struct tally tally = { 0 };

    for (uint64_t seed = 1; seed <= SERIES; seed++)
        list_random(seed, false, false, false, &tally);
    report(&tally);

    assert_true(tally.several_pages > SERIES / 2);
    assert_true(tally.counts.cuts_by_id > 500 && tally.counts.cuts_by_time > 500);
    assert_true(tally.empty_answers > 100 && tally.refused > 100);
    assert_int_equal(tally.counts.jumps + tally.counts.tasks, 0);
}

static void s26_every_dump_is_given_once_where_aofs_are_passed_over(void **state)
{
    (void)state;
    struct tally tally = { 0 };

    for (uint64_t seed = 1; seed <= SERIES; seed++)
        list_random(seed, true, false, false, &tally);
    report(&tally);

    assert_true(tally.counts.jumps > 500 && tally.counts.tasks > 500 && tally.counts.tasks_given_up > 50);
    assert_true(tally.counts.cuts_by_id > 300 && tally.counts.cuts_by_time > 300 && tally.counts.folder_pages > 200);
}

static void s26_every_dump_from_the_floor_on_is_given_once(void **state)
{
    (void)state;
    struct tally tally = { 0 };

    for (uint64_t seed = 1; seed <= SERIES; seed++)
        list_random(seed, true, true, false, &tally);
    report(&tally);

    assert_true(tally.counts.floors > 300);
}

static void s26_objects_that_stay_are_given_once_while_others_come_and_go(void **state)
{
    (void)state;
    struct tally tally = { 0 };

    for (uint64_t seed = 1; seed <= SERIES; seed++)
        list_random(seed, seed % 2 == 0, seed % 4 == 0, true, &tally);
    report(&tally);

    assert_true(tally.counts.cuts_by_id > 300 && tally.counts.cuts_by_time > 300 && tally.counts.jumps > 200);
}

static void s26_store_that_ignores_start_after_is_noticed(void **state)
{
    (void)state;
    size_t several = 0;
    for (uint64_t seed = 1; seed <= 200; seed++) {
        struct made_bucket bucket;
        made_bucket_random(&bucket, seed, 600);
        struct world world = { .bucket = &bucket, .may_pass = seed % 2 == 0, .ignores_after = true };
        world.page_max = 10;
        world.slots = 8;
        start(&world);

        run(&world);

        if (rr_s3_ranges_counts(world.ranges)->pages > 1 || world.odd) {
            several++;
            assert_true(world.odd || world.empty_answers > 0);
        }
        finish(&world);
        made_bucket_done(&bucket);
    }
    assert_true(several > 150);
}

/* Noticed, or by luck of no consequence. */
static void s26_store_that_orders_by_folder_loses_no_key_unnoticed(void **state)
{
    (void)state;
    enum { BUCKETS = 200 };
    size_t noticed = 0;
    for (uint64_t seed = 1; seed <= BUCKETS; seed++) {
        struct made_bucket bucket;
        made_bucket_random(&bucket, seed, 20 + seed % 5 * 400);
        qsort(bucket.objects, bucket.count, sizeof *bucket.objects, compare_objects_by_folder);
        struct world world = { .bucket = &bucket, .may_pass = seed % 2 == 0, .calm = true, .by_folder = true };
        world.page_max = 1 + made_below(&bucket, 40);
        world.slots = 1 + made_below(&bucket, SLOTS_MAX - 1);
        start(&world);

        run(&world);

        if (!world.odd)
            (void)check_seen(&world);
        noticed += world.odd ? 1 : 0;
        finish(&world);
        made_bucket_done(&bucket);
    }
    print_message("noticed in %zu of %d buckets\n", noticed, (int)BUCKETS);
    assert_true(noticed > BUCKETS / 10);
}

/* Returns how many of the listings were noticed to be none. */
static size_t list_by_rule(enum text_rule texts, bool may_pass, size_t buckets)
{
    size_t noticed = 0;
    for (uint64_t seed = 1; seed <= buckets; seed++) {
        struct made_bucket bucket;
        made_bucket_random(&bucket, seed, 20 + seed % 5 * 400);
        struct world world = { .bucket = &bucket, .may_pass = may_pass, .by_floor = may_pass && seed % 2 == 0 };
        world.texts = texts;
        world.calm = true;
        world.page_max = 1 + made_below(&bucket, 40);
        world.slots = 1 + made_below(&bucket, SLOTS_MAX - 1);
        start(&world);

        run(&world);

        if (!world.odd)
            (void)check_seen(&world);
        noticed += world.odd ? 1 : 0;
        finish(&world);
        made_bucket_done(&bucket);
    }
    print_message("noticed in %zu of %zu buckets\n", noticed, buckets);
    return noticed;
}

static void s26_store_that_lists_only_behind_its_keys_loses_no_key_unnoticed(void **state)
{
    (void)state;
    assert_true(list_by_rule(NAMED_KEYS, false, 150) > 75);
    assert_true(list_by_rule(NAMED_KEYS, true, 150) > 75);
}

static void s26_store_that_answers_one_text_in_four_with_nothing_loses_no_key_unnoticed(void **state)
{
    (void)state;
    assert_true(list_by_rule(MOODY, false, 300) > 60);
}

static void s26_store_that_hides_keys_behind_a_jump_loses_none_unnoticed(void **state)
{
    (void)state;
    assert_true(list_by_rule(NO_JUMPS, true, 300) > 30);
}

static void s26_store_that_hides_keys_behind_a_folder_loses_none_unnoticed(void **state)
{
    (void)state;
    assert_true(list_by_rule(NO_FOLDER_ENDS, true, 300) > 30);
}

static void s26_store_that_begins_one_key_too_late_loses_no_key_unnoticed(void **state)
{
    (void)state;
    assert_true(list_by_rule(ONE_KEY_TOO_LATE, true, 150) > 75);
}

/* All that is under way is answered at once, round by round, as with a latency that exceeds everything else. */
static size_t rounds_of(struct world *world)
{
    size_t rounds = 0;
    for (; !rr_s3_ranges_are_done(world->ranges); rounds++) {
        send_all(world, world->slots);
        size_t count = world->flying_count, slots[SLOTS_MAX];
        memcpy(slots, world->flying, sizeof slots);
        world->flying_count = 0;
        assert_true(count > 0);
        for (size_t i = 0; i < count; i++)
            answer(world, slots[i]);
    }
    return rounds;
}

static void check_rounds(enum made_style style, size_t ids, size_t sessions, size_t rounds_max)
{
    struct made_bucket bucket;
    made_bucket_plain(&bucket, "redis-backups/", style, ids, sessions);
    struct world world = { .bucket = &bucket, .may_pass = true, .page_max = 100, .slots = 64, .calm = true };
    start(&world);

    size_t rounds = rounds_of(&world);

    const struct rr_s3_ranges_counts *counts = rr_s3_ranges_counts(world.ranges);
    size_t pages = check_seen(&world) / 100;
    print_message("style %d, %zu x %zu: %zu pages, %zu rounds, %llu requests\n", (int)style, ids, sessions, pages,
                  rounds, (unsigned long long)counts->requests);
    assert_in_range(rounds, 1, rounds_max);
    assert_in_range(counts->requests, 1, 2 * pages + 64);
    finish(&world);
    made_bucket_done(&bucket);
}

static void s26_million_keys_take_few_rounds_whatever_the_ids(void **state)
{
    (void)state;
    static const enum made_style styles[] = { MADE_HEX, MADE_COUNTER, MADE_SKEWED, MADE_NAMES };
    for (size_t i = 0; i < RR_COUNT(styles); i++) {
        check_rounds(styles[i], 1000, 7, 15);
        check_rounds(styles[i], 100, 500, 15);
        /* Names made of words leave most of their space empty: there the limit on requests is what slows it. */
        check_rounds(styles[i], 5000, 10, styles[i] == MADE_NAMES ? 200 : 35);
    }
    check_rounds(MADE_HEX, 1, 50000, 15);
    check_rounds(MADE_HEX, 100, 1000, 25);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(s26_every_key_is_given_once_whatever_the_bucket),
    cmocka_unit_test(s26_every_dump_is_given_once_where_aofs_are_passed_over),
    cmocka_unit_test(s26_every_dump_from_the_floor_on_is_given_once),
    cmocka_unit_test(s26_objects_that_stay_are_given_once_while_others_come_and_go),
    cmocka_unit_test(s26_store_that_ignores_start_after_is_noticed),
    cmocka_unit_test(s26_store_that_orders_by_folder_loses_no_key_unnoticed),
    cmocka_unit_test(s26_store_that_lists_only_behind_its_keys_loses_no_key_unnoticed),
    cmocka_unit_test(s26_store_that_answers_one_text_in_four_with_nothing_loses_no_key_unnoticed),
    cmocka_unit_test(s26_store_that_hides_keys_behind_a_jump_loses_none_unnoticed),
    cmocka_unit_test(s26_store_that_hides_keys_behind_a_folder_loses_none_unnoticed),
    cmocka_unit_test(s26_store_that_begins_one_key_too_late_loses_no_key_unnoticed),
    cmocka_unit_test(s26_million_keys_take_few_rounds_whatever_the_ids),
};

RR_TEST_MAIN(tests)
