/* SPDX-License-Identifier: Apache-2.0 */
#include <redisrestore/discovery/discovery_share.h>

#include "discovery_share_state.h"

#include <redisrestore/base/mem.h>

#include <pthread.h>
#include <string.h>

enum { TEXTS_MAX = 32 };

struct woken {
    struct rr_buf key;
    bool last;
};

struct rr_discovery_share {
    struct rr_discovery_share_options options; /* fixed */
    uint8_t hash_key[RR_SHA256_BYTES];         /* fixed: digests reveal nothing to a later reader of this memory */
    pthread_mutex_t lock;
    struct {
        struct rr_share_state state;
        struct woken *woken; /* owns; keys to call after unlocking */
        size_t woken_count, woken_capacity;
    } guarded;
};

static void on_wake(void *context, struct rr_slice key, bool last)
{
    struct rr_discovery_share *share = context;
    rr_grow(&share->guarded.woken, &share->guarded.woken_capacity, share->guarded.woken_count);
    struct woken *woken = &share->guarded.woken[share->guarded.woken_count++];
    *woken = (struct woken){ .key = RR_BUF(key.len), .last = last };
    rr_buf_add(&woken->key, key);
}

struct rr_discovery_share *rr_discovery_share_new(const struct rr_discovery_share_options *options)
{
    struct rr_discovery_share *share = RR_NEW(struct rr_discovery_share);
    share->options = *options;
    for (size_t i = 0; i < sizeof share->hash_key; i += sizeof(uint64_t)) {
        uint64_t word = options->random->next(options->random->context);
        memcpy(share->hash_key + i, &word, sizeof word);
    }
    rr_assert(pthread_mutex_init(&share->lock, NULL) == 0);
    share->guarded.state.context = share;
    share->guarded.state.on_wake = on_wake;
    return share;
}

static void drop(struct rr_discovery_shared *shared)
{
    if (--shared->refs > 0)
        return;
    rr_discovery_answer_done(&shared->answer);
    rr_free(shared);
}

void rr_discovery_share_free(struct rr_discovery_share *share)
{
    if (share == NULL)
        return;
    rr_share_state_done(&share->guarded.state, drop);
    rr_free(share->guarded.woken);
    (void)pthread_mutex_destroy(&share->lock);
    rr_wipe(share->hash_key, sizeof share->hash_key);
    rr_free(share);
}

/* Unlocks, and then calls the keys that were woken. */
static void unlock_and_tell(struct rr_discovery_share *share)
{
    struct woken *woken = share->guarded.woken;
    size_t count = share->guarded.woken_count;
    share->guarded.woken = NULL;
    share->guarded.woken_count = share->guarded.woken_capacity = 0;
    (void)pthread_mutex_unlock(&share->lock);
    for (size_t i = 0; i < count; i++) {
        share->options.on_ready(share->options.context, rr_buf_slice(&woken[i].key), woken[i].last);
        rr_buf_done(&woken[i].key);
    }
    rr_free(woken);
}

/* --- group key --- */

struct texts {
    struct rr_slice texts[TEXTS_MAX];
    int64_t numbers[TEXTS_MAX]; /* those that are texts too */
    size_t count;
};

static void add_text(struct texts *texts, struct rr_slice text)
{
    rr_assert(texts->count < TEXTS_MAX);
    texts->texts[texts->count++] = text;
}

static void add_number(struct texts *texts, int64_t number)
{
    rr_assert(texts->count < TEXTS_MAX);
    int64_t *kept = &texts->numbers[texts->count];
    *kept = number;
    add_text(texts, (struct rr_slice){ (const char *)kept, sizeof *kept });
}

static void add_tls(struct texts *texts, const struct rr_http_tls *tls)
{
    add_text(texts, tls->ca_pem);
    add_text(texts, tls->client_cert_pem);
    add_text(texts, tls->client_key_pem);
    add_text(texts, rr_slice_from(tls->server_name));
    add_number(texts, tls->insecure);
}

/* Hashes everything that a listing depends on and everything that decides who may see it. */
void rr_discovery_share_prepare(const struct rr_discovery_share *share, struct rr_discovery_asker *asker,
                                const struct rr_discovery_request *request)
{
    struct texts texts = { 0 };
    const struct rr_s3_location *location = &request->location;
    const struct rr_http_tls *tls = request->tls;
    const struct rr_secret *sse = request->sse_customer_key;
    static const struct rr_http_tls plain = { 0 };
    struct rr_slice none = RR_LIT("");
    add_text(&texts, location->bucket);
    add_text(&texts, location->region);
    add_text(&texts, location->endpoint);
    add_number(&texts, location->addressing);
    add_number(&texts, location->dualstack);
    add_number(&texts, location->fips);
    add_text(&texts, request->prefix);
    add_text(&texts, request->criteria.replication_id);
    add_text(&texts, request->expected_bucket_owner);
    add_number(&texts, request->requester_pays);
    add_number(&texts, request->timeout_ms); /* a short timeout must not wait for a longer one */
    add_text(&texts, rr_slice_from(request->proxy));
    add_text(&texts, sse != NULL && rr_secret_is_set(sse) ? rr_secret_reveal(sse) : none);
    add_tls(&texts, tls != NULL ? tls : &plain);
    add_number(&texts, (int64_t)(uintptr_t)request->addresses);
    add_text(&texts, rr_slice_from(request->credentials->source));
    for (size_t i = 0; i < asker->identity_count; i++)
        add_text(&texts, asker->identity[i]);
    struct rr_slice key = { (const char *)share->hash_key, sizeof share->hash_key };
    rr_hmac_sha256_list(key, texts.texts, texts.count, asker->group);
    asker->others_come =
        share->options.others_come != NULL && share->options.others_come(share->options.context, asker->key);
}

/* --- asking --- */

/* A cancelled runner proves nothing for the others. */
static bool may_share(const struct rr_discovery_answer *answer)
{
    return answer->found || answer->err.code != RR_E_CANCELLED;
}

/* The criteria are copied under the lock: an asker may leave during the listing. */
struct work {
    size_t count;
    struct rr_discovery_request requests[RR_DISCOVERY_TOGETHER_MAX];
    struct rr_buf texts[RR_DISCOVERY_TOGETHER_MAX];
    struct rr_discovery_answer answers[RR_DISCOVERY_TOGETHER_MAX];
    struct rr_discovery_shared *shared[RR_DISCOVERY_TOGETHER_MAX];
};

/* The requests of the others equal the runner's except for their criteria: the group has everything else in common. */
static struct work *work_new(const struct rr_share_listing *listing, const struct rr_discovery_request *own)
{
    struct work *work = RR_NEW(struct work);
    work->count = listing->count;
    for (size_t i = 0; i < listing->count; i++) {
        work->requests[i] = *own;
        work->requests[i].criteria = rr_backup_criteria_copy(listing->criteria[i], &work->texts[i]);
    }
    return work;
}

static void work_free(struct work *work)
{
    for (size_t i = 0; i < work->count; i++) {
        rr_buf_done(&work->texts[i]);
        rr_discovery_answer_done(&work->answers[i]);
    }
    rr_free(work);
}

static struct rr_discovery_shared *shared_of(struct rr_discovery_share *share, struct rr_discovery_answer *answer)
{
    struct rr_discovery_shared *shared = RR_NEW(struct rr_discovery_shared);
    shared->refs = 1;
    shared->share = share;
    shared->answer = rr_steal(*answer);
    return shared;
}

/* Lists, and gives each asker its answer; returns the runner's answer. */
static struct rr_discovery_shared *run(struct rr_discovery_share *share, struct rr_share_listing *listing,
                                       struct work *work, const struct rr_discovery_context *context,
                                       struct rr_stop *stop)
{
    rr_discover_together(context, work->requests, work->count, stop, work->answers);
    for (size_t i = 0; i < work->count; i++) {
        if (i == 0 || may_share(&work->answers[i]))
            work->shared[i] = shared_of(share, &work->answers[i]);
    }
    struct rr_discovery_shared *own = work->shared[0];
    if (own->answer.err.code == RR_E_CANCELLED && !own->answer.found)
        work->shared[0] = NULL; /* others with the same criteria wait for the next listing */
    (void)pthread_mutex_lock(&share->lock);
    rr_share_state_finish(&share->guarded.state, listing, work->shared);
    for (size_t i = 1; i < work->count; i++) {
        if (work->shared[i] != NULL)
            drop(work->shared[i]); /* each asker that has it holds a reference */
    }
    unlock_and_tell(share);
    return own;
}

static struct rr_share_ask ask_of(const struct rr_discovery_share *share, const struct rr_discovery_asker *asker)
{
    return (struct rr_share_ask){ .group = { (const char *)asker->group, sizeof asker->group },
                                  .key = asker->key,
                                  .question = asker->question,
                                  .now_ms = rr_clock_monotonic_ms(share->options.clock),
                                  .others_come = asker->others_come,
                                  .may_not_list = asker->may_not_list };
}

bool rr_discovery_share_would_list(struct rr_discovery_share *share, const struct rr_discovery_asker *asker)
{
    struct rr_share_ask ask = ask_of(share, asker);
    (void)pthread_mutex_lock(&share->lock);
    bool would_list = rr_share_state_would_run(&share->guarded.state, &ask);
    (void)pthread_mutex_unlock(&share->lock);
    return would_list;
}

struct rr_discovery_shared *rr_discovery_share_ask(struct rr_discovery_share *share,
                                                   const struct rr_discovery_asker *asker,
                                                   const struct rr_discovery_context *context,
                                                   const struct rr_discovery_request *request, struct rr_stop *stop,
                                                   int64_t *out_asked_ms)
{
    struct rr_share_ask ask = ask_of(share, asker);
    ask.criteria = &request->criteria;
    struct rr_discovery_shared *answer = NULL, *dropped;
    struct rr_share_listing listing;
    struct work *work = NULL;
    (void)pthread_mutex_lock(&share->lock);
    enum rr_share_move move =
        rr_share_state_ask(&share->guarded.state, &ask, &answer, &listing, out_asked_ms, &dropped);
    if (move == RR_SHARE_RUN)
        work = work_new(&listing, request);
    if (dropped != NULL)
        drop(dropped);
    unlock_and_tell(share);
    if (move != RR_SHARE_RUN)
        return answer;
    answer = run(share, &listing, work, context, stop);
    work_free(work);
    return answer;
}

struct rr_discovery_shared *rr_discovery_share_take(struct rr_discovery_share *share, struct rr_slice key,
                                                    struct rr_slice question, int64_t *out_asked_ms)
{
    struct rr_discovery_shared *answer = NULL;
    (void)pthread_mutex_lock(&share->lock);
    bool taken = rr_share_state_take(&share->guarded.state, key, question, &answer, out_asked_ms);
    unlock_and_tell(share);
    return taken ? answer : NULL;
}

void rr_discovery_share_leave(struct rr_discovery_share *share, struct rr_slice key)
{
    (void)pthread_mutex_lock(&share->lock);
    struct rr_discovery_shared *answer = rr_share_state_leave(&share->guarded.state, key);
    if (answer != NULL)
        drop(answer);
    unlock_and_tell(share);
}

const struct rr_discovery_answer *rr_discovery_shared_answer(const struct rr_discovery_shared *shared)
{
    return &shared->answer;
}

void rr_discovery_shared_free(struct rr_discovery_shared *shared)
{
    if (shared == NULL)
        return;
    struct rr_discovery_share *share = shared->share;
    (void)pthread_mutex_lock(&share->lock);
    drop(shared);
    (void)pthread_mutex_unlock(&share->lock);
}
