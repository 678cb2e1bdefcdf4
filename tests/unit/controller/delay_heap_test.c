#include <support/test.h>

#include "delay_heap.h"

static void earliest_comes_first_after_any_moves_and_removals(void **state)
{
    (void)state;
    enum { COUNT = 200 };
    struct rr_delay items[COUNT] = { 0 };
    struct rr_delay_heap heap = { 0 };
    uint64_t random = 42;
    size_t in_heap = 0;

    for (int round = 0; round < 5000; round++) {
        random = random * 6364136223846793005u + 1442695040888963407u;
        struct rr_delay *item = &items[(random >> 33) % COUNT];
        if ((random >> 20) % 3 == 0)
            rr_delay_heap_remove(&heap, item);
        else
            rr_delay_heap_set(&heap, item, (int64_t)((random >> 40) % 1000));

        int64_t earliest = INT64_MAX;
        in_heap = 0;
        for (size_t i = 0; i < COUNT; i++) {
            in_heap += items[i].place != 0;
            if (items[i].place != 0 && items[i].ready_at_ms < earliest)
                earliest = items[i].ready_at_ms;
        }
        assert_int_equal(heap.count, in_heap);
        if (in_heap > 0)
            assert_int_equal(rr_delay_heap_first(&heap)->ready_at_ms, earliest);
        else
            assert_null(rr_delay_heap_first(&heap));
    }
    rr_delay_heap_done(&heap);
}

static const struct CMUnitTest tests[] = { cmocka_unit_test(earliest_comes_first_after_any_moves_and_removals) };
RR_TEST_MAIN(tests)
