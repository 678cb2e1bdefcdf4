/* SPDX-License-Identifier: Apache-2.0 */
#include <fakes/fake_clock.h>
#include <redisrestore/base/log.h>
#include <redisrestore/base/mem.h>
#include <support/test.h>

#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

struct fixture {
    struct fake_clock time;
    struct rr_clock clock;
    struct rr_log log;
    char text[200000];
};

static struct fixture *fixture_new(enum rr_log_format format)
{
    struct fixture *fixture = RR_NEW(struct fixture);
    fixture->time.unix_ms = INT64_C(1751976000000); /* 2025-07-08T12:00:00Z */
    fixture->clock = fake_clock(&fixture->time);
    fixture->log = (struct rr_log){
        .fd = memfd_create("log", MFD_CLOEXEC), .format = format, .level = RR_LOG_DEBUG, .clock = &fixture->clock
    };
    assert_true(fixture->log.fd >= 0);
    return fixture;
}

/* The output so far. */
static const char *written(struct fixture *fixture)
{
    ssize_t len = pread(fixture->log.fd, fixture->text, sizeof(fixture->text) - 1, 0);
    assert_true(len >= 0);
    fixture->text[len] = '\0';
    return fixture->text;
}

static void fixture_free(struct fixture *fixture)
{
    (void)close(fixture->log.fd);
    rr_free(fixture);
}

static size_t count_byte(const char *text, char byte)
{
    size_t count = 0;
    for (; *text != '\0'; text++)
        count += *text == byte;
    return count;
}

static void json_record_has_time_level_message_and_fields(void **state)
{
    (void)state;
    struct fixture *fixture = fixture_new(RR_LOG_JSON);

    rr_info(&fixture->log, "status patched", F_TEXT(LOG_BUCKET, RR_LIT("b \"1\"")), F_INT(LOG_PAGES, -3),
            F_BOOL(LOG_KEY, true), F_BOOL(LOG_NAME, false));

    assert_string_equal(written(fixture),
                        "{\"time\":\"2025-07-08T12:00:00.000Z\",\"level\":\"info\",\"message\":\"status patched\","
                        "\"bucket\":\"b \\\"1\\\"\",\"pages\":-3,\"key\":true,\"name\":false}\n");
    fixture_free(fixture);
}

static void text_record_is_a_line_of_slog(void **state)
{
    (void)state;
    struct fixture *fixture = fixture_new(RR_LOG_TEXT);

    rr_info(&fixture->log, "S3 client initialized", F_TEXT(LOG_BUCKET, RR_LIT("b")), F_TEXT(LOG_REGION, RR_LIT("")),
            F_INT(LOG_PAGES, 7), F_BOOL("custom_endpoint", true));

    assert_string_equal(written(fixture),
                        "time=2025-07-08T12:00:00.000Z level=INFO msg=\"S3 client initialized\" bucket=b "
                        "region=\"\" pages=7 custom_endpoint=true\n");
    fixture_free(fixture);
}

static void record_needs_no_fields(void **state)
{
    (void)state;
    struct fixture *fixture = fixture_new(RR_LOG_TEXT);

    rr_warn(&fixture->log, "stopping");

    assert_string_equal(written(fixture), "time=2025-07-08T12:00:00.000Z level=WARN msg=stopping\n");
    fixture_free(fixture);
}

static void levels_below_the_set_one_are_silent(void **state)
{
    (void)state;
    struct fixture *fixture = fixture_new(RR_LOG_TEXT);
    fixture->log.level = RR_LOG_WARN;

    rr_debug(&fixture->log, "one");
    rr_info(&fixture->log, "two");
    rr_warn(&fixture->log, "three");
    rr_failed(&fixture->log, "four");

    const char *text = written(fixture);
    assert_int_equal(count_byte(text, '\n'), 2);
    assert_non_null(strstr(text, "level=WARN msg=three\n"));
    assert_non_null(strstr(text, "level=ERROR msg=four\n"));
    fixture_free(fixture);
}

static void level_names_of_json_are_lower_case(void **state)
{
    (void)state;
    struct fixture *fixture = fixture_new(RR_LOG_JSON);

    rr_debug(&fixture->log, "w");
    rr_warn(&fixture->log, "w");
    rr_failed(&fixture->log, "w");

    const char *text = written(fixture);
    assert_non_null(strstr(text, "\"level\":\"debug\""));
    assert_non_null(strstr(text, "\"level\":\"warn\""));
    assert_non_null(strstr(text, "\"level\":\"error\""));
    fixture_free(fixture);
}

static void missing_logger_writes_nothing(void **state)
{
    (void)state;
    rr_failed(NULL, "endpoint certificate changed", F_INT(LOG_COUNT, 1));
}

static void child_adds_its_fields_before_the_records_own(void **state)
{
    (void)state;
    struct fixture *fixture = fixture_new(RR_LOG_TEXT);
    struct rr_log child = rr_log_child(
        &fixture->log,
        (const struct rr_field[]){ F_TEXT(LOG_NAMESPACE, RR_LIT("ns")), F_TEXT(LOG_NAME, RR_LIT("a")), { 0 } });
    struct rr_log grandchild = rr_log_child(&child, (const struct rr_field[]){ F_INT(LOG_GENERATION, 4), { 0 } });

    rr_info(&grandchild, "reconciled", F_TEXT(LOG_REASON, RR_LIT("Found")));
    rr_info(&fixture->log, "plain");

    const char *text = written(fixture);
    assert_non_null(strstr(text, "msg=reconciled namespace=ns name=a generation=4 reason=Found\n"));
    assert_non_null(strstr(text, "msg=plain\n"));
    fixture_free(fixture);
}

static void child_may_fill_every_place(void **state)
{
    (void)state;
    struct fixture *fixture = fixture_new(RR_LOG_TEXT);
    struct rr_field fields[RR_LOG_CHILD_FIELDS_MAX + 1] = { { 0 } };
    for (size_t i = 0; i < RR_LOG_CHILD_FIELDS_MAX; i++)
        fields[i] = (struct rr_field)F_INT(LOG_COUNT, i);

    struct rr_log child = rr_log_child(&fixture->log, fields);
    rr_info(&child, "w");

    assert_non_null(strstr(written(fixture), "count=0 count=1 count=2 count=3 count=4 count=5 count=6 count=7\n"));
    fixture_free(fixture);
}

static void error_fields_leave_out_an_empty_detail(void **state)
{
    (void)state;
    struct fixture *fixture = fixture_new(RR_LOG_TEXT);
    struct rr_error err;
    assert_false(rr_fail(&err, RR_E_NOT_FOUND, "no bucket"));

    rr_warn(&fixture->log, "listing failed", F_ERROR(&err));
    rr_detail(&err, "more");
    rr_warn(&fixture->log, "listing failed", F_ERROR(&err));

    const char *text = written(fixture);
    assert_non_null(strstr(text, "errorCode=NOT_FOUND error=\"no bucket\"\n"));
    assert_non_null(strstr(text, "errorCode=NOT_FOUND error=\"no bucket\" detail=more\n"));
    fixture_free(fixture);
}

static void inject(enum rr_log_format format)
{
    const struct rr_slice evil[] = {
        RR_LIT("\n{\"level\":\"error\"}"), RR_LIT("a\r\nb"), RR_LIT("\"}\n"),           RR_LIT("\xc2\x85next"),
        RR_LIT("\xe2\x80\xa8line"),        RR_LIT("\0nul"),  RR_LIT("\x1b[2J\x9b\xff"), RR_LIT("\xe2\x80\xaeright"),
    };
    struct fixture *fixture = fixture_new(format);

    for (size_t i = 0; i < RR_COUNT(evil); i++)
        rr_info(&fixture->log, "key ignored", F_TEXT(LOG_KEY, evil[i]), F_TEXT(LOG_REASON, RR_LIT("x")));

    const char *text = written(fixture);
    assert_int_equal(count_byte(text, '\n'), RR_COUNT(evil));
    assert_int_equal(count_byte(text, '\r'), 0);
    assert_int_equal(count_byte(text, '\x1b'), 0);
    assert_true(rr_slice_is_utf8(rr_slice_from(text)));
    assert_null(strstr(text, "\xc2\x85"));
    assert_null(strstr(text, "\xe2\x80\xa8"));
    assert_null(strstr(text, "\xe2\x80\xae"));
    assert_null(strstr(text, "\n{\"level\""));
    fixture_free(fixture);
}

static void f48_json_record_stays_one_line(void **state)
{
    (void)state;
    inject(RR_LOG_JSON);
}

static void f48_text_record_stays_one_line(void **state)
{
    (void)state;
    inject(RR_LOG_TEXT);
}

static void f48_percent_signs_are_no_format(void **state)
{
    (void)state;
    struct fixture *fixture = fixture_new(RR_LOG_TEXT);

    rr_info(&fixture->log, "w", F_TEXT(LOG_KEY, RR_LIT("%s%n%d")));

    assert_non_null(strstr(written(fixture), "key=%s%n%d\n"));
    fixture_free(fixture);
}

static void long_field_ends_in_dots_between_characters(void **state)
{
    (void)state;
    char big[9001];
    for (size_t i = 0; i + 3 <= sizeof(big); i += 3)
        memcpy(big + i, "\xe2\x82\xac", 3);
    struct fixture *fixture = fixture_new(RR_LOG_JSON);

    rr_info(&fixture->log, "w", F_TEXT(LOG_KEY, ((struct rr_slice){ big, 9000 })), F_INT(LOG_COUNT, 1));

    const char *text = written(fixture);
    assert_non_null(strstr(text, "\xe2\x82\xac...\",\"count\":1}\n"));
    assert_null(strstr(text, "\xef\xbf\xbd"));
    fixture_free(fixture);
}

static void overfull(enum rr_log_format format, const char *end)
{
    char big[4000];
    memset(big, 1, sizeof(big));
    struct rr_slice control = { big, sizeof(big) };
    struct rr_field fields[400] = { { 0 } };
    for (size_t i = 0; i < RR_COUNT(fields) - 1; i++)
        fields[i] = (struct rr_field)F_TEXT(LOG_RESOURCE_VERSION, control);
    struct fixture *fixture = fixture_new(format);

    rr_log_write(&fixture->log, RR_LOG_ERROR, "kept", fields);

    const char *text = written(fixture);
    assert_int_equal(count_byte(text, '\n'), 1);
    assert_non_null(strstr(text, "kept"));
    assert_non_null(strstr(text, end));
    assert_int_equal(count_byte(text, '"') % 2, 0);
    assert_true(strlen(text) <= 64 * 1024);
    fixture_free(fixture);
}

static void json_record_beyond_its_maximum_is_kept_without_values(void **state)
{
    (void)state;
    overfull(RR_LOG_JSON, ",\"resourceVersion\":\"...\"}\n");
}

static void text_record_beyond_its_maximum_is_kept_without_values(void **state)
{
    (void)state;
    overfull(RR_LOG_TEXT, " resourceVersion=...\n");
}

static void record_is_one_write(void **state)
{
    (void)state;
    int ends[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0);
    struct fixture *fixture = fixture_new(RR_LOG_JSON);
    struct rr_log log = fixture->log;
    log.fd = ends[0];

    rr_info(&log, "one", F_INT(LOG_COUNT, 1));
    rr_info(&log, "two", F_INT(LOG_COUNT, 2));

    char packet[1000];
    ssize_t len = read(ends[1], packet, sizeof(packet));
    assert_true(len > 0 && packet[0] == '{' && packet[len - 1] == '\n');
    len = read(ends[1], packet, sizeof(packet));
    assert_true(len > 0 && packet[0] == '{' && packet[len - 1] == '\n');
    (void)close(ends[0]);
    assert_int_equal(read(ends[1], packet, sizeof(packet)), 0);
    (void)close(ends[1]);
    fixture_free(fixture);
}

static void log_that_cannot_be_written_is_no_failure(void **state)
{
    (void)state;
    struct fixture *fixture = fixture_new(RR_LOG_JSON);
    struct rr_log log = fixture->log;
    log.fd = -1;

    rr_failed(&log, "endpoint certificate changed");

    fixture_free(fixture);
}

static void level_and_format_are_lower_case_words(void **state)
{
    (void)state;
    enum rr_log_level level;
    enum rr_log_format format;

    assert_true(rr_log_level_parse(RR_LIT("debug"), &level) && level == RR_LOG_DEBUG);
    assert_true(rr_log_level_parse(RR_LIT("info"), &level) && level == RR_LOG_INFO);
    assert_true(rr_log_level_parse(RR_LIT("warn"), &level) && level == RR_LOG_WARN);
    assert_true(rr_log_level_parse(RR_LIT("error"), &level) && level == RR_LOG_ERROR);
    assert_false(rr_log_level_parse(RR_LIT("INFO"), &level));
    assert_false(rr_log_level_parse(RR_LIT(""), &level));
    assert_true(rr_log_format_parse(RR_LIT("json"), &format) && format == RR_LOG_JSON);
    assert_true(rr_log_format_parse(RR_LIT("text"), &format) && format == RR_LOG_TEXT);
    assert_false(rr_log_format_parse(RR_LIT("xml"), &format));
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(json_record_has_time_level_message_and_fields),
    cmocka_unit_test(text_record_is_a_line_of_slog),
    cmocka_unit_test(record_needs_no_fields),
    cmocka_unit_test(levels_below_the_set_one_are_silent),
    cmocka_unit_test(level_names_of_json_are_lower_case),
    cmocka_unit_test(missing_logger_writes_nothing),
    cmocka_unit_test(child_adds_its_fields_before_the_records_own),
    cmocka_unit_test(child_may_fill_every_place),
    cmocka_unit_test(error_fields_leave_out_an_empty_detail),
    cmocka_unit_test(f48_json_record_stays_one_line),
    cmocka_unit_test(f48_text_record_stays_one_line),
    cmocka_unit_test(f48_percent_signs_are_no_format),
    cmocka_unit_test(long_field_ends_in_dots_between_characters),
    cmocka_unit_test(json_record_beyond_its_maximum_is_kept_without_values),
    cmocka_unit_test(text_record_beyond_its_maximum_is_kept_without_values),
    cmocka_unit_test(record_is_one_write),
    cmocka_unit_test(log_that_cannot_be_written_is_no_failure),
    cmocka_unit_test(level_and_format_are_lower_case_words),
};

RR_TEST_MAIN(tests)
