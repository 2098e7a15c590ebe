/* SPDX-License-Identifier: MIT */
#include "aws/sign.h"

#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include "aws/canonical.h"
#include "aws/secret.h"
#include "base/hash.h"

#define ALGORITHM "AWS4-HMAC-SHA256"
#define US_PER_S INT64_C(1000000)

/* Paths and headers, not bodies. */
#define CANONICAL_MAX ((size_t)256 * 1024)
#define DAY_LENGTH 8
#define YEAR_MAX 9999

struct cr_signer {
    char *region;
    char *service;
    EVP_MD *sha256;
    /* The key derived last, for one identity on one day. Identities are immutable, so the same one
     * has the same secret; the reference keeps its address from being another's. */
    pthread_mutex_t lock;
    const cr_identity *identity;
    char day[DAY_LENGTH];
    unsigned char key[CR_SHA256_SIZE];
};

/* One signature in the making. */
typedef struct signing {
    cr_signer *signer;
    const cr_identity *identity;
    const cr_sign_request *request;
    cr_signature *signature;
    cr_hasher hasher;
    cr_signed_headers headers;
    cr_buffer text;
    char digest_hex[CR_SHA256_HEX_SIZE];
    char signature_hex[CR_SHA256_HEX_SIZE];
} signing;

cruddur_status cr_signer_new(const char *region, const char *service, cr_signer **ret_signer,
                             cruddur_error **error)
{
    cr_signer *signer = calloc(1, sizeof(*signer));
    if (signer == NULL) {
        return cr_fail_memory(error);
    }
    if (pthread_mutex_init(&signer->lock, NULL) != 0) {
        free(signer);
        return cr_fail_with(error, CRUDDUR_E_INTERNAL, "the system gave no mutex");
    }
    signer->region = strdup(region);
    signer->service = strdup(service);
    signer->sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
    if (signer->region == NULL || signer->service == NULL || signer->sha256 == NULL) {
        bool has_memory = signer->region != NULL && signer->service != NULL;
        cr_signer_free(signer);
        return has_memory ? cr_fail_with(error, CRUDDUR_E_INTERNAL, "OpenSSL has no SHA-256")
                          : cr_fail_memory(error);
    }
    *ret_signer = signer;
    return CRUDDUR_OK;
}

void cr_signer_free(cr_signer *signer)
{
    if (signer == NULL) {
        return;
    }
    cr_identity_release(signer->identity);
    EVP_MD_free(signer->sha256);
    explicit_bzero(signer->key, sizeof(signer->key));
    (void)pthread_mutex_destroy(&signer->lock);
    free(signer->region);
    free(signer->service);
    free(signer);
}

void cr_signature_init(cr_signature *signature)
{
    signature->date[0] = '\0';
    cr_buffer_init(&signature->authorization, CANONICAL_MAX);
}

void cr_signature_free(cr_signature *signature)
{
    cr_buffer_free(&signature->authorization);
}

/* ---- the derived key ---- */

static cr_str key_str(const unsigned char *key)
{
    return (cr_str){(const char *)key, CR_SHA256_SIZE};
}

static bool derive_from(signing *job, cr_str first_key, unsigned char *key)
{
    const cr_str pieces[] = {
        {job->signature->date, DAY_LENGTH},
        cr_str_of(job->signer->region),
        cr_str_of(job->signer->service),
        cr_str_of("aws4_request"),
    };
    bool ok = cr_hmac_sha256(&job->hasher, first_key, pieces[0], key);
    for (size_t i = 1; ok && i < sizeof(pieces) / sizeof(pieces[0]); i++) {
        ok = cr_hmac_sha256(&job->hasher, key_str(key), pieces[i], key);
    }
    return ok;
}

static bool derive_key(signing *job, unsigned char *key)
{
    cr_str secret = job->identity->secret_access_key;
    cr_buffer first_key;
    cr_buffer_init(&first_key, secret.size + 4);
    cr_buffer_reserve(&first_key, secret.size + 4);
    cr_buffer_add(&first_key, cr_str_of("AWS4"));
    cr_buffer_add(&first_key, secret);
    bool ok = !first_key.failed && derive_from(job, (cr_str){first_key.data, first_key.size}, key);
    if (first_key.data != NULL) {
        explicit_bzero(first_key.data, first_key.size);
    }
    cr_buffer_free(&first_key);
    return ok;
}

static bool recall_key(cr_signer *signer, const signing *job, unsigned char *key)
{
    (void)pthread_mutex_lock(&signer->lock);
    bool is_known = signer->identity == job->identity &&
                    memcmp(signer->day, job->signature->date, DAY_LENGTH) == 0;
    if (is_known) {
        memcpy(key, signer->key, CR_SHA256_SIZE);
    }
    (void)pthread_mutex_unlock(&signer->lock);
    return is_known;
}

static void remember_key(cr_signer *signer, const signing *job, const unsigned char *key)
{
    (void)pthread_mutex_lock(&signer->lock);
    const cr_identity *before = signer->identity;
    signer->identity = cr_identity_retain(job->identity);
    memcpy(signer->day, job->signature->date, DAY_LENGTH);
    memcpy(signer->key, key, CR_SHA256_SIZE);
    (void)pthread_mutex_unlock(&signer->lock);
    cr_identity_release(before);
}

static bool find_key(signing *job, unsigned char *key)
{
    if (recall_key(job->signer, job, key)) {
        return true;
    }
    if (!derive_key(job, key)) {
        return false;
    }
    remember_key(job->signer, job, key);
    return true;
}

/* ---- the signature ---- */

static void write_digits(char *text, size_t width, int value)
{
    for (size_t i = width; i > 0; i--) {
        text[i - 1] = (char)('0' + value % 10);
        value /= 10;
    }
}

/* By hand, as strftime() takes longer than one of the digests. */
static bool write_date(signing *job)
{
    time_t seconds = (time_t)(job->request->time_us / US_PER_S);
    struct tm utc;
    char *date = job->signature->date;
    if (gmtime_r(&seconds, &utc) == NULL || utc.tm_year > YEAR_MAX - 1900) {
        return false;
    }
    memcpy(date, "YYYYMMDDTHHMMSSZ", sizeof("YYYYMMDDTHHMMSSZ"));
    write_digits(date, 4, utc.tm_year + 1900);
    write_digits(date + 4, 2, utc.tm_mon + 1);
    write_digits(date + 6, 2, utc.tm_mday);
    write_digits(date + 9, 2, utc.tm_hour);
    write_digits(date + 11, 2, utc.tm_min);
    write_digits(date + 13, 2, utc.tm_sec);
    return true;
}

static void add_scope(cr_buffer *out, const signing *job)
{
    cr_buffer_add(out, (cr_str){job->signature->date, DAY_LENGTH});
    cr_buffer_add(out, cr_str_of("/"));
    cr_buffer_add(out, cr_str_of(job->signer->region));
    cr_buffer_add(out, cr_str_of("/"));
    cr_buffer_add(out, cr_str_of(job->signer->service));
    cr_buffer_add(out, cr_str_of("/aws4_request"));
}

static void collect_headers(signing *job)
{
    const cr_sign_request *request = job->request;
    const cr_header ours[] = {
        {cr_str_of("host"), request->host},
        {cr_str_of("x-amz-date"), cr_str_of(job->signature->date)},
        {cr_str_of("x-amz-security-token"), job->identity->session_token},
    };
    size_t ours_count = job->identity->session_token.data == NULL ? 2 : 3;
    job->headers.count = 0;
    for (size_t i = 0; i < request->header_count; i++) {
        cr_signed_headers_add(&job->headers, &request->headers[i]);
    }
    for (size_t i = 0; i < ours_count; i++) {
        cr_signed_headers_add(&job->headers, &ours[i]);
    }
}

static bool hash_to_hex(signing *job, cr_str data)
{
    unsigned char digest[CR_SHA256_SIZE];
    if (!cr_sha256(&job->hasher, data, digest)) {
        return false;
    }
    cr_hex(digest, sizeof(digest), job->digest_hex);
    return true;
}

/* More than enough: a byte of a path or query becomes five at the most, names come twice. */
static size_t canonical_size(const signing *job)
{
    size_t size = 1024 + 5 * (job->request->path.size + job->request->query.size);
    for (size_t i = 0; i < job->headers.count; i++) {
        size += 2 * job->headers.sorted[i].name.size + job->headers.sorted[i].value.size + 4;
    }
    return size;
}

/* All but the signature itself. */
static void begin_authorization(signing *job, cr_str header_names)
{
    cr_buffer *out = &job->signature->authorization;
    out->size = 0;
    cr_buffer_add(out, cr_str_of(ALGORITHM " Credential="));
    cr_buffer_add(out, job->identity->access_key_id);
    cr_buffer_add(out, cr_str_of("/"));
    add_scope(out, job);
    cr_buffer_add(out, cr_str_of(", SignedHeaders="));
    cr_buffer_add(out, header_names);
    cr_buffer_add(out, cr_str_of(", Signature="));
}

/* Leaves the canonical request in the text, and its digest. */
static bool canonicalise(signing *job)
{
    const cr_sign_request *request = job->request;
    cr_buffer *out = &job->text;
    cr_buffer_reserve(out, canonical_size(job));
    if (out->failed || !hash_to_hex(job, request->body)) {
        return false;
    }
    cr_buffer_add(out, request->method);
    cr_buffer_add(out, cr_str_of("\n"));
    cr_canonical_path(out, request->path);
    cr_buffer_add(out, cr_str_of("\n"));
    bool fits = cr_canonical_query(out, request->query);
    cr_buffer_add(out, cr_str_of("\n"));
    cr_canonical_headers(out, &job->headers);
    cr_buffer_add(out, cr_str_of("\n"));
    size_t names_at = out->size;
    cr_canonical_header_names(out, &job->headers);
    begin_authorization(job, (cr_str){out->data + names_at, out->size - names_at});
    cr_buffer_add(out, cr_str_of("\n"));
    cr_buffer_add(out, (cr_str){job->digest_hex, CR_SHA256_HEX_SIZE});
    return fits && !out->failed && hash_to_hex(job, (cr_str){out->data, out->size});
}

/* Makes the signature over the digest of the canonical request. */
static bool sign_digest(signing *job)
{
    unsigned char key[CR_SHA256_SIZE];
    unsigned char signature[CR_SHA256_SIZE];
    cr_buffer *out = &job->text;
    out->size = 0;
    cr_buffer_add(out, cr_str_of(ALGORITHM "\n"));
    cr_buffer_add(out, cr_str_of(job->signature->date));
    cr_buffer_add(out, cr_str_of("\n"));
    add_scope(out, job);
    cr_buffer_add(out, cr_str_of("\n"));
    cr_buffer_add(out, (cr_str){job->digest_hex, CR_SHA256_HEX_SIZE});
    bool ok = !out->failed && find_key(job, key) &&
              cr_hmac_sha256(&job->hasher, key_str(key), (cr_str){out->data, out->size}, signature);
    explicit_bzero(key, sizeof(key));
    if (ok) {
        cr_hex(signature, sizeof(signature), job->signature_hex);
    }
    return ok;
}

static bool end_authorization(signing *job)
{
    cr_buffer *out = &job->signature->authorization;
    cr_buffer_add_text(out, (cr_str){job->signature_hex, CR_SHA256_HEX_SIZE});
    return !out->failed;
}

static bool make_signature(signing *job)
{
    if (!write_date(job)) {
        return false;
    }
    collect_headers(job);
    return canonicalise(job) && sign_digest(job) && end_authorization(job);
}

cruddur_status cr_sign(cr_signer *signer, const cr_identity *identity,
                       const cr_sign_request *request, cr_signature *signature,
                       cruddur_error **error)
{
    signing job; /* each function fills its part; the headers' room is large */
    if (request->header_count > CR_HTTP_HEADERS_MAX) {
        return cr_fail_with(error, CRUDDUR_E_INTERNAL, "signing: more than %d headers",
                            CR_HTTP_HEADERS_MAX);
    }
    job.signer = signer;
    job.identity = identity;
    job.request = request;
    job.signature = signature;
    cr_buffer_init(&job.text, CANONICAL_MAX);
    bool ok = cr_hasher_init(&job.hasher, signer->sha256) && make_signature(&job);
    cr_hasher_free(&job.hasher);
    cr_secret_buffer_free(&job.text); /* a session token stood in it */
    return ok ? CRUDDUR_OK
              : cr_fail_with(error, CRUDDUR_E_INTERNAL,
                             "signing: out of memory, or a path, query or header that is too long");
}
