/* SPDX-License-Identifier: Apache-2.0 */
#include <redisrestore/redis/redis_server.h>

#include <redisrestore/base/parse.h>

enum { VALKEY_RDB_VERSION = 80, VERSION_PART_MAX = 99 };

/* The newest RDB version and the largest type of a value that a server loads, from that version of the server on. */
static const struct format {
    bool is_valkey;
    int major, minor, rdb_version;
    uint8_t type;
} newest[] = {
    { false, 2, 6, 6, 13 },  { false, 3, 2, 7, 14 },
    { false, 4, 0, 8, 14 },  { false, 5, 0, 9, 15 },
    { false, 7, 0, 10, 19 }, { false, 7, 2, 11, 21 },
    { false, 7, 4, 12, 25 }, { false, 8, 6, 13, UINT8_MAX }, /* not known */
    { true, 7, 2, 11, 21 },  { true, 9, 0, VALKEY_RDB_VERSION, 22 },
};

/* The newest version of each family that is known here. */
static const struct rr_redis_server last_known[] = { { false, 8, 6 }, { true, 9, 1 } };

static bool is_at_least(const struct rr_redis_server *server, int major, int minor)
{
    return server->major > major || (server->major == major && server->minor >= minor);
}

static struct format newest_format(const struct rr_redis_server *server)
{
    struct format found = { 0 };
    for (size_t i = 0; i < RR_COUNT(newest); i++)
        if (newest[i].is_valkey == server->is_valkey && is_at_least(server, newest[i].major, newest[i].minor))
            found = newest[i];
    return found;
}

static bool parse_version(struct rr_slice text, struct rr_redis_server *out_server)
{
    int patch = 0;
    struct rr_slice rest = text;
    struct rr_slice major = rr_slice_cut(&rest, '.'), minor = rr_slice_cut(&rest, '.');
    return rr_parse_int(major, 0, VERSION_PART_MAX, &out_server->major) &&
           rr_parse_int(minor, 0, VERSION_PART_MAX, &out_server->minor) &&
           (rest.len == 0 || rr_parse_int(rest, 0, VERSION_PART_MAX * 10, &patch));
}

bool rr_redis_server_parse(struct rr_slice text, struct rr_redis_server *out_server, struct rr_error *err)
{
    struct rr_slice version = text;
    struct rr_slice family = rr_slice_cut(&version, ':');
    struct rr_redis_server server = { .is_valkey = rr_slice_equals(family, RR_LIT("valkey")) };
    bool is_good = (server.is_valkey || rr_slice_equals(family, RR_LIT("redis"))) && parse_version(version, &server);
    if (!is_good || newest_format(&server).rdb_version == 0)
        return rr_fail(err, RR_E_BAD_INPUT, "must be a server and its version, such as redis:7.2 or valkey:8.1");
    *out_server = server;
    return true;
}

static const char *family_of(bool is_valkey)
{
    return is_valkey ? "Valkey" : "Redis";
}

bool rr_redis_server_is_known(const struct rr_redis_server *server, struct rr_error *err)
{
    const struct rr_redis_server *last = &last_known[server->is_valkey];
    return !is_at_least(server, last->major, last->minor + 1) ||
           rr_fail(err, RR_E_INVALID,
                   "%s %d.%d is newer than the versions that are known here (up to %d.%d); until now each version has "
                   "loaded the backups of older ones",
                   family_of(server->is_valkey), server->major, server->minor, last->major, last->minor);
}

/* The version of the server that wrote the RDB, if it is of that family. */
static bool writer_of(const struct rr_rdb_facts *facts, bool is_valkey, struct rr_redis_server *out_writer)
{
    const struct rr_rdb_name *name = is_valkey ? &facts->valkey_version : &facts->redis_version;
    out_writer->is_valkey = is_valkey;
    return name->bytes > 0 && parse_version(rr_rdb_name_slice(name), out_writer);
}

/* A server loads what it writes itself, and what older versions of it wrote, also in a format that is not known here.
 */
static bool is_newer_than_writer(const struct rr_redis_server *server, const struct rr_rdb_facts *facts)
{
    struct rr_redis_server writer = { 0 };
    bool is_of_family = server->is_valkey || facts->valkey_version.bytes == 0;
    return is_of_family && facts->is_valkey == (facts->version >= VALKEY_RDB_VERSION) &&
           writer_of(facts, server->is_valkey, &writer) && is_at_least(server, writer.major, writer.minor);
}

/* A newer server of the same family may have written commands and encodings that an older one does not know, also where
 * the RDB version is the same (measured: 6.2's stream lost a key on 5.0). */
static bool was_written_by_newer(const struct rr_redis_server *server, const struct rr_rdb_facts *facts,
                                 struct rr_error *err)
{
    struct rr_redis_server writer = { 0 };
    if (!writer_of(facts, server->is_valkey, &writer) || is_at_least(server, writer.major, writer.minor))
        return false;
    rr_error_set(err, RR_E_INVALID,
                 "%s %d.%d wrote the backup and %s %d.%d would load it: use the same version or a newer one",
                 family_of(server->is_valkey), writer.major, writer.minor, family_of(server->is_valkey), server->major,
                 server->minor);
    return true;
}

bool rr_redis_server_loads(const struct rr_redis_server *server, const struct rr_rdb_facts *facts, struct rr_error *err)
{
    struct format format = newest_format(server);
    struct rr_error ignored;
    int most = format.rdb_version;
    bool is_known = rr_redis_server_is_known(server, &ignored);
    const char *cannot = is_known ? "cannot load" : "is not known to load";
    if (!is_known && is_newer_than_writer(server, facts))
        return true;
    /* Valkey numbers its versions from 80 and leaves out those that Redis used after the two parted. */
    bool is_foreign = facts->is_valkey != (facts->version >= VALKEY_RDB_VERSION) ||
                      (facts->is_valkey && !server->is_valkey) ||
                      (server->is_valkey && !facts->is_valkey && facts->version > 11);
    if (is_foreign || facts->version > most)
        return rr_fail(err, RR_E_INVALID, "%s %d.%d %s RDB version %d%s: it loads versions up to %d%s",
                       family_of(server->is_valkey), server->major, server->minor, cannot, facts->version,
                       facts->is_valkey ? " of Valkey" : "",
                       most == VALKEY_RDB_VERSION && !facts->is_valkey ? 11 : most,
                       server->is_valkey && most == VALKEY_RDB_VERSION && !facts->is_valkey ? " of Redis" : "");
    if (facts->largest_type > format.type)
        return rr_fail(err, RR_E_INVALID, "%s %d.%d %s the RDB: it has a value of type %d, which it does not know",
                       family_of(server->is_valkey), server->major, server->minor, cannot, facts->largest_type);
    return !was_written_by_newer(server, facts, err);
}
