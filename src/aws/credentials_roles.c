/* SPDX-License-Identifier: Apache-2.0 */
#include <redisrestore/aws/credentials_roles.h>

#include "credentials_keeper.h"
#include "sts.h"

#include <redisrestore/base/map.h>
#include <redisrestore/base/mem.h>

enum { NAME_MAX_BYTES = 4096 }; /* two names of Kubernetes, a uid, an ARN and a region are under 1,400 bytes */

/* The cached credentials of one subject and role. */
struct entry {
    struct rr_credentials_keeper *keeper; /* owns */
    size_t askers;                        /* callers that use it now */
    uint64_t last_asked;                  /* a counter, not a time */
};

struct rr_credentials_roles {
    struct rr_credentials_roles_options options; /* fixed after new */

    pthread_mutex_t lock;
    struct {
        struct rr_map entries;
        uint64_t asked;
    } guarded;
};

static void entry_free(void *value)
{
    struct entry *entry = value;
    if (entry == NULL)
        return;
    rr_credentials_keeper_free(entry->keeper);
    rr_free(entry);
}

struct rr_credentials_roles *rr_credentials_roles_new(const struct rr_credentials_roles_options *options)
{
    struct rr_credentials_roles *roles = RR_NEW(struct rr_credentials_roles);
    roles->options = *options;
    rr_assert(pthread_mutex_init(&roles->lock, NULL) == 0);
    return roles;
}

void rr_credentials_roles_free(struct rr_credentials_roles *roles)
{
    if (roles == NULL)
        return;
    rr_map_done(&roles->guarded.entries, entry_free);
    (void)pthread_mutex_destroy(&roles->lock);
    rr_free(roles);
}

static bool name_of(const struct rr_credentials_role_asker *asker, struct rr_buf *name, struct rr_error *err)
{
    rr_assert(!rr_slice_contains_byte(asker->subject, '\n'));
    rr_buf_addf(name, "%.*s\n%.*s\n%.*s", RR_ARG(asker->subject), RR_ARG(asker->region), RR_ARG(asker->role_arn));
    return rr_buf_ok(name, err) || rr_context(err, "the name of a role's subject");
}

/* Lock held. Makes room for one more: removes the least recently used entry that is not in use. */
static void make_room(struct rr_credentials_roles *roles)
{
    struct rr_map_entry *oldest = NULL;
    uint64_t least = UINT64_MAX;
    if (rr_map_count(&roles->guarded.entries) < RR_CREDENTIALS_ROLES_MAX)
        return;
    for (struct rr_map_entry *at = rr_map_first(&roles->guarded.entries); at != NULL; at = rr_map_next(at)) {
        const struct entry *entry = rr_map_value(at);
        if (entry->askers > 0 || entry->last_asked >= least)
            continue;
        oldest = at;
        least = entry->last_asked;
    }
    if (oldest != NULL)
        entry_free(rr_map_remove(&roles->guarded.entries, rr_map_key(oldest)));
}

/* Returns the entry of that name; creates it if it does not exist. It is not removed before `leave`. */
static struct entry *enter(struct rr_credentials_roles *roles, struct rr_slice name)
{
    pthread_mutex_lock(&roles->lock);
    struct entry *entry = rr_map_get(&roles->guarded.entries, name);
    if (entry == NULL) {
        make_room(roles);
        entry = RR_NEW(struct entry);
        entry->keeper = rr_credentials_keeper_new(roles->options.clock, roles->options.random, roles->options.observer);
        (void)rr_map_put(&roles->guarded.entries, name, entry); /* there was no such entry */
    }
    entry->askers++;
    entry->last_asked = ++roles->guarded.asked;
    pthread_mutex_unlock(&roles->lock);
    return entry;
}

static void leave(struct rr_credentials_roles *roles, struct entry *entry)
{
    pthread_mutex_lock(&roles->lock);
    entry->askers--;
    pthread_mutex_unlock(&roles->lock);
}

/* One fetch. */
struct fetching {
    const struct rr_credentials_roles_options *options;
    const struct rr_credentials_role_asker *asker;
};

static bool fetch(void *context, int64_t deadline_ms, struct rr_stop *stop, struct rr_credentials_found *out_found,
                  struct rr_error *err)
{
    const struct fetching *fetching = context;
    const struct rr_credentials_roles_options *options = fetching->options;
    const struct rr_credentials_role_asker *asker = fetching->asker;
    rr_auto(buf) token = RR_SECRET_BUF(RR_CREDENTIALS_TOKEN_MAX), looked = RR_BUF(RR_CREDENTIALS_LOOKED_MAX);
    struct rr_credentials_ask ask = { .environment = options->environment,
                                      .loop = options->loop,
                                      .clock = options->clock,
                                      .random = options->random,
                                      .region = asker->region,
                                      .deadline_ms = deadline_ms,
                                      .stop = stop,
                                      .looked = &looked };
    struct rr_sts_role role = { .arn = asker->role_arn };
    return asker->token.get(asker->token.context, deadline_ms, stop, &token, err) &&
           rr_sts_assume_with_token(&ask, asker->region, &role, rr_buf_slice(&token), out_found, err);
}

bool rr_credentials_roles_get(struct rr_credentials_roles *roles, const struct rr_credentials_role_asker *asker,
                              int64_t deadline_ms, struct rr_stop *stop, struct rr_credentials **out_credentials,
                              struct rr_error *err)
{
    rr_auto(buf) name = RR_BUF(NAME_MAX_BYTES);
    if (!name_of(asker, &name, err))
        return false;
    struct fetching fetching = { &roles->options, asker };
    struct rr_credentials_fetch how = { &fetching, fetch };
    const char *ignored;
    struct entry *entry = enter(roles, rr_buf_slice(&name));
    bool good = rr_credentials_keeper_get(entry->keeper, &how, deadline_ms, stop, out_credentials, &ignored, err);
    leave(roles, entry);
    return good;
}

void rr_credentials_roles_expire(struct rr_credentials_roles *roles, const struct rr_credentials_role_asker *asker,
                                 const struct rr_credentials *credentials)
{
    rr_auto(buf) name = RR_BUF(NAME_MAX_BYTES);
    struct rr_error ignored;
    if (!name_of(asker, &name, &ignored))
        return;
    struct entry *entry = enter(roles, rr_buf_slice(&name));
    rr_credentials_keeper_expire(entry->keeper, credentials);
    leave(roles, entry);
}
