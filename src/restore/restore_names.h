/* SPDX-License-Identifier: Apache-2.0 */
/* restore_names: names of the Kubernetes API: kind, field manager, resources. */
#ifndef RR_RESTORE_NAMES_H
#define RR_RESTORE_NAMES_H

#include <redisrestore/kube/kube_client.h>

#define RR_RESTORE_API_VERSION   "redisrestore.dev/v1alpha1"
#define RR_RESTORE_KIND          "RedisRestore"
#define RR_RESTORE_FIELD_MANAGER "redisrestore-controller"
#define RR_RESTORE_CONTROLLER    "redisrestore" /* in logs and metrics */

static const struct rr_kube_resource rr_restore_resource = { "redisrestore.dev", "v1alpha1", "redisrestores" };
static const struct rr_kube_resource rr_secret_resource = { "", "v1", "secrets" };
static const struct rr_kube_resource rr_config_map_resource = { "", "v1", "configmaps" };
static const struct rr_kube_resource rr_service_account_resource = { "", "v1", "serviceaccounts" };

#endif
