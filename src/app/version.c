/* SPDX-License-Identifier: Apache-2.0 */
#include "version.h"

#include "commit.h" /* made by cmake/RedisrestoreCommit.cmake at each build */

const char rr_version[] = RR_VERSION;
const char rr_version_commit[] = RR_COMMIT;
const char rr_version_libraries[] = RR_LIBRARIES;
