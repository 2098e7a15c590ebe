/* SPDX-License-Identifier: MIT */
#include "aws/http_shortage.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/err.h>
#include <sys/socket.h>
#include <unistd.h>

static bool is_shortage(int number)
{
    return number == EMFILE || number == ENFILE;
}

static curl_socket_t open_socket(void *context, curlsocktype purpose, struct curl_sockaddr *address)
{
    int *number = context;
    (void)purpose;
    int made = socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
    *number = made < 0 ? errno : *number;
    return made < 0 ? CURL_SOCKET_BAD : made;
}

void cr_http_shortage_begin(int *number)
{
    *number = 0;
    if (ERR_peek_error() != 0) { /* clearing an empty queue takes long */
        ERR_clear_error();
    }
}

bool cr_http_shortage_watch(CURL *curl, int *number)
{
    return curl_easy_setopt(curl, CURLOPT_OPENSOCKETFUNCTION, open_socket) == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_OPENSOCKETDATA, number) == CURLE_OK;
}

/* OpenSSL, which opens the file of certificates for libcurl, notes the errno in a queue. */
static int find_in_queue(void)
{
    unsigned long code;
    while ((code = ERR_get_error()) != 0) {
        if (ERR_SYSTEM_ERROR(code) && is_shortage(ERR_GET_REASON(code))) {
            return ERR_GET_REASON(code);
        }
    }
    return 0;
}

/* Resolving a host's name needs descriptors, whose errno the resolver's thread keeps to itself. */
static int try_to_open(void)
{
    int file = open("/dev/null", O_RDONLY | O_CLOEXEC);
    int number = file < 0 ? errno : 0;
    if (file >= 0) {
        (void)close(file);
    }
    return is_shortage(number) ? number : 0;
}

int cr_http_shortage_find(CURLcode code, int number)
{
    switch (code) {
    case CURLE_COULDNT_CONNECT:
        return is_shortage(number) ? number : 0;
    case CURLE_SSL_CACERT_BADFILE:
        return find_in_queue();
    case CURLE_COULDNT_RESOLVE_HOST:
        return try_to_open();
    default:
        return 0;
    }
}
