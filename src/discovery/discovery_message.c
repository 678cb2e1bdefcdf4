#include "discovery_message.h"

#include <redisrestore/base/escape.h>
#include <redisrestore/base/timefmt.h>

#include <inttypes.h>

/* Of a name in a failure's message, which must keep room for what failed: struct rr_error holds 480 bytes. */
enum { NAME_SHOWN_MAX = 96, ENDPOINT_SHOWN_MAX = 112, KEY_SHOWN_MAX = 256, PLACE_MAX = 512 };

static void add_place(struct rr_buf *buf, const struct rr_discovery_place *place)
{
    rr_buf_add(buf, RR_LIT("bucket "));
    rr_escape_text(buf, place->bucket, NAME_SHOWN_MAX);
    rr_buf_add(buf, RR_LIT(", prefix \""));
    rr_escape_text(buf, place->prefix, NAME_SHOWN_MAX);
    rr_buf_add(buf, RR_LIT("\", endpoint "));
    rr_escape_text(buf, place->endpoint, ENDPOINT_SHOWN_MAX);
}

bool rr_discovery_fail_at(struct rr_error *err, const struct rr_discovery_place *place)
{
    rr_auto(buf) where = RR_BUF(PLACE_MAX);
    add_place(&where, place);
    return rr_context(err, "%s", rr_buf_text(&where));
}

static void say_nothing_found(struct rr_buf *buf, const struct rr_backup_choice *choice,
                              const struct rr_discovery_place *place)
{
    rr_buf_add(buf, RR_LIT("no backup"));
    if (place->replication_id.len > 0) {
        rr_buf_add(buf, RR_LIT(" of replication ID "));
        rr_escape_text(buf, place->replication_id, NAME_SHOWN_MAX);
    }
    rr_buf_add(buf, RR_LIT(" in "));
    add_place(buf, place);

    if (choice->counts->objects == 0) {
        rr_buf_add(buf, RR_LIT(": there is no key at all"));
        if (place->replication_id.len > 0)
            rr_buf_add(buf, RR_LIT(" in that folder; check replicationID and prefix"));
        else if (place->prefix.len > 0)
            rr_buf_add(buf, RR_LIT(" below the prefix; check bucket and prefix"));
        return;
    }
    rr_buf_addf(buf, ": of %" PRIu64 " %s none is {replicationID}/dump-{YYYYMMDD-HHMMSS}.rdb", choice->counts->objects,
                choice->counts->objects == 1 ? "key" : "keys");
    if (choice->counts->aof_files > 0)
        rr_buf_addf(buf, "; %" PRIu64 " AOF found, but an AOF alone cannot be restored", choice->counts->aof_files);
    if (choice->ignored_count > 0) {
        rr_buf_addf(buf, "; %" PRIu64 " ignored, for example \"", choice->counts->ignored);
        rr_escape_text(buf, rr_buf_slice(&choice->ignored[0].key), KEY_SHOWN_MAX);
        rr_buf_addf(buf, "\" (%s)", rr_backup_oddity_text(choice->ignored[0].oddity));
    }
}

static void say_found(struct rr_buf *buf, const struct rr_backup_choice *choice, bool has_aof)
{
    rr_buf_add(buf, RR_LIT("found "));
    rr_escape_text(buf, rr_buf_slice(&choice->rdb->key), KEY_SHOWN_MAX);
    if (has_aof)
        rr_buf_add(buf, RR_LIT(" and its AOF"));
    else
        rr_buf_add(
            buf, RR_LIT("; it has no AOF of the same replication ID and timestamp, so writes after the RDB are lost"));
    if (choice->several_ids)
        rr_buf_add(
            buf,
            RR_LIT("; more than one replication ID has backups here, set replicationID to be sure which is taken"));
}

static void say_aof_missing(struct rr_buf *buf, const struct rr_backup_choice *choice,
                            const struct rr_discovery_place *place)
{
    rr_buf_add(buf, RR_LIT("the newest backup, "));
    rr_escape_text(buf, rr_buf_slice(&choice->rdb->key), KEY_SHOWN_MAX);
    rr_buf_add(buf, RR_LIT(", has no AOF of the same replication ID and timestamp, and onMissingAOF is Fail; "));
    add_place(buf, place);
}

static void say_too_old(struct rr_buf *buf, const struct rr_backup_choice *choice,
                        const struct rr_discovery_place *place)
{
    char date[RR_TIME_TEXT_SIZE];
    rr_buf_add(buf, RR_LIT("the newest backup, "));
    rr_escape_text(buf, rr_buf_slice(&choice->rdb->key), KEY_SHOWN_MAX);
    rr_buf_add(buf, RR_LIT(", stored "));
    rr_buf_add(buf, rr_time_rfc3339(choice->rdb->last_modified_ms / 1000, date));
    rr_buf_add(buf, RR_LIT(", is older than maxAge allows; "));
    add_place(buf, place);
}

void rr_discovery_say(struct rr_buf *buf, enum rr_reason reason, const struct rr_backup_choice *choice, bool has_aof,
                      const struct rr_discovery_place *place)
{
    if (reason == RR_REASON_NO_BACKUP_FOUND)
        say_nothing_found(buf, choice, place);
    else if (reason == RR_REASON_AOF_NOT_FOUND)
        say_aof_missing(buf, choice, place);
    else if (reason == RR_REASON_BACKUP_TOO_OLD)
        say_too_old(buf, choice, place);
    else
        say_found(buf, choice, has_aof);
}
