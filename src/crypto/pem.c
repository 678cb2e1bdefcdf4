/* SPDX-License-Identifier: Apache-2.0 */
#include <redisrestore/crypto/pem.h>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <limits.h>

/* Without it OpenSSL would ask the terminal. */
static int no_pass_phrase(char *text, int size, int writing, void *context)
{
    (void)text;
    (void)size;
    (void)writing;
    (void)context;
    return -1;
}

static BIO *open_text(struct rr_slice pem)
{
    if (pem.len == 0 || pem.len > INT_MAX)
        return NULL;
    BIO *bio = BIO_new_mem_buf(pem.ptr, (int)pem.len);
    if (bio == NULL)
        rr_die("out of memory in OpenSSL");
    return bio;
}

static X509 *first_certificate(struct rr_slice pem)
{
    BIO *bio = open_text(pem);
    X509 *cert = bio != NULL ? PEM_read_bio_X509(bio, NULL, no_pass_phrase, NULL) : NULL;
    BIO_free(bio);
    return cert;
}

/* Returns whether the text ends inside the first line of a block. OpenSSL would skip that line, and a CA that is
 * missing would not be noticed. */
static bool ends_in_begin_line(struct rr_slice pem)
{
    struct rr_slice line = pem, begin = RR_LIT("-----BEGIN ");
    while (rr_slice_contains_byte(line, '\n'))
        (void)rr_slice_cut(&line, '\n');
    if (line.len <= begin.len)
        return line.len > 0 && rr_slice_starts_with(begin, line);
    return rr_slice_starts_with(line, begin) &&
           !rr_slice_ends_with(rr_slice_from_offset(line, begin.len), RR_LIT("-----"));
}

bool rr_pem_certificates_check(struct rr_slice pem, struct rr_error *err)
{
    BIO *bio = open_text(pem);
    size_t count = 0;
    ERR_clear_error();
    for (X509 *cert; bio != NULL && (cert = PEM_read_bio_X509(bio, NULL, no_pass_phrase, NULL)) != NULL; count++)
        X509_free(cert);
    bool ended = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE && !ends_in_begin_line(pem);
    ERR_clear_error();
    BIO_free(bio);
    if (count > 0 && ended)
        return true;
    return rr_fail(err, RR_E_BAD_INPUT, "%s",
                   count > 0 ? "one of the certificates is not whole" : "there is no certificate in PEM");
}

static bool contains(struct rr_slice text, const char *words)
{
    return text.len > 0 && memmem(text.ptr, text.len, words, strlen(words)) != NULL;
}

/* Tools write comments, bag attributes and the certificate as text before each certificate. */
bool rr_pem_only_certificates_check(struct rr_slice pem, struct rr_error *err)
{
    static const char begin[] = "-----BEGIN CERTIFICATE-----", end[] = "-----END CERTIFICATE-----";
    bool inside = false;
    for (struct rr_slice rest = pem; rest.len > 0;) {
        struct rr_slice line = rr_slice_trim(rr_slice_cut(&rest, '\n'));
        if (rr_slice_equals(line, rr_slice_from(inside ? end : begin)))
            inside = !inside;
        else if (contains(line, "-----BEGIN") || contains(line, "-----END"))
            return rr_fail(err, RR_E_BAD_INPUT, "there is a PEM block that is not a certificate");
    }
    return rr_pem_certificates_check(pem, err);
}

bool rr_pem_pair_check(struct rr_slice cert_pem, struct rr_slice key_pem, struct rr_error *err)
{
    if (!rr_pem_certificates_check(cert_pem, err))
        return false;
    X509 *cert = first_certificate(cert_pem);
    BIO *bio = open_text(key_pem);
    EVP_PKEY *key = bio != NULL ? PEM_read_bio_PrivateKey(bio, NULL, no_pass_phrase, NULL) : NULL;
    bool has_key = key != NULL, fits = cert != NULL && has_key && X509_check_private_key(cert, key) == 1;
    EVP_PKEY_free(key);
    BIO_free(bio);
    X509_free(cert);
    ERR_clear_error();
    if (!has_key)
        return rr_fail(err, RR_E_BAD_INPUT, "there is no private key in PEM, or it is under a pass phrase");
    return fits || rr_fail(err, RR_E_CONFLICT, "the certificate and the key do not belong together");
}
