/* SPDX-License-Identifier: Apache-2.0 */
/* exit_codes: the exit codes of the program. `discover` has more of them, one for each group of reasons
 * (rr_reason_exit_code). */
#ifndef RR_APP_EXIT_CODES_H
#define RR_APP_EXIT_CODES_H

enum {
    RR_EXIT_OK = 0,
    RR_EXIT_INTERNAL = 1,
    RR_EXIT_USAGE = 2,   /* flags, environment, configuration */
    RR_EXIT_REFUSED = 7, /* of verify and stage: the backup */
    RR_EXIT_BLOCKED = 8, /* of stage: the directory holds data, or is in use */
    RR_EXIT_NOT_WRITABLE = 9,
    RR_EXIT_SIGNAL = 128, /* plus the signal's number */
};

#endif
