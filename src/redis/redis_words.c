/* SPDX-License-Identifier: Apache-2.0 */
#include <redisrestore/redis/redis_words.h>

#include <redisrestore/base/parse.h>

/* The line at hand. A NUL byte is its end, as in a C string. */
struct reader {
    struct rr_slice line;
    size_t at, used; /* bytes of the line, bytes of the words */
    struct rr_redis_words *words;
};

static char byte_at(const struct reader *reader, size_t ahead)
{
    size_t at = reader->at + ahead;
    return at < reader->line.len ? reader->line.ptr[at] : '\0';
}

static bool is_space(char byte)
{
    return byte == ' ' || (byte >= '\t' && byte <= '\r');
}

static bool is_end(char byte)
{
    return byte == '\0' || is_space(byte);
}

static void put(struct reader *reader, char byte)
{
    if (reader->used < RR_REDIS_WORDS_MAX_BYTES)
        reader->words->text[reader->used++] = byte;
    else
        reader->words->is_cut = true;
}

/* One escape between double quotation marks. */
static void put_escape(struct reader *reader)
{
    static const char from[] = "nrtba", to[] = "\n\r\t\b\a";
    char byte = byte_at(reader, 1);
    int high = rr_hex_digit(byte_at(reader, 2)), low = high < 0 ? -1 : rr_hex_digit(byte_at(reader, 3));
    if (byte == 'x' && low >= 0) {
        put(reader, (char)(high * 16 + low));
        reader->at += 4;
        return;
    }
    const char *known = strchr(from, byte);
    put(reader, known != NULL ? to[known - from] : byte);
    reader->at += 2;
}

/* Reads up to the closing mark. Returns false if it is missing, or if no space follows it. */
static bool read_quoted(struct reader *reader, char mark)
{
    for (reader->at++;;) {
        char byte = byte_at(reader, 0), next = byte_at(reader, 1);
        if (byte == '\0')
            return false;
        if (byte == mark) {
            reader->at++;
            return is_end(next);
        }
        if (byte == '\\' && mark == '"' && next != '\0') {
            put_escape(reader);
        } else if (byte == '\\' && mark == '\'' && next == '\'') {
            put(reader, '\'');
            reader->at += 2;
        } else {
            put(reader, byte);
            reader->at++;
        }
    }
}

/* Quotation marks may also begin inside a word; the word ends with them. */
static bool read_word(struct reader *reader)
{
    for (;;) {
        char byte = byte_at(reader, 0);
        if (byte == '"' || byte == '\'')
            return read_quoted(reader, byte);
        if (byte == '\0' || byte == ' ' || byte == '\n' || byte == '\r' || byte == '\t')
            return true;
        put(reader, byte);
        reader->at++;
    }
}

bool rr_redis_words_split(struct rr_slice line, struct rr_redis_words *out_words)
{
    struct reader reader = { .line = line, .words = out_words };
    out_words->count = 0;
    out_words->is_cut = false;
    for (;;) {
        while (is_space(byte_at(&reader, 0)))
            reader.at++;
        if (byte_at(&reader, 0) == '\0')
            return true;
        size_t from = reader.used;
        if (!read_word(&reader))
            return false;
        if (out_words->count == RR_REDIS_WORDS_MAX || out_words->is_cut) {
            out_words->is_cut = true;
            continue;
        }
        out_words->of[out_words->count++] = (struct rr_slice){ out_words->text + from, reader.used - from };
    }
}
