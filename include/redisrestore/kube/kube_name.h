/* SPDX-License-Identifier: Apache-2.0 */
/* kube_name: names of Kubernetes objects, by the rules of the API server
 * (k8s.io/apimachinery/pkg/util/validation: IsDNS1123Label, IsDNS1123Subdomain). Threads: pure. */
#ifndef RR_KUBE_KUBE_NAME_H
#define RR_KUBE_KUBE_NAME_H

#include <redisrestore/base/slice.h>

enum { RR_KUBE_LABEL_MAX_BYTES = 63, RR_KUBE_SUBDOMAIN_MAX_BYTES = 253 };

/* The name of a namespace: a-z, 0-9 and '-', with a letter or a digit at both ends. */
bool rr_kube_is_dns_label(struct rr_slice name);
/* The name of most objects: such parts, joined by '.'. Only the whole has a maximum: a part may be over 63 bytes. */
bool rr_kube_is_dns_subdomain(struct rr_slice name);

#endif
