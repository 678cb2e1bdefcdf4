/* options_controller: flags of `controller`.
 * Threads: pure. Texts borrow from argv; the address policy is owned. */
#ifndef RR_APP_OPTIONS_CONTROLLER_H
#define RR_APP_OPTIONS_CONTROLLER_H

#include "options.h"

#include <redisrestore/http/http_address.h>

enum { RR_CONTROLLER_WORKERS_MAX = 64 };

struct rr_controller_options {
    const char *kubeconfig;         /* NULL: by the usual order */
    struct rr_slice namespace_name; /* empty: all */
    int workers;
    struct rr_slice metrics_address, health_address; /* "0": off */
    struct rr_http_address_policy addresses;
    enum rr_log_format log_format;
    enum rr_log_level log_level;
    bool help; /* asked for: then nothing else holds */
};

extern const struct rr_command rr_controller_command;

/* *out_options is zeroed before; free with _done. Fails with RR_E_BAD_INPUT, naming the flag. */
RR_MUST_USE bool rr_controller_options_parse(int argc, char **argv, struct rr_controller_options *out_options,
                                             struct rr_error *err);
void rr_controller_options_done(struct rr_controller_options *options);
bool rr_controller_is_off(struct rr_slice address);

#endif
