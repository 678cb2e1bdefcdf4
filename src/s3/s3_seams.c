#include "s3_seams.h"

#include <redisrestore/base/mem.h>

static void set_text(struct rr_buf *buf, struct rr_slice text)
{
    buf->max = text.len;
    rr_buf_clear(buf);
    rr_buf_add(buf, text);
}

void rr_s3_seams_done(struct rr_s3_seams *seams)
{
    for (size_t i = 0; seams->all != NULL && i < seams->capacity; i++) {
        rr_buf_done(&seams->all[i].cut);
        rr_buf_done(&seams->all[i].key);
    }
    rr_free(seams->all);
    *seams = (struct rr_s3_seams){ 0 };
}

bool rr_s3_seams_note(struct rr_s3_seams *seams, struct rr_slice cut, enum rr_s3_side side, struct rr_slice key)
{
    rr_assert(seams->capacity > 0);
    if (seams->all == NULL)
        seams->all = rr_alloc_array(seams->capacity, sizeof *seams->all);
    for (size_t i = 0; i < seams->capacity; i++) {
        struct rr_s3_seam *seam = &seams->all[i];
        if (!seam->waits || seam->side == side || !rr_slice_equals(rr_buf_slice(&seam->cut), cut))
            continue;
        seam->waits = false;
        return rr_slice_equals(rr_buf_slice(&seam->key), key);
    }
    struct rr_s3_seam *seam = &seams->all[seams->next++ % seams->capacity];
    set_text(&seam->cut, cut);
    set_text(&seam->key, key);
    seam->side = side;
    seam->waits = true;
    return true;
}
