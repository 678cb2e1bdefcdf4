/* SPDX-License-Identifier: Apache-2.0 */
/* json_frames: splits a stream of JSON into frames, each of them one value, and never holds the whole stream
 * (docs/traps.md 6, behaviour ).
 * Mode Values: a frame is a top-level value of the stream, such as a watch event. Line ends do not matter.
 * Mode Items: the stream is one object (a list). A frame is an element of its member "items", and the envelope is the
 * object with an empty "items". "items" may be null or missing, and occurs at most once.
 * A frame is an object or an array, because a bare number looks the same at its end and at a cut. Its brackets are
 * balanced; the code that parses the frame checks the rest of the grammar.
 * Bytes may be fed in chunks of any size, with the same result. The depth is at most RR_JSON_DEPTH_MAX, and a frame has
 * at most `frame_max_bytes`.
 * Threads: belongs to one thread. */
#ifndef RR_TEXT_JSON_FRAMES_H
#define RR_TEXT_JSON_FRAMES_H

#include <redisrestore/text/json.h>

enum rr_json_frames_mode { RR_JSON_FRAMES_VALUES, RR_JSON_FRAMES_ITEMS };

struct rr_json_frames {
    enum rr_json_frames_mode mode;
    void *context;
    /* Receives a whole frame, borrowed for the call. False ends the feed with the *err that it set. */
    bool (*on_frame)(void *context, struct rr_slice frame, struct rr_error *err);
    struct rr_buf frame;    /* the frame so far */
    struct rr_buf envelope; /* mode Items: the object with an empty "items" */
    struct {                /* the splitter's state, private */
        int depth;
        bool is_object[RR_JSON_DEPTH_MAX]; /* of each open bracket */
        bool in_string, escaped;
        bool in_frame, in_items, items_seen, done, failed;
        int place;          /* mode Items: the place in a member of the object, or in the array of items */
        struct rr_buf name; /* mode Items: name of that member */
    } state;
};

void rr_json_frames_init(struct rr_json_frames *frames, enum rr_json_frames_mode mode, size_t frame_max_bytes,
                         bool (*on_frame)(void *context, struct rr_slice frame, struct rr_error *err), void *context);
void rr_json_frames_done(struct rr_json_frames *frames);
/* Takes the next bytes. Fails with RR_E_BAD_REPLY (not JSON), RR_E_TOO_BIG (frame or depth), or the error of on_frame.
 */
RR_MUST_USE bool rr_json_frames_feed(struct rr_json_frames *frames, struct rr_slice chunk, struct rr_error *err);
/* Call it at the end of the stream. Fails with RR_E_BAD_REPLY if the stream ended inside a frame, in mode Items also if
 * the object is not closed, and in any case after a feed that failed. Mode Items: *out_envelope is the object with
 * "items":[], which is valid JSON; borrows. `out_envelope` may be NULL. */
RR_MUST_USE bool rr_json_frames_end(struct rr_json_frames *frames, struct rr_slice *out_envelope, struct rr_error *err);

#endif
