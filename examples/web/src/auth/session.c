/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <openssl/crypto.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "server.h"

#define DEMO_S INT64_C(43200) /* 12 hours */
#define MAC_HEX 64
#define COOKIE_SIZE (SESSION_TEXT_SIZE + 256)

/* ---- the key ---- */

bool session_read_key(struct server *server)
{
    unsigned char *key = server->session_key;
    const char *path = server->options.session_key;
    const ssize_t size = sizeof(server->session_key);
    bool is_good = RAND_bytes(key, (int)size) == 1;
    if (path != NULL && is_good) {
        int fd = open(path, O_RDONLY | O_CLOEXEC);
        if (fd >= 0) {
            is_good = read(fd, key, (size_t)size) == size;
        } else if (errno == ENOENT) {
            fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
            is_good = fd >= 0 && write(fd, key, (size_t)size) == size && fsync(fd) == 0;
        }
        is_good = fd >= 0 && close(fd) == 0 && is_good;
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
    char signed_text[COOKIE_SIZE];
    unsigned char mac[EVP_MAX_MD_SIZE];
    unsigned mac_size = 0;
    int length = snprintf(signed_text, sizeof(signed_text), "%s:%.*s", purpose, (int)size, text);
    if (length < 0 || (size_t)length >= sizeof(signed_text) ||
        HMAC(EVP_sha256(), server->session_key, sizeof(server->session_key),
             (const unsigned char *)signed_text, (size_t)length, mac, &mac_size) == NULL) {
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

bool session_check(const struct server *server, const char *cookie, char uuid[CRUDDUR_UUID_SIZE],
                   char csrf[SESSION_CSRF_SIZE])
{
    char mac[MAC_HEX + 1], form_mac[MAC_HEX + 1];
    const char *end = strrchr(cookie, '.');
    char *after = NULL;
    if (end == NULL || end - cookie < CRUDDUR_UUID_SIZE || strlen(cookie) >= SESSION_TEXT_SIZE ||
        !sign(server, "session", cookie, (size_t)(end - cookie), mac) ||
        !session_is_same(end + 1, mac) || !sign(server, "form", cookie, strlen(cookie), form_mac)) {
        return false;
    }
    (void)snprintf(uuid, CRUDDUR_UUID_SIZE, "%.36s", cookie);
    (void)snprintf(csrf, SESSION_CSRF_SIZE, "%.43s", form_mac);
    return strtoll(cookie + CRUDDUR_UUID_SIZE, &after, 10) > (long long)time(NULL) && after == end;
}

/* Adds the cookie. */
static void begin(request *self, const char *uuid, int64_t until_s)
{
    char text[SESSION_TEXT_SIZE], mac[MAC_HEX + 1], header[COOKIE_SIZE];
    const char *origin = self->server->options.origin;
    bool is_secure = origin != NULL && strncmp(origin, "https:", 6) == 0;
    int size = snprintf(text, sizeof(text), "%s.%lld", uuid, (long long)until_s);
    if (!sign(self->server, "session", text, (size_t)size, mac)) {
        request_fail_memory(self);
        return;
    }
    (void)snprintf(header, sizeof(header),
                   "session=%s.%s; Path=/; Max-Age=%lld; HttpOnly; SameSite=Lax%s", text, mac,
                   (long long)(until_s - time(NULL)), is_secure ? "; Secure" : "");
    request_add_header(self, "Set-Cookie", header);
}

/* ---- the demo sign-in ---- */

static void on_person(void *data, json_t *person, bool has_failed)
{
    struct sign_in_code *code = data;
    unsigned char bytes[16];
    if (person != NULL && !has_failed && RAND_bytes(bytes, sizeof(bytes)) == 1) {
        to_hex(bytes, sizeof(bytes), code->code);
        (void)snprintf(code->uuid, sizeof(code->uuid), "%s", text_of(person, "uuid"));
    }
}

bool session_print_links(struct server *server)
{
    const struct options *options = &server->options;
    for (unsigned i = 0; i < options->demo_count; i++) {
        struct sign_in_code *code = &server->codes[i];
        people_find(&server->people, PEOPLE_HANDLE, options->demo[i], true, on_person, code);
        if (code->code[0] == '\0') {
            log_message(LOG_ERROR, "start", "--demo-sign-in: there is no such user");
            return false;
        }
        printf("@%s http://%s:%u/sign-in?code=%s\n", options->demo[i], options->address,
               server->port, code->code);
    }
    return true;
}

static void use_code(request *self, const char *given)
{
    for (unsigned i = 0; i < self->server->options.demo_count; i++) {
        struct sign_in_code *code = &self->server->codes[i];
        if (session_is_same(code->code, given)) {
            code->code[0] = '\0';
            begin(self, code->uuid, time(NULL) + DEMO_S);
            request_redirect(self, "/messages");
            return;
        }
    }
    request_fail(self, MHD_HTTP_FORBIDDEN, "code_invalid");
}

/* ---- the routes ---- */

/* GET /sign-in: with ?code= it signs in, else it asks for a code. */
void session_get(request *self)
{
    const char *code = request_query(self, "code");
    if (code != NULL) {
        use_code(self, code);
    } else {
        page_sign_in(self);
    }
}

/* POST /sign-in: a bearer token, or the field `code`. */
void session_post(request *self)
{
    const char *code = request_field(self, "code");
    if (self->by == SIGNED_IN_BY_TOKEN) {
        begin(self, request_uuid(self), self->claims.expires_s);
        request_answer(self, MHD_HTTP_NO_CONTENT, NULL, strdup(""), 0);
    } else {
        use_code(self, code != NULL ? code : "");
    }
}

void session_end(request *self)
{
    request_add_header(self, "Set-Cookie", "session=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax");
    request_redirect(self, "/sign-in");
}
