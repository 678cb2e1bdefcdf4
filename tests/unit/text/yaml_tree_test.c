#include "support/test.h"
static void x_y(void **state)
{
    (void)state;
}
static const struct CMUnitTest tests[] = {
    cmocka_unit_test(x_y),
};
RR_TEST_MAIN(tests)
