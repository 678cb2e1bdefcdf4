/* SPDX-License-Identifier: Apache-2.0 */
#include "restore_late.h"

#include <redisrestore/base/mem.h>
#include <redisrestore/base/thread.h>

struct rr_restore_late {
    const struct rr_clock *clock; /* fixed */
    struct rr_thread thread;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct {
        struct rr_restore_ticket *first, *last; /* in the order of their deadlines: all wait equally long */
        struct rr_restore_ticket *calling;
        int64_t wakes_ms; /* when the thread checks the list without being woken */
        bool stopping;
    } guarded;
};

/* Removes the ticket from the list. Returns false if the list does not have it. The caller holds the lock. */
static bool take_out(struct rr_restore_late *late, const struct rr_restore_ticket *ticket)
{
    struct rr_restore_ticket *previous = NULL;
    for (struct rr_restore_ticket *at = late->guarded.first; at != NULL; previous = at, at = at->next) {
        if (at != ticket)
            continue;
        if (previous != NULL)
            previous->next = at->next;
        else
            late->guarded.first = at->next;
        if (late->guarded.last == at)
            late->guarded.last = previous;
        return true;
    }
    return false;
}

/* The caller holds the lock. It is released during the callback. */
static void call(struct rr_restore_late *late, struct rr_restore_ticket *ticket)
{
    (void)take_out(late, ticket); /* the ticket is the first one */
    ticket->called = true;
    late->guarded.calling = ticket;
    pthread_mutex_unlock(&late->lock);
    ticket->on_late(ticket->context);
    pthread_mutex_lock(&late->lock);
    late->guarded.calling = NULL;
    pthread_cond_broadcast(&late->changed);
}

static void run(void *context)
{
    struct rr_restore_late *late = context;
    pthread_mutex_lock(&late->lock);
    while (!late->guarded.stopping) {
        struct rr_restore_ticket *first = late->guarded.first;
        if (first != NULL && first->due_at_ms <= rr_clock_monotonic_ms(late->clock)) {
            call(late, first);
            continue;
        }
        late->guarded.wakes_ms = first != NULL ? first->due_at_ms : RR_DEADLINE_NEVER;
        (void)rr_cond_wait_until(&late->changed, &late->lock, late->guarded.wakes_ms);
    }
    pthread_mutex_unlock(&late->lock);
}

struct rr_restore_late *rr_restore_late_start(const struct rr_clock *clock)
{
    struct rr_restore_late *late = RR_NEW(struct rr_restore_late);
    late->clock = clock;
    rr_assert(pthread_mutex_init(&late->lock, NULL) == 0);
    rr_cond_init(&late->changed);
    rr_thread_start(&late->thread, "late", run, late);
    return late;
}

void rr_restore_late_free(struct rr_restore_late *late)
{
    if (late == NULL)
        return;
    pthread_mutex_lock(&late->lock);
    rr_assert(late->guarded.first == NULL);
    late->guarded.stopping = true;
    pthread_cond_broadcast(&late->changed);
    pthread_mutex_unlock(&late->lock);
    rr_thread_join(&late->thread);
    (void)pthread_cond_destroy(&late->changed);
    (void)pthread_mutex_destroy(&late->lock);
    rr_free(late);
}

void rr_restore_late_begin(struct rr_restore_late *late, struct rr_restore_ticket *ticket)
{
    ticket->due_at_ms = rr_deadline_after(rr_clock_monotonic_ms(late->clock), RR_RESTORE_LATE_AFTER_MS);
    ticket->called = false;
    ticket->next = NULL;
    pthread_mutex_lock(&late->lock);
    if (late->guarded.first == NULL)
        late->guarded.first = ticket;
    else
        late->guarded.last->next = ticket;
    late->guarded.last = ticket;
    /* Most discoveries end long before. The thread is not woken for a discovery that has ended: it checks at the time
     * set. */
    if (ticket->due_at_ms < late->guarded.wakes_ms)
        pthread_cond_broadcast(&late->changed);
    pthread_mutex_unlock(&late->lock);
}

bool rr_restore_late_end(struct rr_restore_late *late, struct rr_restore_ticket *ticket)
{
    pthread_mutex_lock(&late->lock);
    (void)take_out(late, ticket); /* not in the list: the callback has run or is running */
    while (late->guarded.calling == ticket)
        (void)rr_cond_wait_until(&late->changed, &late->lock, RR_DEADLINE_NEVER);
    bool called = ticket->called;
    pthread_mutex_unlock(&late->lock);
    return called;
}
