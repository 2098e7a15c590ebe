/* SPDX-License-Identifier: MIT */
#include "session.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "log.h"
#include "page.h"
#include "request_http.h"

#define DEMO_S (12 * 60 * 60)
#define MAC_HEX 64
#define COOKIE_SIZE (SESSION_TEXT_SIZE + 256)

/* ---- the key ---- */

static bool read_all(int fd, unsigned char *key, size_t size)
{
    return read(fd, key, size) == (ssize_t)size;
}

static bool make_key(const char *path, unsigned char *key, size_t size)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    bool is_good = fd >= 0 && write(fd, key, size) == (ssize_t)size && fsync(fd) == 0;
    return (fd < 0 || close(fd) == 0) && is_good;
}

bool session_read_key(struct server *server, const char *path)
{
    unsigned char *key = server->session_key;
    size_t size = sizeof(server->session_key);
    bool is_good = RAND_bytes(key, (int)size) == 1;
    if (path != NULL && is_good) {
        int fd = open(path, O_RDONLY | O_CLOEXEC);
        is_good = fd >= 0 ? read_all(fd, key, size) && close(fd) == 0
                          : errno == ENOENT && make_key(path, key, size);
    }
    if (!is_good) {
        log_message(LOG_ERROR, "start", "--session-key: the file cannot be read or made");
    }
    return is_good;
}

/* ---- the cookie ---- */

static void to_hex(const unsigned char *bytes, size_t size, char *hex)
{
    for (size_t i = 0; i < size; i++) {
        (void)sprintf(hex + 2 * i, "%02x", bytes[i]);
    }
}

/* `purpose` keeps the code of a cookie and the token for its forms apart. */
static bool sign(const struct server *server, const char *purpose, const char *text, size_t size,
                 char hex[MAC_HEX + 1])
{
    unsigned char signed_text[COOKIE_SIZE], mac[EVP_MAX_MD_SIZE];
    unsigned mac_size = 0;
    size_t prefix = strlen(purpose);
    if (prefix + size > sizeof(signed_text)) {
        return false;
    }
    memcpy(signed_text, purpose, prefix);
    memcpy(signed_text + prefix, text, size);
    if (HMAC(EVP_sha256(), server->session_key, sizeof(server->session_key), signed_text,
             prefix + size, mac, &mac_size) == NULL) {
        return false;
    }
    to_hex(mac, mac_size, hex);
    return true;
}

bool session_is_same(const char *a, const char *b)
{
    size_t size = strlen(a);
    return size > 0 && size == strlen(b) && CRYPTO_memcmp(a, b, size) == 0;
}

static bool make_csrf(const struct server *server, const char *cookie, char csrf[SESSION_CSRF_SIZE])
{
    char hex[MAC_HEX + 1];
    bool is_good = sign(server, "form:", cookie, strlen(cookie), hex);
    if (is_good) {
        memcpy(csrf, hex, SESSION_CSRF_SIZE - 1);
        csrf[SESSION_CSRF_SIZE - 1] = '\0';
    }
    return is_good;
}

bool session_check(const struct server *server, const char *cookie, char uuid[37],
                   char csrf[SESSION_CSRF_SIZE])
{
    char mac[MAC_HEX + 1];
    const char *end = strrchr(cookie, '.');
    char *after = NULL;
    if (end == NULL || end - cookie < CRUDDUR_UUID_SIZE || strlen(cookie) >= SESSION_TEXT_SIZE ||
        !sign(server, "session:", cookie, (size_t)(end - cookie), mac) ||
        !session_is_same(end + 1, mac)) {
        return false;
    }
    long long until_s = strtoll(cookie + CRUDDUR_UUID_SIZE, &after, 10);
    memcpy(uuid, cookie, CRUDDUR_UUID_SIZE - 1);
    uuid[CRUDDUR_UUID_SIZE - 1] = '\0';
    return after == end && until_s > (long long)time(NULL) && make_csrf(server, cookie, csrf);
}

/* Adds the cookie. False if the request was answered with a failure. */
static bool begin(request *self, const char *uuid, int64_t until_s)
{
    char text[SESSION_TEXT_SIZE], mac[MAC_HEX + 1], header[COOKIE_SIZE];
    const char *origin = self->server->options->origin;
    bool is_secure = origin != NULL && strncmp(origin, "https:", 6) == 0;
    int size = snprintf(text, sizeof(text), "%s.%lld", uuid, (long long)until_s);
    if (!sign(self->server, "session:", text, (size_t)size, mac)) {
        request_fail(self, MHD_HTTP_SERVICE_UNAVAILABLE, "no_memory");
        return false;
    }
    (void)snprintf(header, sizeof(header),
                   "session=%s.%s; Path=/; Max-Age=%lld; HttpOnly; SameSite=Lax%s", text, mac,
                   (long long)(until_s - time(NULL)), is_secure ? "; Secure" : "");
    request_add_header(self, "Set-Cookie", header);
    return true;
}

/* ---- the demo sign-in ---- */

struct link {
    struct server *server;
    unsigned index;
    bool is_found;
};

static void on_person(void *data, enum people_result result, const struct person *person)
{
    struct link *link = data;
    struct sign_in_code *code = &link->server->codes[link->index];
    unsigned char bytes[16];
    link->is_found = result == PEOPLE_FOUND && RAND_bytes(bytes, sizeof(bytes)) == 1;
    if (link->is_found) {
        to_hex(bytes, sizeof(bytes), code->code);
        memcpy(code->uuid, person->uuid, sizeof(code->uuid));
        printf("@%s http://%s:%u/sign-in?code=%s\n", person->handle, link->server->options->address,
               link->server->port, code->code);
    }
}

bool session_print_links(struct server *server)
{
    const struct options *options = server->options;
    for (unsigned i = 0; i < options->demo_count; i++) {
        struct link link = {server, i, false};
        people_find_now(server->people, PEOPLE_HANDLE, options->demo[i], on_person, &link);
        if (!link.is_found) {
            log_message(LOG_ERROR, "start", "--demo-sign-in: there is no such user");
            return false;
        }
    }
    return true;
}

static void use_code(request *self, const char *given)
{
    for (unsigned i = 0; i < self->server->options->demo_count; i++) {
        struct sign_in_code *code = &self->server->codes[i];
        if (session_is_same(code->code, given)) {
            code->code[0] = '\0';
            if (begin(self, code->uuid, (int64_t)time(NULL) + DEMO_S)) {
                request_redirect(self, "/messages");
            }
            return;
        }
    }
    request_fail(self, MHD_HTTP_FORBIDDEN, "code_invalid");
}

/* ---- the routes ---- */

void session_get(request *self)
{
    const char *code = request_query(self, "code");
    if (code != NULL) {
        use_code(self, code);
    } else {
        page_sign_in(self);
    }
}

void session_post(request *self)
{
    const char *code = request_field(self, "code");
    if (self->by == SIGNED_IN_BY_TOKEN) {
        if (begin(self, self->person->uuid, self->claims.expires_s)) {
            request_answer(self, MHD_HTTP_NO_CONTENT, NULL, strdup(""), 0);
        }
    } else {
        use_code(self, code != NULL ? code : "");
    }
}

void session_end(request *self)
{
    request_add_header(self, "Set-Cookie", "session=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax");
    request_redirect(self, "/sign-in");
}
