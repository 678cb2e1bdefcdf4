/* SPDX-License-Identifier: Apache-2.0 */
/* version: name and version of this binary, fixed when it was built. Threads: any. */
#ifndef RR_APP_VERSION_H
#define RR_APP_VERSION_H

extern const char rr_version[];        /* "0.1.0" */
extern const char rr_version_commit[]; /* "5ac5bad1c2d3", with the suffix "-dirty" if files were changed; "unknown" */
extern const char rr_version_libraries[]; /* "libcurl 7.88.1, ..." */

#endif
