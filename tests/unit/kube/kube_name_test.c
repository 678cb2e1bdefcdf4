/* SPDX-License-Identifier: Apache-2.0 */
#include <redisrestore/kube/kube_name.h>

#include "support/test.h"

#include <regex.h>

/* The vectors of TestIsDNS1123Label and TestIsDNS1123Subdomain in k8s.io/apimachinery v0.31. */
static const char *const labels[] = { "a", "ab", "abc", "a1", "a-1", "a--1--2--b",
                                      "0", "01", "012", "1a", "1-a", "1--a--b--2" };
static const char *const never[] = { "",
                                     "A",
                                     "ABC",
                                     "aBc",
                                     "A1",
                                     "A-1",
                                     "1-A",
                                     "-",
                                     "a-",
                                     "-a",
                                     "1-",
                                     "-1",
                                     "_",
                                     "a_",
                                     "_a",
                                     "a_b",
                                     "1_",
                                     "_1",
                                     "1_2",
                                     ".",
                                     "a.",
                                     ".a",
                                     "a..b",
                                     "1.",
                                     ".1",
                                     "1..2",
                                     " ",
                                     "a ",
                                     " a",
                                     "a b",
                                     "1 ",
                                     " 1",
                                     "1 2",
                                     "A.a",
                                     "aB.a",
                                     "ab.A",
                                     "A1.a",
                                     "a1.A",
                                     "A.1",
                                     "aB.1",
                                     "A1.1",
                                     "1A.1",
                                     "0.A",
                                     "01.A",
                                     "012.A",
                                     "1A.a",
                                     "1a.A",
                                     "A.B.C.D.E",
                                     "AA.BB.CC.DD.EE",
                                     "a.B.c.d.e",
                                     "aa.bB.cc.dd.ee",
                                     "a@b",
                                     "a,b",
                                     "a_b.c",
                                     "a:b",
                                     "a%b",
                                     "a!b",
                                     "a.-b",
                                     "a-.b",
                                     "a$b" };
static const char *const subdomains[] = { "a.a",          "ab.a",          "abc.a", "a1.a",      "a-1.a",
                                          "a--1--2--b.a", "a.1",           "ab.1",  "abc.1",     "a1.1",
                                          "a-1.1",        "0.a",           "01.a",  "012.a",     "1a.a",
                                          "1-a.a",        "1--a--b--2",    "0.1",   "a.b.c.d.e", "aa.bb.cc.dd.ee",
                                          "1.2.3.4.5",    "11.22.33.44.55" };

static void dns_name_follows_the_vectors_of_kubernetes(void **state)
{
    (void)state;
    for (size_t i = 0; i < RR_COUNT(labels); i++) {
        assert_true(rr_kube_is_dns_label(rr_slice_from(labels[i])));
        assert_true(rr_kube_is_dns_subdomain(rr_slice_from(labels[i])));
    }
    for (size_t i = 0; i < RR_COUNT(never); i++) {
        assert_false(rr_kube_is_dns_label(rr_slice_from(never[i])));
        assert_false(rr_kube_is_dns_subdomain(rr_slice_from(never[i])));
    }
    for (size_t i = 0; i < RR_COUNT(subdomains); i++)
        assert_true(rr_kube_is_dns_subdomain(rr_slice_from(subdomains[i])));
}

static void dns_label_has_at_most_63_bytes_and_a_subdomain_253_in_all(void **state)
{
    (void)state;
    char text[RR_KUBE_SUBDOMAIN_MAX_BYTES + 1];
    memset(text, 'a', sizeof text);

    assert_true(rr_kube_is_dns_label((struct rr_slice){ text, 63 }));
    assert_false(rr_kube_is_dns_label((struct rr_slice){ text, 64 }));
    /* Kubernetes has no limit for one part of a subdomain. */
    assert_true(rr_kube_is_dns_subdomain((struct rr_slice){ text, 253 }));
    assert_false(rr_kube_is_dns_subdomain((struct rr_slice){ text, 254 }));
}

/* Every text of up to six letters over an alphabet with each kind of byte, against the expressions of Kubernetes. */
static void dns_name_agrees_with_the_expressions_of_kubernetes_for_every_short_text(void **state)
{
    (void)state;
    enum { LETTERS_MAX = 6 };
    static const char alphabet[] = "a0-.A";
    regex_t label, subdomain;
    assert_int_equal(regcomp(&label, "^[a-z0-9]([-a-z0-9]*[a-z0-9])?$", REG_EXTENDED | REG_NOSUB), 0);
    assert_int_equal(regcomp(&subdomain, "^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$",
                             REG_EXTENDED | REG_NOSUB),
                     0);

    size_t texts = 1;
    for (size_t len = 0; len <= LETTERS_MAX; len++, texts *= sizeof alphabet - 1)
        for (size_t number = 0; number < texts; number++) {
            char text[LETTERS_MAX + 1] = { 0 };
            size_t rest = number;
            for (size_t i = 0; i < len; i++, rest /= sizeof alphabet - 1)
                text[i] = alphabet[rest % (sizeof alphabet - 1)];
            assert_int_equal(rr_kube_is_dns_label(rr_slice_from(text)), regexec(&label, text, 0, NULL, 0) == 0);
            assert_int_equal(rr_kube_is_dns_subdomain(rr_slice_from(text)), regexec(&subdomain, text, 0, NULL, 0) == 0);
        }
    regfree(&label);
    regfree(&subdomain);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(dns_name_follows_the_vectors_of_kubernetes),
    cmocka_unit_test(dns_label_has_at_most_63_bytes_and_a_subdomain_253_in_all),
    cmocka_unit_test(dns_name_agrees_with_the_expressions_of_kubernetes_for_every_short_text),
};

RR_TEST_MAIN(tests)
