/* SPDX-License-Identifier: Apache-2.0 */
/* restore_schema: judges the fields of a spec that this version does not know, by the schema that the API server serves
 * (behaviour F-36). Such a field comes from a newer custom resource, because the API server removes fields that its
 * schema does not have. A field with its default is in every object and asks for nothing; another value asks for
 * something that this version cannot do. Every authenticated user may read the schema. Threads: any. */
#ifndef RR_RESTORE_SCHEMA_H
#define RR_RESTORE_SCHEMA_H

#include "restore_object.h"
#include "restore_read.h"

/* For an object with spec.has_unknown: returns whether all unknown fields have their defaults. Fails with
 * RR_E_BAD_INPUT, naming a field that has another value or whose default cannot be read for lack of permission;
 * RR_E_API_SERVER if the schema could not be read, or does not have the field yet; RR_E_CANCELLED. */
RR_MUST_USE bool rr_restore_schema_check(const struct rr_restore_reading *reading, const struct rr_object *object,
                                         struct rr_error *err);
/* The same for a spec that is parsed already. */
RR_MUST_USE bool rr_restore_schema_check_spec(const struct rr_restore_reading *reading, const struct rr_json_node *spec,
                                              struct rr_error *err);

#endif
