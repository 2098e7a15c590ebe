/* SPDX-License-Identifier: MIT */
/* A program that is linked with a library without one engine, which its argument names. */
#include <cruddur/cruddur.h>
#include <stdio.h>
#include <string.h>

/* Opening sends no request. */
static const char *const urls[] = {"sqlite::memory:", "dynamodb:messages?region=eu-central-1"};

static int open_url(const char *url, const char *left_out)
{
    char option[64];
    cruddur *dm = NULL;
    cruddur_error *error = NULL;
    int is_left_out = strncmp(url, left_out, strlen(left_out)) == 0;
    cruddur_status expected = is_left_out ? CRUDDUR_E_ENGINE_DISABLED : CRUDDUR_OK;
    cruddur_status status = cruddur_open(url, NULL, &dm, &error);
    const char *message = error == NULL ? "" : cruddur_error_message(error);
    (void)snprintf(option, sizeof(option), "(-D%s=disabled)", left_out);
    int is_right = status == expected && (!is_left_out || strstr(message, option) != NULL);
    if (!is_right) {
        (void)fprintf(stderr, "%s: %s, %s\n", url, cruddur_status_name(status), message);
    }
    cruddur_error_free(error);
    cruddur_close(dm);
    return is_right ? 0 : 1;
}

int main(int argc, char **argv)
{
    return argc == 2 ? open_url(urls[0], argv[1]) + open_url(urls[1], argv[1]) : 1;
}
