/* SPDX-License-Identifier: Apache-2.0 */
#include "credentials_source.h"

#include <redisrestore/base/process.h>

enum { TIMEOUT_MS = 60 * 1000, COMMAND_MAX = 16 * 1024 };

static bool judge(const struct rr_process_result *result, struct rr_error *err)
{
    if (result->signal != 0)
        return rr_fail(err, RR_E_NO_CREDENTIALS, "it was ended by signal %d", result->signal);
    return result->exit_code == 0 ||
           rr_fail(err, RR_E_NO_CREDENTIALS, "it failed with exit code %d", result->exit_code);
}

static bool run(const struct rr_credentials_ask *ask, const char *command, struct rr_buf *output,
                struct rr_credentials_found *out_found, struct rr_error *err)
{
    const char *const arguments[] = { "/bin/sh", "-c", command, NULL };
    int64_t deadline_ms = rr_deadline_after(rr_clock_monotonic_ms(&rr_clock_system), TIMEOUT_MS);
    if (ask->deadline_ms < deadline_ms)
        deadline_ms = ask->deadline_ms;
    struct rr_process_result result = { 0 };
    return rr_process_run(arguments, NULL, deadline_ms, ask->stop, output, &result, err) && judge(&result, err) &&
           rr_credentials_reply_parse(rr_buf_slice(output), RR_REPLY_OF_PROCESS, rr_clock_unix_ms(ask->clock),
                                      out_found, err);
}

bool rr_credentials_process(const struct rr_credentials_ask *ask, struct rr_slice command,
                            struct rr_credentials_found *out_found, struct rr_error *err)
{
    rr_auto(buf) text = RR_BUF(COMMAND_MAX);
    rr_buf_add(&text, command);
    if (!rr_buf_ok(&text, err))
        return rr_context(err, "credential_process");
    rr_auto(buf) output = RR_SECRET_BUF(RR_CREDENTIALS_REPLY_MAX);
    if (!run(ask, rr_buf_text(&text), &output, out_found, err))
        return rr_context(err, "credential_process");
    out_found->source = "Process";
    return true;
}
