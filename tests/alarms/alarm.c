/* SPDX-License-Identifier: Apache-2.0 */
/* alarm: makes the mistake that its argument names. Under the sanitizers that mistake must end the program with a
 * failure: were it to pass, the sanitizer was not on, and every green run of the tests would say less than it seems to.
 */
#include <redisrestore/base/mem.h>
#include <redisrestore/base/thread.h>

#include <stdio.h>

static int shared;

static void touch(void *context)
{
    (void)context;
    for (int i = 0; i < 100000; i++)
        shared++;
}

static int race(void)
{
    struct rr_thread one = { 0 }, two = { 0 };
    rr_thread_start(&one, "one", touch, NULL);
    rr_thread_start(&two, "two", touch, NULL);
    rr_thread_join(&one);
    rr_thread_join(&two);
    return 0;
}

static int overflow(volatile size_t index)
{
    char *text = rr_alloc(8);
    char read = ((volatile char *)text)[index];
    rr_free(text);
    return read == 'x';
}

static int undefined(volatile int large)
{
    return large + 1 == 7;
}

static int leak(void)
{
    static volatile size_t lost;
    lost = (size_t)rr_alloc(100) & 1; /* the address is lost */
    return (int)(lost * 0);
}

int main(int argc, char **argv)
{
    const char *what = argc > 1 ? argv[1] : "";
    if (strcmp(what, "race") == 0)
        return race();
    if (strcmp(what, "overflow") == 0)
        return overflow(8);
    if (strcmp(what, "undefined") == 0)
        return undefined(INT32_MAX);
    if (strcmp(what, "leak") == 0)
        return leak();
    (void)fprintf(stderr, "unknown alarm\n");
    return 0; /* which the tests take for a failure of theirs */
}
