/* SPDX-License-Identifier: Apache-2.0 */
/* test_cert: certificates made for one test. Returns owned; free with test_cert_done. Dies when OpenSSL refuses. */
#ifndef RR_TEST_CERT_H
#define RR_TEST_CERT_H

struct test_cert {
    char *pem, *key_pem; /* own */
    void *x509, *key;    /* own */
};

/* Signed by itself. */
struct test_cert test_ca_make(const char *name);
/* Signed by another CA. */
struct test_cert test_ca_issue(const struct test_cert *ca, const char *name);
/* `names` as in subjectAltName: "IP:127.0.0.1", "DNS:store.example". `days` may be negative: expired. */
struct test_cert test_cert_issue(const struct test_cert *ca, const char *names, int days);
/* Valid from tomorrow. */
struct test_cert test_cert_issue_for_later(const struct test_cert *ca, const char *names);
void test_cert_done(struct test_cert *cert);

#endif
