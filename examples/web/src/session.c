/* SPDX-License-Identifier: MIT */
/* Sessions of browsers. Nothing is kept in memory, so a session outlives a restart. */
#include <fcntl.h>
#include <openssl/crypto.h>
#include <openssl/rand.h>
#include <unistd.h>

#include "web.h"

#define DEMO_S INT64_C(43200) /* 12 hours */

static unsigned char session_key[32];
static char **codes; /* of the demo sign-in, for each handle; empty once it was used */

bool session_start(void)
{
    const char *path = config.session_key;
    const ssize_t size = sizeof(session_key);
    bool is_good = RAND_bytes(session_key, (int)size) == 1;
    if (path != NULL && is_good) {
        int fd = open(path, O_RDONLY | O_CLOEXEC);
        if (fd >= 0) {
            is_good = read(fd, session_key, (size_t)size) == size;
        } else if (errno == ENOENT) {
            fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
            is_good = fd >= 0 && write(fd, session_key, (size_t)size) == size && fsync(fd) == 0;
        }
        is_good = fd >= 0 && close(fd) == 0 && is_good;
    }
    if (!is_good) {
        log_message(LOG_ERROR, "start", "--session-key: the file cannot be read or made");
    }
    return is_good;
}

/* `purpose` keeps apart the codes of a cookie, of its forms and of the demo sign-in. */
static char *sign(const char *purpose, const char *text)
{
    g_autofree char *whole = g_strconcat(purpose, ":", text, NULL);
    return g_compute_hmac_for_string(G_CHECKSUM_SHA256, session_key, sizeof(session_key), whole,
                                     -1);
}

bool session_is_same(const char *a, const char *b)
{
    size_t size = strlen(a);
    return size > 0 && size == strlen(b) && CRYPTO_memcmp(a, b, size) == 0;
}

char *session_check(request *self)
{
    const char *cookie = request_cookie(self, "session");
    const char *end = cookie != NULL ? strrchr(cookie, '.') : NULL;
    char *after = NULL;
    if (end == NULL || end - cookie < CRUDDUR_UUID_SIZE) {
        return NULL;
    }
    g_autofree char *text = g_strndup(cookie, (size_t)(end - cookie));
    g_autofree char *mac = sign("session", text);
    if (!session_is_same(end + 1, mac) ||
        strtoll(text + CRUDDUR_UUID_SIZE, &after, 10) <= (long long)time(NULL) || *after != '\0') {
        return NULL;
    }
    self->csrf = sign("form", cookie);
    return g_strndup(text, CRUDDUR_UUID_SIZE - 1);
}

static void add_cookie(request *self, const char *uuid, int64_t until_s)
{
    bool is_secure = config.origin != NULL && g_str_has_prefix(config.origin, "https:");
    g_autofree char *text = g_strdup_printf("%s.%" PRId64, uuid, until_s);
    g_autofree char *mac = sign("session", text);
    g_autofree char *header =
        g_strdup_printf("session=%s.%s; Path=/; Max-Age=%" PRId64 "; HttpOnly; SameSite=Lax%s",
                        text, mac, until_s - time(NULL), is_secure ? "; Secure" : "");
    request_add_header(self, "Set-Cookie", header);
}

void session_print_links(unsigned port)
{
    unsigned count = config.demo != NULL ? g_strv_length(config.demo) : 0;
    codes = g_new0(char *, count + 1);
    for (unsigned i = 0; i < count; i++) {
        g_autofree char *now = g_strdup_printf("%s %" PRId64, config.demo[i], g_get_real_time());
        codes[i] = sign("code", now);
        printf("@%s http://%s:%u/sign-in?code=%s\n", config.demo[i], config.address, port,
               codes[i]);
    }
}

static void on_person(request *self, json_t *person)
{
    add_cookie(self, text_of(person, "uuid"), time(NULL) + DEMO_S);
    request_redirect(self, "/messages");
}

static void use_code(request *self, const char *given)
{
    for (unsigned i = 0; codes[i] != NULL; i++) {
        if (session_is_same(codes[i], given)) {
            codes[i][0] = '\0';
            request_find(self, PEOPLE_HANDLE, config.demo[i], 403, on_person);
            return;
        }
    }
    request_fail(self, 403, "code_invalid");
}

/* GET and POST /sign-in: a bearer token, or a code in the link or the form; else asks for one. */
void session_begin(request *self)
{
    const char *code = request_given(self, "code");
    if (self->by == SIGNED_IN_BY_TOKEN) {
        add_cookie(self, request_uuid(self), self->token_until_s);
        request_answer(self, 204, NULL, NULL);
    } else if (code != NULL || self->is_post) {
        use_code(self, code != NULL ? code : "");
    } else {
        page_sign_in(self);
    }
}

void session_end(request *self)
{
    request_add_header(self, "Set-Cookie", "session=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax");
    request_redirect(self, "/sign-in");
}
