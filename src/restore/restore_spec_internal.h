/* SPDX-License-Identifier: Apache-2.0 */
/* restore_spec_internal: the parts of decoding a spec. Threads: pure. */
#ifndef RR_RESTORE_SPEC_INTERNAL_H
#define RR_RESTORE_SPEC_INTERNAL_H

#include "restore_spec.h"

/* Checks that objects are objects, and that exactly one of each set of mutually exclusive members is set.
 * *out_has_unknown: a member is not known to this version. Fails with RR_E_BAD_INPUT, naming the field. */
RR_MUST_USE bool rr_restore_spec_check_members(const struct rr_json_node *spec, bool *out_has_unknown,
                                               struct rr_error *err);
/* Checks that every unknown member has the default of `schema`, the schema of the spec, which may be NULL. Fails with
 * RR_E_BAD_INPUT if it has another value or no default, with RR_E_API_SERVER if the schema does not have it. */
RR_MUST_USE bool rr_restore_spec_check_unknown(const struct rr_json_node *spec, const struct rr_json_node *schema,
                                               struct rr_error *err);
/* Names an unknown member whose default cannot be read: RR_E_BAD_INPUT. */
RR_MUST_USE bool rr_restore_spec_refuse_unknown(const struct rr_json_node *spec, struct rr_error *err);
/* Checks the rules of crd.yaml for texts again. Fails likewise. */
RR_MUST_USE bool rr_restore_spec_check_texts(const struct rr_restore_spec *spec, struct rr_error *err);

/* Decodes spec.selection except its texts, which the spec holds already. Fails likewise. */
RR_MUST_USE bool rr_restore_spec_decode_selection(const struct rr_json_node *selection, struct rr_restore_spec *spec,
                                                  struct rr_error *err);

#endif
