/* SPDX-License-Identifier: Apache-2.0 */
/* mounts: whether a folder ends with its pod, by the text of /proc/self/mountinfo (behaviour G-19). Threads: pure. */
#ifndef RR_APP_MOUNTS_H
#define RR_APP_MOUNTS_H

#include <redisrestore/base/slice.h>

/* True for an emptyDir of Kubernetes, and for a tmpfs. `path` is absolute and resolved. */
bool rr_mounts_is_ephemeral(struct rr_slice mountinfo, struct rr_slice path);

#endif
