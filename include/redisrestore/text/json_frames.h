/* SPDX-License-Identifier: Apache-2.0 */
/* json_frames: cuts a stream of JSON into values without holding it whole (traps.md 6, behaviour ).
 * Mode Values: each top-level value of a stream (watch events; not split by lines).
 * Mode Items: each element of the top-level member "items" of one object (a list), and at the end the object with an
 * empty "items".
 * A value or element is an object or an array: the end of a bare number looks like a cut.
 * "items" may be null or missing, but occurs at most once. A frame has balanced brackets; the rest of JSON's grammar is
 * checked by whoever parses it.
 * Fed byte by byte or in any pieces with equal results. Depth is capped at
 * RR_JSON_DEPTH_MAX, a frame at `frame_max_bytes`.
 * Threads: belongs to one thread. */
#ifndef RR_TEXT_JSON_FRAMES_H
#define RR_TEXT_JSON_FRAMES_H

#include <redisrestore/text/json.h>

enum rr_json_frames_mode { RR_JSON_FRAMES_VALUES, RR_JSON_FRAMES_ITEMS };

struct rr_json_frames {
    enum rr_json_frames_mode mode;
    void *context;
    /* A whole frame, borrowed for the call. False ends the feeding; *err says why. */
    bool (*on_frame)(void *context, struct rr_slice frame, struct rr_error *err);
    struct rr_buf frame;    /* the frame so far */
    struct rr_buf envelope; /* Items: the list object without its items */
    struct {                /* the splitter's state, private */
        int depth;
        bool is_object[RR_JSON_DEPTH_MAX]; /* of each open bracket */
        bool in_string, escaped;
        bool in_frame, in_items, items_seen, done, failed;
        int place;          /* Items: where in a member of the list object, or in the array of items */
        struct rr_buf name; /* Items: of that member */
    } state;
};

void rr_json_frames_init(struct rr_json_frames *frames, enum rr_json_frames_mode mode, size_t frame_max_bytes,
                         bool (*on_frame)(void *context, struct rr_slice frame, struct rr_error *err), void *context);
void rr_json_frames_done(struct rr_json_frames *frames);
/* Fails with RR_E_BAD_REPLY (not JSON), RR_E_TOO_BIG (frame or depth), or what on_frame set. */
RR_MUST_USE bool rr_json_frames_feed(struct rr_json_frames *frames, struct rr_slice chunk, struct rr_error *err);
/* Values: fails with RR_E_BAD_REPLY when the stream ended inside a frame. Items: also when the object is not closed.
 * *out_envelope (Items; may be NULL) borrows the list object with "items":[], which is valid JSON. After a failed feed
 * it fails too. */
RR_MUST_USE bool rr_json_frames_end(struct rr_json_frames *frames, struct rr_slice *out_envelope, struct rr_error *err);

#endif
